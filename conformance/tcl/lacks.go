package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/ferrousdb/ferrous/conformance"
)

// Much of the suite calls for commands that ferrous does not have yet. A test that fails
// because the server said so is counted apart from those that found something wrong,
// and comes back by itself when the command is there. skip.txt is for the tests that
// fail for want of something without saying so, or take long about it.

// refusals are the replies by which the server says what it lacks. The first group is
// its name; the second, if any, its container.
var refusals = []struct {
	pattern *regexp.Regexp
	prefix  string // what the name is, unless it is a command
}{
	{regexp.MustCompile(`unknown command '([^']+)'`), ""},
	{regexp.MustCompile(`unknown subcommand '([^']+)'\. Try (\w+) HELP`), ""},
	{regexp.MustCompile(`unknown subcommand or wrong number of arguments for '([^']+)'\. Try DEBUG HELP`), "debug "},
	{regexp.MustCompile(`Unknown option or number of arguments for CONFIG SET - '([^']+)'`), "parameter "},
	{regexp.MustCompile(`unknown parameter '([^']+)' at`), "parameter "},
	{regexp.MustCompile(`modifier '[+-]([^'@]+)': Unknown command or category`), ""},
	{regexp.MustCompile(`ERR Command '([^']+)' not found`), ""}, // ACL DRYRUN
	{regexp.MustCompile(`there (?:is|are) no ([a-z -]+) yet`), "family: "},
}

// lacks returns what a failure's detail says that the server lacks, "" if nothing. Only
// a command that Redis has counts: the suite calls others on purpose.
func lacks(detail string, known func(string) bool) string {
	for _, r := range refusals {
		for _, m := range r.pattern.FindAllStringSubmatch(detail, -1) {
			name := strings.ToLower(m[1])
			if r.prefix != "" {
				return r.prefix + name
			}
			if len(m) > 2 {
				name = strings.ToLower(m[2]) + "|" + name
			}
			if known(name) {
				return name
			}
		}
	}
	return ""
}

// aftermath is how a test fails after an error outside of any test has made the harness
// lose track of its servers: for the reason of that error.
var aftermath = regexp.MustCompile(`key "\w+" not known in dictionary`)

// sort tells failures for want of something from others, and counts both.
func (res *result) sort(known func(string) bool) {
	res.failed, res.lacking = 0, 0
	for i := range res.failures {
		f := &res.failures[i]
		if f.lacks = lacks(f.name+"\n"+f.detail, known); f.lacks == "" && i > 0 && aftermath.MatchString(f.detail) {
			f.lacks = res.failures[i-1].lacks
		}
		if f.lacks != "" {
			res.lacking++
		} else {
			res.failed++
		}
	}
}

// printLacks tells what was missed, the most wanted first.
func printLacks(w io.Writer, results []result) {
	count := map[string]int{}
	for _, res := range results {
		for _, f := range res.failures {
			if f.lacks != "" {
				count[f.lacks]++
			}
		}
	}
	if len(count) == 0 {
		return
	}
	names := slices.SortedFunc(maps.Keys(count), func(a, b string) int {
		return cmp.Or(count[b]-count[a], cmp.Compare(a, b))
	})
	fmt.Fprint(w, "lacking:")
	for _, name := range names {
		fmt.Fprintf(w, " %s (%d)", name, count[name])
	}
	fmt.Fprintln(w)
}

// knownCommands reads the commands of Redis from the recorded table.
func knownCommands(file string) (func(string) bool, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	table, err := conformance.ParseCommandTable(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return func(name string) bool { return table[name] != nil }, nil
}
