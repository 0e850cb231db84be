package conformance

import (
	"slices"
	"strings"

	"github.com/ferrousdb/ferrous/conformance/script"
)

// Coverage tells which commands of a table scripts exercise.
type Coverage struct {
	table  CommandTable
	lines  map[string]int  // compared or asserted lines, by command
	sinces map[string]bool // commands with a line whose reply @since tells
}

// NewCoverage returns an empty coverage of a server's commands.
func NewCoverage(table CommandTable) *Coverage {
	return &Coverage{table: table, lines: map[string]int{}, sinces: map[string]bool{}}
}

// Add counts a script's lines. A line whose reply is ignored exercises nothing, nor does
// one that a server with these abilities is spared.
func (c *Coverage) Add(sc *script.Script, abilities *Abilities) {
	for i := range sc.Steps {
		step := &sc.Steps[i]
		if len(abilities.Missing(step.Requires)) > 0 {
			continue
		}
		if len(step.Args) == 0 || step.Op == script.Raw || step.Op == script.Conf || step.Leftover || step.Loose.Ignored() {
			continue
		}
		name := c.resolve(step.Args)
		c.lines[name]++
		if len(step.Since) > 0 {
			c.sinces[name] = true
		}
	}
}

// resolve names the command that a line calls, its subcommand where there is such.
func (c *Coverage) resolve(args []string) string {
	name := strings.ToLower(args[0])
	if len(args) > 1 {
		if sub := name + "|" + strings.ToLower(args[1]); c.table[sub] != nil {
			return sub
		}
	}
	return name
}

// Missing returns the commands that no line exercises. A container of subcommands
// needs no line of its own.
func (c *Coverage) Missing() []string {
	var missing []string
	for name, facts := range c.table {
		if c.lines[name] == 0 && facts[aspectSubcommand] == "" {
			missing = append(missing, name)
		}
	}
	slices.Sort(missing)
	return missing
}

// WithoutSince returns the commands which the oracle lacks and for which no @since
// line tells the reply: all that was compared is the oracle's complaint.
func (c *Coverage) WithoutSince(oracle CommandTable) []string {
	var found []string
	for name := range c.table {
		if oracle[name] == nil && c.lines[name] > 0 && !c.sinces[name] {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found
}
