package cache

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
)

// absent stands in for the modules of the full set that the smaller one leaves out: it
// declares their parameters, so that one configuration file serves all binaries,
// a redis.conf included. They have no effect, which the log says when one is
// set; what must not be missed silently (config.Needed) is refused.
//
// The parameters are listed in absent.txt instead of being asked of the modules:
// those would then be linked in after all.
type absent struct{ linked []core.Module }

//go:embed absent.txt
var absentList string

// absentParam is a line of absent.txt.
type absentParam struct {
	module, name, aliases string // aliases separated by commas, "-" for none
	flags                 string // of keptFlags, in the same way
	def                   string
}

// keptFlags are those that say something of a parameter which nobody means.
var keptFlags = [...]struct {
	flag config.Flag
	name string
}{
	{config.Needed, "needed"}, {config.Immutable, "immutable"}, {config.Protected, "protected"},
	{config.Sensitive, "sensitive"}, {config.Hidden, "hidden"}, {config.Directive, "directive"},
}

// orDash joins words with commas; none are a dash.
func orDash(words []string) string {
	if len(words) == 0 {
		return "-"
	}
	return strings.Join(words, ",")
}

// makeAbsent is the line of a module's parameter.
func makeAbsent(module string, p *config.Param) absentParam {
	var flags []string
	for _, k := range keptFlags {
		if p.Has(k.flag) {
			flags = append(flags, k.name)
		}
	}
	return absentParam{module, p.Name, orDash(p.Aliases), orDash(flags), strings.ReplaceAll(p.Default, "\n", " ")}
}

// String returns the line.
func (p absentParam) String() string {
	return fmt.Sprintf("%s %s %s %s %s", p.module, p.name, p.aliases, p.flags, p.def)
}

func parseAbsent(list string) (all []absentParam) {
	for line := range strings.Lines(list) {
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 5)
		all = append(all, absentParam{f[0], f[1], f[2], f[3], f[4]})
	}
	return all
}

// Name implements core.Module.
func (absent) Name() string { return "absent" }

// Program implements core.Branded.
func (absent) Program() string { return "ferrous-cache" }

// Register implements core.Module.
func (a absent) Register(r *core.Registry) error {
	linked := map[string]bool{}
	for _, m := range a.linked {
		linked[m.Name()] = true
	}
	for _, p := range parseAbsent(absentList) {
		if !linked[p.module] {
			p.declare(r.Config)
		}
	}
	return nil
}

func (p absentParam) declare(s *config.Schema) {
	why := "the module " + p.module + " is not linked in"
	param := config.Param{
		Name: p.name, Section: "of modules that are not linked in", Default: p.def, Flags: config.MultiArg, NoEffect: why,
		Doc: "Accepted, without effect: " + why + ".",
	}
	if p.aliases != "-" {
		param.Aliases = strings.Split(p.aliases, ",")
	}
	for _, k := range keptFlags {
		if slices.Contains(strings.Split(p.flags, ","), k.name) {
			param.Flags |= k.flag
		}
	}
	v := s.Text(param)
	if param.Has(config.Needed) {
		v.Check(func(value string) error {
			if value != p.def {
				return fmt.Errorf("this server cannot do that: %s", why)
			}
			return nil
		})
	}
}
