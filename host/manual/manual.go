// Package manual writes what people and shells read about a server's program: the man
// page, the completion of bash, zsh and fish, the reference of the parameters. All of it
// is derived from the schema of the configuration and the list of tools, so that nothing
// is said twice.
//
// It only makes texts: it opens no file and knows no server.
package manual

import (
	"strings"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	hostconfig "github.com/ferrousdb/ferrous/host/config"
)

// Program is what is written about.
type Program struct {
	Name    string
	Version core.Versions
	Modules []string
	Tools   []core.Tool
	Schema  *config.Schema
}

// section is a group of parameters.
type section struct {
	name   string
	params []config.Var
}

// sections are the parameters that are not hidden, those without effect apart.
func (p Program) sections() (with []section, without []config.Var) {
	for _, name := range hostconfig.Sections(p.Schema) {
		s := section{name: name}
		for _, v := range p.Schema.All() {
			switch par := v.Param(); {
			case par.Section != name || par.Has(config.Hidden):
			case par.NoEffect != "":
				without = append(without, v)
			default:
				s.params = append(s.params, v)
			}
		}
		if len(s.params) > 0 {
			with = append(with, s)
		}
	}
	return with, without
}

// all are the parameters of all sections that have an effect.
func (p Program) all() (all []config.Var) {
	with, _ := p.sections()
	for _, s := range with {
		all = append(all, s.params...)
	}
	return all
}

// brief is the first part of a documentation, without its full stop.
func brief(doc string) string {
	end := len(doc)
	for _, stop := range []string{". ", "; ", ": "} {
		if i := strings.Index(doc, stop); i >= 0 {
			end = min(end, i)
		}
	}
	return strings.TrimSuffix(doc[:end], ".")
}

// values are the words that a parameter takes, nil if they are not to be told.
func values(v config.Var) (words []string) {
	switch v := v.(type) {
	case *config.BoolVar:
		return []string{"yes", "no"}
	case *config.EnumVar:
		for _, c := range v.Choices() {
			words = append(words, c.Name)
		}
	}
	return words
}

// takesFile reports whether a parameter is a path: then shells complete it.
func takesFile(v config.Var) bool {
	name := v.Param().Name
	if _, text := v.(*config.StringVar); !text && name != "dir" {
		return false
	}
	for _, end := range []string{"file", "dir", "socket", "dirname"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

// flags are the options of a line of Option.Names.
func flags(names string) []string { return strings.Split(names, ", ") }
