// Package doctor looks at a machine and at a server's configuration, and says in plain
// words what to change and how: what "ferrous doctor" prints, and of it what is open to
// the world, which a server says when it starts.
//
// The rules are functions of what is known (Patient) and nothing else, so that tests give
// them machines that nobody has: machine.go has those about the machine, security.go and
// data.go those about the configuration, live.go those about a server that runs. What is
// known of this machine is found out by Look. Nothing is changed by anybody here.
//
// What is good advice for Redis is not repeated unasked: ferrous does not fork, so
// overcommitted memory and huge pages do it no harm.
package doctor

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/logging"
)

// Level is how bad something is.
type Level int

// The levels. Their numbers are the exit status of "ferrous doctor".
const (
	Note    Level = iota // good to know
	Warning              // should be changed
	Danger               // must be
)

// String returns the level's name.
func (l Level) String() string { return [...]string{"note", "warning", "danger"}[l] }

// Finding is something to be said.
type Finding struct {
	Rule  string // a short name that stays the same
	Level Level
	What  string // how it is, and why that matters
	Do    string // what to change
}

// Patient is all that is known.
type Patient struct {
	Machine Machine
	Schema  *config.Schema
	// Open says that the default user needs no password.
	Open bool
	// Info is what INFO of a server that runs with the configuration says, nil if none does.
	Info map[string]string
	// Unreachable is why no server could be asked, "" if one was.
	Unreachable string
	// Files are the files of the configuration that are there, with what the doctor wants to know of them.
	Files map[string]File
}

// rule says what is wrong; it adds to f.
type rule func(p *Patient, f *findings)

// rules are all of them, in the order in which people read on.
var rules = []rule{
	openToAll, plainText, weakPassword, dangerousCommands, certificates, secretFiles, asRoot,
	memoryLimit, eviction, swap, persistence, disk, replication,
	openFiles, backlog, overcommit, hugePages, loops, clock,
	reachable, health, neverExpires, fullness, refusedClients,
}

// Examine returns what there is to say, the worst first.
func Examine(p *Patient) []Finding { return examine(p, rules) }

// Open returns what a server says at its start: who can reach what he should not.
func Open(p *Patient) (open []Finding) {
	for _, x := range examine(p, []rule{openToAll, dangerousCommands}) {
		if x.Level >= Warning {
			open = append(open, x)
		}
	}
	return open
}

func examine(p *Patient, rules []rule) []Finding {
	var f findings
	for _, r := range rules {
		r(p, &f)
	}
	var sorted []Finding
	for level := Danger; level >= Note; level-- {
		for _, x := range f {
			if x.Level == level {
				sorted = append(sorted, x)
			}
		}
	}
	return sorted
}

// Worst is the level of the worst finding.
func Worst(all []Finding) (worst Level) {
	for _, f := range all {
		worst = max(worst, f.Level)
	}
	return worst
}

// findings are collected by the rules.
type findings []Finding

func (f *findings) say(l Level, rule, what, do string) {
	*f = append(*f, Finding{rule, l, what, do})
}

// text returns a parameter as CONFIG GET prints it, "" if the server has none of the name.
func (p *Patient) text(name string) string {
	if v := p.Schema.Find(name); v != nil {
		return v.String()
	}
	return ""
}

// has reports whether the server has a parameter that means something.
func (p *Patient) has(name string) bool {
	v := p.Schema.Find(name)
	return v != nil && v.Param().NoEffect == ""
}

func (p *Patient) number(name string) int64 {
	n, _ := strconv.ParseInt(p.text(name), 10, 64)
	return n
}

func (p *Patient) yes(name string) bool { return p.text(name) == "yes" }

// saves reports whether data are to survive a restart, by which means.
func (p *Patient) saves() (points, log bool) {
	return p.has("save") && p.text("save") != "", p.has("appendonly") && p.yes("appendonly")
}

// figure is a number of INFO, 0 if it is not there.
func (p *Patient) figure(name string) int64 {
	n, _ := strconv.ParseInt(p.Info[name], 10, 64)
	return n
}

// bytes is a size for people.
func bytes(n int64) string { return core.HumanBytes(n) }

// ParseInfo reads the reply of INFO.
func ParseInfo(text string) map[string]string {
	info := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), ":"); ok && !strings.HasPrefix(name, "#") {
			info[name] = value
		}
	}
	return info
}

// Print writes findings for people.
func Print(w interface{ Write([]byte) (int, error) }, all []Finding) {
	counts := map[Level]int{}
	for _, f := range all {
		counts[f.Level]++
		fmt.Fprintf(w, "%-8s %s: %s\n", f.Level, f.Rule, wrap(f.What, 11+len(f.Rule)))
		if f.Do != "" {
			fmt.Fprintf(w, "      -> %s\n", wrap(f.Do, 9))
		}
	}
	if len(all) > 0 {
		fmt.Fprintln(w)
	}
	switch {
	case counts[Danger] > 0:
		fmt.Fprintf(w, "%d dangers, %d warnings, %d notes.\n", counts[Danger], counts[Warning], counts[Note])
	case counts[Warning] > 0:
		fmt.Fprintf(w, "%d warnings, %d notes.\n", counts[Warning], counts[Note])
	default:
		fmt.Fprintf(w, "Nothing has to be changed; %d notes.\n", counts[Note])
	}
}

// PrintJSON writes findings for programs. It does so by hand: package encoding/json would be
// larger than all rules.
func PrintJSON(w interface{ Write([]byte) (int, error) }, all []Finding) {
	b := fmt.Appendf(nil, "{\n  \"worst\": \"%s\",\n  \"findings\": [", Worst(all))
	for i, f := range all {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, "\n    {"...)
		for j, field := range [][2]string{{"rule", f.Rule}, {"level", f.Level.String()}, {"what", f.What}, {"do", f.Do}} {
			if j > 0 {
				b = append(b, ',')
			}
			b = fmt.Appendf(b, "\n      \"%s\": ", field[0])
			b = logging.AppendJSON(b, field[1])
		}
		b = append(b, "\n    }"...)
	}
	b = append(b, "\n  ]\n}\n"...)
	_, _ = w.Write(b)
}

// wrap breaks text into lines of 100 columns, of which the first begins at a column.
func wrap(text string, column int) string {
	var b strings.Builder
	for i, word := range strings.Fields(text) {
		if i > 0 {
			if column+1+len(word) > 100 {
				b.WriteString("\n         ")
				column = 9
			} else {
				b.WriteByte(' ')
				column++
			}
		}
		b.WriteString(word)
		column += len(word)
	}
	return b.String()
}
