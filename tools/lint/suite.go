package main

import (
	"slices"

	"github.com/gordonklaus/ineffassign/pkg/ineffassign"
	"github.com/timakin/bodyclose/passes/bodyclose"
	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/suite/vet"
	"honnef.co/go/tools/analysis/lint"
	"honnef.co/go/tools/quickfix"
	"honnef.co/go/tools/simple"
	"honnef.co/go/tools/staticcheck"
	"honnef.co/go/tools/stylecheck"
)

// leftOut are checks of staticcheck's that are not run.
var leftOut = []string{
	"ST1005",                               // error texts are Redis's own, capitals and full stops included
	"ST1000", "ST1020", "ST1021", "ST1022", // comments are sentences of our own choosing
	"ST1003", "ST1016", // names are Redis's, and a receiver's may say what it is in a method
	"QF1001", "QF1002", "QF1003", "QF1008", // matters of taste
}

// suite returns all checks.
func suite() []*analysis.Analyzer {
	all := slices.Clone(vet.Suite)
	for _, group := range [][]*lint.Analyzer{staticcheck.Analyzers, simple.Analyzers, stylecheck.Analyzers, quickfix.Analyzers} {
		for _, a := range group {
			if !slices.Contains(leftOut, a.Analyzer.Name) {
				all = append(all, a.Analyzer)
			}
		}
	}
	return append(all, unusedCode, unchecked, conversions, spelling, inits, ineffassign.Analyzer, bodyclose.Analyzer)
}
