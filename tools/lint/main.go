// Command lint is the tree's linter: everything that go vet looks for, staticcheck, and a few checks more, as one tool
// that go vet runs.
//
//	cd tools && go build -o ../bin/lint ./lint
//	go vet -vettool=bin/lint ./...
//
// So each package is read and typed once for all of them, and what was found is kept in Go's build cache, as what the
// compiler makes is. A fault is passed over by a comment in the line before it, with a reason:
//
//	//lint:ignore SA1019 people have such keys
//
// Which checks there are and which are left out is in suite.go. Checks of others are adapted here, small ones live here;
// who may import whom is not checked here, but by internal/archtest.
package main

import (
	"os"
	"runtime/debug"

	"golang.org/x/tools/go/analysis/unitchecker"
)

func main() {
	debug.SetGCPercent(400) // there is a process for each package: most end before there is something to collect
	all := suite()
	all = append(all, heed(all))
	if factsOnly(os.Args) {
		all = producing(all)
	}
	unitchecker.Main(all...)
}
