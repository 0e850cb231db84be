package main

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/ferrousdb/ferrous/conformance"
)

// skip names a test that is not run, and why.
type skip struct {
	test   string // a name, "/regular expression" as the harness wants it, or wholeUnit
	reason string
	needs  []string // it is skipped only while the server lacks one of these
}

// wholeUnit in the place of a test's name skips all of the unit.
const wholeUnit = "*"

// skipList holds the skips by unit.
type skipList map[string][]skip

func loadSkips(file string) (skipList, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	list, err := parseSkips(string(data))
	if err != nil {
		return nil, fmt.Errorf("%s:%w", file, err)
	}
	return list, nil
}

// parseSkips reads lines of "unit :: test :: reason". A test is a full name, /a regular
// expression/ or *, for the whole unit. A reason like "needs rpush blpop: why" holds
// while the server lacks one of those. Empty lines and those that start with # do not
// count.
func parseSkips(text string) (skipList, error) {
	list := skipList{}
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		unit, rest, ok := strings.Cut(line, " :: ")
		if !ok {
			return nil, fmt.Errorf("%d: want unit :: test :: reason", n)
		}
		// The reason is what follows the last separator: names may contain it.
		i := strings.LastIndex(rest, " :: ")
		if i < 0 {
			return nil, fmt.Errorf("%d: the reason is missing", n)
		}
		s := skip{test: strings.TrimSpace(rest[:i]), reason: strings.TrimSpace(rest[i+4:])}
		if s.test == "" || s.reason == "" {
			return nil, fmt.Errorf("%d: want unit :: test :: reason", n)
		}
		if s.test[0] == '/' {
			pattern, ok := strings.CutSuffix(s.test[1:], "/")
			if !ok || pattern == "" {
				return nil, fmt.Errorf("%d: a regular expression ends with /", n)
			}
			if _, err := regexp.Compile(pattern); err != nil {
				return nil, fmt.Errorf("%d: %w", n, err)
			}
			s.test = "/" + pattern
		}
		if words, ok := strings.CutPrefix(s.reason, "needs "); ok {
			words, _, ok = strings.Cut(words, ": ")
			if s.needs = strings.Fields(words); !ok || len(s.needs) == 0 {
				return nil, fmt.Errorf("%d: want needs NAMES: why", n)
			}
		}
		unit = strings.TrimSpace(unit)
		if slices.ContainsFunc(list[unit], func(o skip) bool { return o.test == s.test }) {
			return nil, fmt.Errorf("%d: %q is there twice", n, s.test)
		}
		list[unit] = append(list[unit], s)
	}
	return list, nil
}

// inForce returns the skips that a server with these abilities is given.
func (l skipList) inForce(abilities *conformance.Abilities) skipList {
	list := skipList{}
	for unit, skips := range l {
		for _, s := range skips {
			if s.needs == nil || len(abilities.Missing(s.needs)) > 0 {
				list[unit] = append(list[unit], s)
			}
		}
	}
	return list
}

// abilitiesOf starts the server for a moment and asks it what it has.
func abilitiesOf(server, tmp string) (*conformance.Abilities, error) {
	dir, err := os.MkdirTemp(tmp, "ask-")
	if err != nil {
		return nil, err
	}
	s, err := conformance.StartServer(server, dir)
	if err != nil {
		return nil, err
	}
	defer s.Stop()
	c, err := conformance.Dial(s.Addr)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return conformance.ReadAbilities(c)
}

// known returns an error if the list names a unit that the suite does not have.
func (l skipList) known(units []string) error {
	for unit := range l {
		if !slices.Contains(units, unit) {
			return fmt.Errorf("skip.txt: there is no unit %q", unit)
		}
		if isSentinel(unit) && slices.ContainsFunc(l[unit], func(s skip) bool { return s.test != wholeUnit }) {
			return fmt.Errorf("skip.txt: %s can be left out as a whole only", unit)
		}
	}
	return nil
}

// skipfile returns the skips in the harness's own form, one a line.
func skipfile(skips []skip) []byte {
	var b bytes.Buffer
	for _, s := range skips {
		fmt.Fprintln(&b, s.test)
	}
	return b.Bytes()
}
