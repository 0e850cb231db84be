package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
)

// baseline is how many tests of each unit have passed: passed.txt. It may only grow;
// lowering a number is an edit by hand, for a reviewer to see.
type baseline map[string]count

// count is how many tests of a unit pass: so many, or with more set at least so many, since
// which of the others are run is left to chance.
type count struct {
	passed int
	more   bool
}

const baselineHeader = `# Tests of the official suite that ferrous passes, by unit. These numbers may only grow:
# go run ./conformance/tcl -check fails below them, -update raises them.
# N+ is never raised: the unit runs more tests than those N, and how many is left to chance.
`

// loadBaseline reads a file; a missing one is empty.
func loadBaseline(file string) (baseline, error) {
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return baseline{}, nil
	}
	if err != nil {
		return nil, err
	}
	b, err := parseBaseline(string(data))
	if err != nil {
		return nil, fmt.Errorf("%s:%w", file, err)
	}
	return b, nil
}

// parseBaseline reads lines of a unit and a number.
func parseBaseline(text string) (baseline, error) {
	b := baseline{}
	n := 0
	for line := range strings.Lines(text) {
		n++
		fields := strings.Fields(line)
		if len(fields) == 0 || line[0] == '#' {
			continue
		}
		if len(fields) != 2 {
			return nil, fmt.Errorf("%d: want a unit and a number", n)
		}
		number, more := strings.CutSuffix(fields[1], "+")
		passed, err := strconv.Atoi(number)
		if err != nil || passed < 0 {
			return nil, fmt.Errorf("%d: %q is no count", n, fields[1])
		}
		if _, twice := b[fields[0]]; twice {
			return nil, fmt.Errorf("%d: %s is there twice", n, fields[0])
		}
		b[fields[0]] = count{passed, more}
	}
	return b, nil
}

func (b baseline) format() []byte {
	var out bytes.Buffer
	out.WriteString(baselineHeader)
	for _, unit := range slices.Sorted(maps.Keys(b)) {
		more := ""
		if b[unit].more {
			more = "+"
		}
		fmt.Fprintf(&out, "%s %d%s\n", unit, b[unit].passed, more)
	}
	return out.Bytes()
}

func (b baseline) save(file string) error {
	return os.WriteFile(file, b.format(), 0o644)
}

// raise returns b with the counts that the results exceed; none goes down.
func (b baseline) raise(results []result) baseline {
	up := maps.Clone(b)
	for _, res := range results {
		if was := up[res.unit]; res.passed > was.passed && !was.more {
			up[res.unit] = count{passed: res.passed}
		}
	}
	return up
}

// check returns an error that names the units which pass fewer tests than before.
func (b baseline) check(results []result) error {
	var fallen []string
	for _, res := range results {
		if was := b[res.unit].passed; res.passed < was {
			fallen = append(fallen, fmt.Sprintf("%s passed %d tests, %d before", res.unit, res.passed, was))
		}
	}
	if fallen != nil {
		return errors.New("fewer tests pass:\n  " + strings.Join(fallen, "\n  "))
	}
	return nil
}
