// Package absent is the module that stands in for those of ferrous which a server does not
// have: so that one configuration file serves all binaries, and who asks for a command or a
// value of one that is left out is told where it is. Every set that leaves something out ends
// with it.
package absent

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
)

// New makes the module for a server of the modules that are linked. program is the name of
// that server.
func New(program string, linked []core.Module) core.Module { return &module{program, linked} }

type module struct {
	program string
	linked  []core.Module
}

// Name implements core.Module: it has none, since there is nothing in it to be told of.
func (*module) Name() string { return "" }

// Program implements core.Branded.
func (m *module) Program() string { return m.program }

// Register implements core.Module.
func (m *module) Register(r *core.Registry) error {
	linked := map[string]bool{}
	for _, l := range m.linked {
		linked[l.Name()] = true
	}
	for _, a := range All() {
		if !linked[a.Module] {
			r.Absent(a)
		}
	}
	return nil
}

// list tells of every module of the full server, what it would bring. It is written from the
// modules instead of being asked of them, since they would then be linked in after all. Its
// lines:
//
//	module NAME
//	commands NAME...
//	types OPCODE...
//	param NAME ALIASES FLAGS DEFAULT      aliases and flags with commas, "-" for none
//
//go:embed absent.txt
var list string

// All is the list, of modules that are not linked in.
func All() (all []core.Absence) {
	var a *core.Absence
	for line := range strings.Lines(list) {
		word, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch word {
		case "module":
			all = append(all, core.Absence{Module: rest, Why: "is not linked in"})
			a = &all[len(all)-1]
		case "commands":
			a.Commands = strings.Fields(rest)
		case "types":
			for _, op := range strings.Fields(rest) {
				n, _ := strconv.Atoi(op)
				a.Opcodes = append(a.Opcodes, byte(n))
			}
		case "param":
			a.Params = append(a.Params, param(rest))
		}
	}
	return all
}

// keptFlags are those that say something of a parameter which nobody means.
var keptFlags = [...]struct {
	flag config.Flag
	name string
}{
	{config.Needed, "needed"}, {config.Immutable, "immutable"}, {config.Protected, "protected"},
	{config.Sensitive, "sensitive"}, {config.Hidden, "hidden"}, {config.Directive, "directive"},
}

func param(text string) config.Param {
	f := strings.SplitN(text, " ", 4)
	p := config.Param{Name: f[0], Default: f[3]}
	if f[1] != "-" {
		p.Aliases = strings.Split(f[1], ",")
	}
	for _, k := range keptFlags {
		if slices.Contains(strings.Split(f[2], ","), k.name) {
			p.Flags |= k.flag
		}
	}
	return p
}

// Lines is what the list says of a module.
func Lines(a core.Absence) string {
	var b strings.Builder
	fmt.Fprintf(&b, "module %s\n", a.Module)
	if len(a.Commands) > 0 {
		fmt.Fprintf(&b, "commands %s\n", strings.Join(a.Commands, " "))
	}
	if len(a.Opcodes) > 0 {
		b.WriteString("types")
		for _, op := range a.Opcodes {
			fmt.Fprintf(&b, " %d", op)
		}
		b.WriteByte('\n')
	}
	for _, p := range a.Params {
		var flags []string
		for _, k := range keptFlags {
			if p.Has(k.flag) {
				flags = append(flags, k.name)
			}
		}
		fmt.Fprintf(&b, "param %s %s %s %s\n", p.Name, orDash(p.Aliases), orDash(flags), strings.ReplaceAll(p.Default, "\n", " "))
	}
	return b.String()
}

// orDash joins words with commas; none are a dash.
func orDash(words []string) string {
	if len(words) == 0 {
		return "-"
	}
	return strings.Join(words, ",")
}
