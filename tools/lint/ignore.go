package main

import (
	"reflect"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/tools/go/analysis"
	"honnef.co/go/tools/analysis/facts/directives"
	"honnef.co/go/tools/analysis/lint"
)

// ignores are a package's comments that have faults passed over.
type ignores struct{ all []*ignore }

// ignore is one of them.
type ignore struct {
	lint.Directive
	checks []string
	used   atomic.Bool // checks run beside each other
}

// ignoring finds a package's ignores.
var ignoring = &analysis.Analyzer{
	Name:       "ignoring",
	Doc:        "find //lint:ignore",
	Requires:   []*analysis.Analyzer{directives.Analyzer},
	ResultType: reflect.TypeFor[*ignores](),
	Run: func(pass *analysis.Pass) (any, error) {
		found := new(ignores)
		for _, d := range pass.ResultOf[directives.Analyzer].([]lint.Directive) {
			if d.Command == "ignore" && len(d.Arguments) > 1 {
				found.all = append(found.all, &ignore{Directive: d, checks: strings.Split(d.Arguments[0], ",")})
			}
		}
		return found, nil
	},
}

// cover reports whether a fault that check has found is to be passed over: the comment belongs to what begins in the
// fault's line.
func (g *ignores) cover(pass *analysis.Pass, check string, fault analysis.Diagnostic) bool {
	at := pass.Fset.Position(fault.Pos)
	for _, x := range g.all {
		if on := pass.Fset.Position(x.Node.Pos()); on.Line == at.Line && on.Filename == at.Filename && slices.Contains(x.checks, check) {
			x.used.Store(true)
			return true
		}
	}
	return false
}

// heed has all checks heed ignores and say their names, and returns one of the comments themselves. It changes the checks
// in their places, since they require each other.
func heed(all []*analysis.Analyzer) *analysis.Analyzer {
	for _, a := range all {
		run := a.Run
		a.Requires = append(slices.Clip(a.Requires), ignoring)
		a.Run = func(pass *analysis.Pass) (any, error) {
			own := *pass
			own.Report = func(fault analysis.Diagnostic) {
				if !pass.ResultOf[ignoring].(*ignores).cover(pass, a.Name, fault) {
					fault.Message += " (" + a.Name + ")"
					pass.Report(fault)
				}
			}
			return run(&own)
		}
	}
	return &analysis.Analyzer{
		Name:     "ignore",
		Doc:      "report //lint:ignore that has no reason, or nothing to ignore, and other linters' comments",
		Requires: append(slices.Clip(all), ignoring),
		Run:      heeded,
	}
}

// heeded runs after all other checks.
func heeded(pass *analysis.Pass) (any, error) {
	for _, f := range pass.Files {
		for _, group := range f.Comments {
			for _, c := range group.List {
				if strings.HasPrefix(c.Text, "//nolint") || strings.HasPrefix(c.Text, "//lint:") && len(strings.Fields(c.Text)) < 3 || strings.HasPrefix(c.Text, "//lint:file-ignore") {
					pass.Reportf(c.Pos(), "write //lint:ignore, a check and a reason (ignore)")
				}
			}
		}
	}
	for _, x := range pass.ResultOf[ignoring].(*ignores).all {
		// What U1000 is to ignore it ignores by itself.
		if !x.used.Load() && !slices.Contains(x.checks, "U1000") {
			pass.Reportf(x.Directive.Directive.Pos(), "nothing is ignored here (ignore)")
		}
	}
	return nil, nil
}
