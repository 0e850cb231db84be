package main

import (
	"encoding/json"
	"os"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// factsOnly reports whether go vet asks for what others need to know of a package, which it does for all that are
// imported, and not for its faults.
func factsOnly(args []string) bool {
	path := args[len(args)-1]
	if !strings.HasSuffix(path, ".cfg") {
		return false
	}
	var asked struct{ VetxOnly bool }
	text, err := os.ReadFile(path)
	return err == nil && json.Unmarshal(text, &asked) == nil && asked.VetxOnly
}

// producing returns checks of the same names, for the command line, that but make facts. unitchecker by itself leaves out
// only those that make none and use none: nearly all of staticcheck would be run on all of the standard library.
func producing(all []*analysis.Analyzer) []*analysis.Analyzer {
	var producers []*analysis.Analyzer
	seen := map[*analysis.Analyzer]bool{}
	var visit func([]*analysis.Analyzer)
	visit = func(some []*analysis.Analyzer) {
		for _, a := range some {
			if seen[a] {
				continue
			}
			seen[a] = true
			if len(a.FactTypes) > 0 {
				producers = append(producers, a)
			}
			visit(a.Requires)
		}
	}
	visit(all)
	stubs := make([]*analysis.Analyzer, len(all))
	for i, a := range all {
		stubs[i] = &analysis.Analyzer{Name: a.Name, Doc: a.Doc, Flags: a.Flags, Requires: producers, Run: nothing}
	}
	return stubs
}

func nothing(*analysis.Pass) (any, error) { return nil, nil }
