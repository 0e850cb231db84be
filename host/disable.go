package host

import (
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
)

// Modules that are linked in and switched off. What they would bring is not there, as if
// they were not linked in, and whoever asks for something of it is told so (core.Absence).
// The parameter is read before all others, since which there are depends on it.

func disableModules() config.Param {
	return config.Param{
		Name: "disable-modules", Section: "general", Default: "", Flags: config.Immutable | config.MultiArg,
		Doc: "Modules that are switched off, by their names: their commands and types of values are not there. --modules lists what there is. A file with values of theirs is refused, and left as it is.",
	}
}

// split parts the modules from those that are off.
func split(modules []core.Module, off string) (on, disabled []core.Module) {
	names := strings.Fields(off)
	for _, m := range modules {
		if m.Name() != "" && slices.Contains(names, m.Name()) {
			disabled = append(disabled, m)
		} else {
			on = append(on, m)
		}
	}
	return on, disabled
}

// declareDisabled enters what the modules that are off would bring.
func (srv *Server) declareDisabled(r *core.Registry) {
	var names []string
	for _, m := range srv.disabled {
		names = append(names, m.Name())
		a := core.AbsenceOf(m, "is switched off", Declare)
		r.Absent(a)
		if a.Functions {
			// Without a module for them they are kept for who has one. Who switches it off is to know that there are some.
			r.Functions.Refuse(fmt.Errorf("a library of functions (it is in the module %s, which is switched off)", m.Name()))
		}
	}
	srv.params.off.Check(func(value string) error {
		for _, name := range strings.Fields(value) {
			switch {
			case slices.Contains(names, name):
			case slices.Contains(srv.registry.Modules(), name):
				// It stands where Peek does not look.
				return fmt.Errorf("the module %s cannot be switched off from here: say so on the command line", name)
			default:
				return fmt.Errorf("there is no module %s; there are %s", name, strings.Join(srv.registry.Modules(), " "))
			}
		}
		return nil
	})
}

// listModules writes a line for each module: its name, package, and version.
func (srv *Server) listModules(w io.Writer) {
	for _, m := range srv.modules {
		if m.Name() != "" {
			pkg := core.PackageOf(m)
			fmt.Fprintf(w, "%-14s %s %s\n", m.Name(), pkg, versionOf(pkg))
		}
	}
	for _, m := range srv.disabled {
		fmt.Fprintf(w, "%-14s %s is switched off\n", m.Name(), core.PackageOf(m))
	}
}

// versionOf returns the version of the Go module that a package is of.
func versionOf(pkg string) string {
	version, longest := "(unknown)", -1
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return version
	}
	for _, m := range append(info.Deps, &info.Main) {
		if (pkg == m.Path || strings.HasPrefix(pkg, m.Path+"/")) && len(m.Path) > longest {
			version, longest = m.Version, len(m.Path)
			if m.Replace != nil {
				version = strings.TrimSpace("=> " + m.Replace.Path + " " + m.Replace.Version)
			}
		}
	}
	return version
}
