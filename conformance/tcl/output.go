package main

import (
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// result is what a unit's run said.
type result struct {
	unit     string
	passed   int
	failed   int
	lacking  int // failed for want of what the server does not have yet
	skipped  int // by skip.txt
	ignored  int // by the suite itself, for its tags
	failures []failure
	finished bool   // the harness said so
	omitted  bool   // skip.txt names the whole unit
	note     string // why the counts are not the whole story
	took     time.Duration
}

// bad reports whether something is wrong with the server, or with the run. An exception
// is among the failures, as failed or as lacking.
func (res result) bad() bool {
	return res.failed > 0 || res.note != "" && res.note != exception && !res.omitted
}

const exception = "exception"

type failure struct {
	name   string
	detail string
	lacks  string // what the server does not have that the test wants
}

// parse counts the tests in the output of a unit's harness.
func parse(unit, out string) result {
	if isSentinel(unit) {
		return parseSentinel(unit, out)
	}
	return parseOutput(unit, out)
}

// statusLine is how the harness reports: "[ok]: NAME (3 ms)", "[3/5 done]: unit (2 seconds)".
var statusLine = regexp.MustCompile(`^\[(ok|err|skip|ignore|exception|TIMEOUT|ready|\d+/\d+ done)\]: ?(.*)$`)

// parseOutput counts the tests in a harness's output. What follows an [err] line, up to
// the next status, is its detail. The recap after "The End" says everything again and
// is left out.
func parseOutput(unit, out string) result {
	res := result{unit: unit}
	var open *failure // its detail is being read
	for line := range strings.Lines(out) {
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) == "The End" {
			break
		}
		m := statusLine.FindStringSubmatch(line)
		if m == nil {
			if open != nil && !strings.HasPrefix(line, "Testing ") {
				open.detail += line + "\n"
			}
			continue
		}
		open = nil
		switch status, text := m[1], m[2]; status {
		case "ok":
			res.passed++
		case "skip":
			res.skipped++
		case "ignore":
			res.ignored++
		case "err", "exception", "TIMEOUT":
			res.failed++
			res.failures = append(res.failures, failure{name: text})
			open = &res.failures[len(res.failures)-1]
			if status != "err" {
				res.note = status
			}
		case "ready":
		default: // N/M done
			res.finished = true
		}
	}
	return res
}

const rowFormat = "%-42s %7s %7s %7s %7s %7s %7s  %s\n"

func printHeader(w io.Writer) {
	fmt.Fprintf(w, rowFormat, "unit", "passed", "failed", "lacking", "skipped", "ignored", "seconds", "")
}

func printRow(w io.Writer, res result, base baseline) {
	if res.omitted {
		fmt.Fprintf(w, rowFormat, res.unit, "-", "-", "-", "-", "-", "-", "skipped: "+res.note)
		return
	}
	notes := []string{}
	if res.note != "" {
		notes = append(notes, res.note)
	}
	if was, ok := base[res.unit]; ok && !was.more && res.passed != was.passed {
		notes = append(notes, fmt.Sprintf("passed %d before", was.passed))
	}
	fmt.Fprintf(w, rowFormat, res.unit, strconv.Itoa(res.passed), strconv.Itoa(res.failed), strconv.Itoa(res.lacking), strconv.Itoa(res.skipped), strconv.Itoa(res.ignored),
		fmt.Sprintf("%.1f", res.took.Seconds()), strings.Join(notes, "; "))
}

func printTotals(w io.Writer, results []result) {
	var sum result
	for _, res := range results {
		sum.passed += res.passed
		sum.failed += res.failed
		sum.lacking += res.lacking
		sum.skipped += res.skipped
		sum.ignored += res.ignored
		sum.took += res.took
	}
	fmt.Fprintf(w, rowFormat, fmt.Sprintf("%d units", len(results)), strconv.Itoa(sum.passed), strconv.Itoa(sum.failed), strconv.Itoa(sum.lacking),
		strconv.Itoa(sum.skipped), strconv.Itoa(sum.ignored), fmt.Sprintf("%.1f", sum.took.Seconds()), "")
}

// logFailures writes the failing tests with all that is known about them.
func (res result) logFailures(w io.Writer) {
	for _, f := range res.failures {
		if f.lacks != "" {
			fmt.Fprintf(w, "=== lacks %s: %s: %s\n%s\n", f.lacks, res.unit, f.name, f.detail)
			continue
		}
		fmt.Fprintf(w, "=== %s: %s\n%s\n", res.unit, f.name, f.detail)
	}
}
