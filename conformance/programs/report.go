package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// report is a program's outcome with both servers.
type report struct {
	program
	redis, ferrous outcome
	differ         []string // names of cases that come out differently
	broken         []string // of those that fail with both
	skipped        []string // with the reason
	same           int
}

// compare sorts the cases. One that either side could not run counts for neither.
func (r *report) compare() {
	names := slices.Clone(r.redis.names)
	for _, name := range r.ferrous.names {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		a, inRedis := r.redis.results[name]
		b, inFerrous := r.ferrous.results[name]
		switch {
		case strings.HasPrefix(a, "SKIPPED"):
			r.skipped = append(r.skipped, name+": "+a)
		case strings.HasPrefix(b, "SKIPPED"):
			r.skipped = append(r.skipped, name+": "+b)
		case strings.HasPrefix(a, "FAILED") && strings.HasPrefix(b, "FAILED"):
			r.broken = append(r.broken, name)
		case inRedis && inFerrous && a == b:
			r.same++
		default:
			r.differ = append(r.differ, name)
		}
	}
	if names == nil { // nothing compared is nothing shown
		r.broken = append(r.broken, "(no case was told)")
	}
}

// verdict is a line about the program.
func (r *report) verdict() string {
	switch {
	case r.lacks != "":
		return "not run: " + r.lacks + " is not installed"
	case r.differ != nil:
		return "DIFFERS: " + strings.Join(r.differ, ", ")
	case r.broken != nil:
		return "fails with both: " + strings.Join(r.broken, ", ")
	case r.same == 0:
		return "not run: " + strings.Join(r.skipped, ", ")
	}
	return "the same"
}

// summarize prints the table, and returns an error if something differs, or if nothing
// was compared at all.
func summarize(w io.Writer, reports []report, verbose bool) error {
	var differ []string
	same, broken, skipped := 0, 0, 0
	fmt.Fprintf(w, "\n%-28s %6s %8s %8s %8s %9s %9s\n", "program", "same", "differ", "broken", "skipped", "redis", "ferrous")
	for _, r := range reports {
		if r.lacks != "" {
			fmt.Fprintf(w, "%-28s %s\n", r.name, r.verdict())
			continue
		}
		fmt.Fprintf(w, "%-28s %6d %8d %8d %8d %8.1fs %8.1fs\n", r.name, r.same, len(r.differ), len(r.broken), len(r.skipped), r.redis.took.Seconds(), r.ferrous.took.Seconds())
		same, broken, skipped = same+r.same, broken+len(r.broken), skipped+len(r.skipped)
		for _, name := range r.differ {
			differ = append(differ, r.name+" "+name)
		}
	}
	fmt.Fprintf(w, "%-28s %6d %8d %8d %8d\n", "all", same, len(differ), broken, skipped)
	for _, r := range reports {
		r.details(w, verbose)
	}
	switch {
	case differ != nil:
		return fmt.Errorf("%d cases differ: %s", len(differ), strings.Join(differ, "; "))
	case same == 0:
		return errors.New("nothing was compared")
	}
	return nil
}

// details tells what differs, what fails with both, what was left out and why.
func (r *report) details(w io.Writer, verbose bool) {
	if verbose {
		for _, name := range r.redis.names {
			fmt.Fprintf(w, "%s %s: %s\n", r.name, name, r.redis.results[name])
		}
	}
	for _, s := range r.skipped {
		fmt.Fprintf(w, "%s %s\n", r.name, s)
	}
	for _, name := range slices.Concat(r.differ, r.broken) {
		fmt.Fprintf(w, "\n%s %s\n    redis:   %s\n    ferrous: %s\n", r.name, name, told(r.redis, name), told(r.ferrous, name))
	}
	if r.differ != nil || r.broken != nil || verbose {
		fmt.Fprintf(w, "\n%s with redis:\n%s\n%s with ferrous:\n%s\nferrous's log:\n%s\n", r.name, tail(r.redis.said), r.name, tail(r.ferrous.said), tail(r.ferrous.log))
	}
}

func told(o outcome, name string) string {
	if result, ok := o.results[name]; ok {
		return result
	}
	return "(not told)"
}

func tail(s string) string { return s[max(0, len(s)-3000):] }
