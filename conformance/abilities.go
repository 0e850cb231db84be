package conformance

import (
	"slices"
	"strings"

	"github.com/ferrousdb/ferrous/conformance/script"
)

// Abilities is what a server has of the things that @requires names: commands, and with
// their prefixes parameters ("config:save"), sections and fields of INFO ("info:sync_full")
// and subcommands of DEBUG ("debug:reload").
// A nil *Abilities has everything.
type Abilities struct {
	names map[string]bool
}

// ReadAbilities asks a server over a RESP2 connection. What it answers with an error,
// for lack of the command that tells, it does not have.
func ReadAbilities(c *Conn) (*Abilities, error) {
	a := &Abilities{names: map[string]bool{}}
	table, err := ReadCommandTable(c)
	if err != nil {
		return nil, err
	}
	for name := range table {
		a.names[name] = true
	}
	params, err := c.Do("CONFIG", "GET", "*")
	if err != nil {
		return nil, err
	}
	for name := range flatMap(params) {
		a.names["config:"+name] = true
	}
	help, err := c.Do("DEBUG", "HELP")
	if err != nil {
		return nil, err
	}
	for _, line := range help.Elems {
		// Explanations are indented.
		if words := strings.Fields(line.Text); len(words) > 0 && line.Text[0] != ' ' {
			a.names["debug:"+strings.ToLower(words[0])] = true
		}
	}
	info, err := c.Do("INFO", "everything")
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(info.Text) {
		if section, ok := strings.CutPrefix(line, "# "); ok {
			a.names["info:"+strings.ToLower(strings.TrimSpace(section))] = true
		} else if field, _, ok := strings.Cut(line, ":"); ok {
			a.names["info:"+field] = true
		}
	}
	return a, nil
}

// Missing returns those of the names that the server does not have.
func (a *Abilities) Missing(names []string) []string {
	if a == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return a.names[name] })
}

// Spared counts the lines of a script that a server with these abilities is spared, by
// what it lacks, and reports whether that is the whole script.
func (a *Abilities) Spared(sc *script.Script) (lines map[string]int, whole bool) {
	lines, whole = map[string]int{}, true
	for i := range sc.Steps {
		missing := a.Missing(sc.Steps[i].Requires)
		switch {
		case sc.Steps[i].Leftover:
		case len(missing) > 0:
			lines[strings.Join(missing, " ")]++
		default:
			whole = false
		}
	}
	return lines, whole
}
