package core

import (
	"fmt"
	"slices"

	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// Absence is what a module would bring that a server does not have: it is not linked in, or
// switched off. Registry.Absent takes it, so that whoever asks for something of it is told
// where that is.
type Absence struct {
	Module   string
	Why      string         // what is said of the module: "is not linked in"
	Commands []string       // in lower case; those added to others' containers like "client|tracking"
	Opcodes  []byte         // RDB type bytes that it loads
	Types    []string       // the names in dumps of types that are not Redis's
	Params   []config.Param // of which names, flags and default count
	// Functions: it runs libraries of functions.
	Functions bool
}

// AbsenceOf asks a module what it would bring. It is registered for that, and must not be
// registered again. declare declares the parameters of the host, which modules may follow.
func AbsenceOf(m Module, why string, declare func(s *config.Schema)) Absence {
	r := NewRegistry(config.NewSchema())
	declare(r.Config)
	hosts := len(r.Config.All())
	r.Add(m) // which may lack what other modules have: this registry is never frozen
	a := Absence{Module: m.Name(), Why: why, Functions: r.Functions.Owned()}
	for name := range r.commands {
		a.Commands = append(a.Commands, name)
	}
	for _, x := range r.more {
		for _, sub := range x.subs {
			a.Commands = append(a.Commands, x.container+"|"+sub.Name)
		}
	}
	slices.Sort(a.Commands)
	for op, t := range r.opcodes {
		if t != nil {
			a.Opcodes = append(a.Opcodes, byte(op))
		}
	}
	for _, t := range r.custom {
		a.Types = append(a.Types, rdb.ModuleName(t.foreign.id))
	}
	for _, v := range r.Config.All()[hosts:] {
		a.Params = append(a.Params, *v.Param())
	}
	return a
}

// absences is what is known of absent modules, by what they would bring; the text says
// which module that is, and why it is not there.
type absences struct {
	commands map[string]string
	opcodes  map[byte]string
	types    map[string]string
}

// Absent enters a module that the server lacks. Its parameters are accepted, so that one
// configuration serves all servers, and have no effect, which the log says when one is
// set; what must not be missed silently (config.Needed) is refused.
func (r *Registry) Absent(a Absence) {
	where := "the module " + a.Module + ", which " + a.Why
	if r.absent.commands == nil {
		r.absent = absences{map[string]string{}, map[byte]string{}, map[string]string{}}
	}
	for _, name := range a.Commands {
		r.absent.commands[name] = where
	}
	for _, op := range a.Opcodes {
		r.absent.opcodes[op] = where
	}
	for _, id := range a.Types {
		r.absent.types[id] = where
	}
	for i := range a.Params {
		declareAbsent(r.Config, &a.Params[i], "the module "+a.Module+" "+a.Why)
	}
}

func declareAbsent(s *config.Schema, p *config.Param, why string) {
	v := s.Text(config.Param{
		Name: p.Name, Aliases: p.Aliases, Section: "of modules that this server lacks", Default: p.Default,
		Flags: p.Flags | config.MultiArg, NoEffect: why, Doc: "Accepted, without effect: " + why + ".",
	})
	if p.Has(config.Needed) {
		v.Check(func(value string) error {
			if value != v.DefaultString() {
				return fmt.Errorf("this server cannot do that: %s", why)
			}
			return nil
		})
	}
}

// hint is what an error about a name that nobody knows adds if an absent module has it.
func hint(where string) string {
	if where == "" {
		return ""
	}
	return "(it is in " + where + ")"
}
