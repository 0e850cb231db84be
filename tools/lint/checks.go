package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"sync"

	"github.com/golangci/misspell"
	"github.com/golangci/unconvert"
	"github.com/kisielk/errcheck/errcheck"
	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/packages"
	"honnef.co/go/tools/unused"
)

// unusedCode reports what staticcheck's U1000 has found. go vet shows it a package together with its own tests, and what
// is unused there is unused: nobody else sees names that are not exported, and those that are count as used.
var unusedCode = &analysis.Analyzer{
	Name:     "unused",
	Doc:      "report constants, variables, functions, fields and types that nothing uses",
	Requires: []*analysis.Analyzer{unused.Analyzer.Analyzer},
	Run: func(pass *analysis.Pass) (any, error) {
		found := pass.ResultOf[unused.Analyzer.Analyzer].(unused.Result)
		// A field of a generic type is found once for each instance; one that is used will do.
		name := func(o unused.Object) string {
			return fmt.Sprint(o.Position.Filename, ":", o.Position.Line, ":", o.Name)
		}
		used := map[string]bool{}
		for _, o := range found.Used {
			used[name(o)] = true
		}
		for _, o := range found.Unused {
			if !used[name(o)] {
				pass.Reportf(place(pass, o.Position), "%s %s is unused", o.Kind, o.Name)
			}
		}
		return nil, nil
	},
}

// mayFail are functions whose errors nobody wants: they close, write to somebody who may have gone, or remove what may
// not be there.
var mayFail = regexp.MustCompile(`(?i)(close|flush|print(f|ln)?|\bos\.(remove(all)?|setenv|unsetenv|std(out|err)\..*))$`)

// unchecked is errcheck but for mayFail.
var unchecked = &analysis.Analyzer{
	Name: "errcheck",
	Doc:  "report errors that are not looked at",
	Run: func(pass *analysis.Pass) (any, error) {
		checker := errcheck.Checker{Exclusions: errcheck.Exclusions{
			BlankAssignments: true, TypeAssertions: true, // who writes _ = has thought
			Symbols: append([]string{"(net.Conn).Close", "(net.Listener).Close"}, errcheck.DefaultExcludedSymbols...),
		}}
		found := checker.CheckPackage(&packages.Package{
			Fset: pass.Fset, Syntax: pass.Files, Types: pass.Pkg, TypesInfo: pass.TypesInfo,
		}).Unique()
		for _, e := range found.UncheckedErrors {
			if name := cmp.Or(e.SelectorName, e.FuncName, "this"); !mayFail.MatchString(name) {
				pass.Reportf(place(pass, e.Pos), "error of %s is not checked", name)
			}
		}
		return nil, nil
	},
}

var conversions = &analysis.Analyzer{
	Name: "unconvert",
	Doc:  "report conversions to the type that the value has",
	Run: func(pass *analysis.Pass) (any, error) {
		for _, p := range unconvert.Run(pass) {
			pass.Reportf(place(pass, p), "unnecessary conversion")
		}
		return nil, nil
	},
}

// words is made once, for 28 thousand of them.
var words = sync.OnceValue(misspell.New)

var spelling = &analysis.Analyzer{
	Name: "misspell",
	Doc:  "report what is often spelt wrong, in code, texts and comments",
	Run: func(pass *analysis.Pass) (any, error) {
		for _, f := range pass.Files {
			file := pass.Fset.File(f.FileStart)
			text, err := pass.ReadFile(file.Name())
			if err != nil {
				return nil, err
			}
			_, found := words().Replace(string(text))
			for _, x := range found {
				pass.Reportf(file.LineStart(x.Line)+token.Pos(x.Column), "%q is a misspelling of %q", x.Original, x.Corrected)
			}
		}
		return nil, nil
	},
}

// inits: servers are composed by value, so that two may live in one process.
var inits = &analysis.Analyzer{
	Name: "inits",
	Doc:  "report init functions",
	Run: func(pass *analysis.Pass) (any, error) {
		for _, f := range pass.Files {
			for _, decl := range f.Decls {
				if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
					pass.Reportf(fn.Pos(), "nothing happens by itself at start-up: no init functions")
				}
			}
		}
		return nil, nil
	},
}

// place is the Pos of a position in one of the package's files.
func place(pass *analysis.Pass, p token.Position) token.Pos {
	i := slices.IndexFunc(pass.Files, func(f *ast.File) bool { return pass.Fset.File(f.FileStart).Name() == p.Filename })
	if i < 0 {
		return token.NoPos
	}
	return pass.Fset.File(pass.Files[i].FileStart).LineStart(p.Line) + token.Pos(p.Column-1)
}
