package modules

import (
	"regexp"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/host"
)

// TestOptionsKnowSinceWhen: what a command's history says of an option, COMMAND DOCS says of the argument, too. redis-cli hints
// at no option that the server's release does not know.
func TestOptionsKnowSinceWhen(t *testing.T) {
	srv, err := host.Start(host.Options{Modules: Full(), Args: []string{"--port", "0", "--dir", t.TempDir(), "--save", ""}})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Stop()
	silent := map[string]bool{"georadius": true, "georadius_ro": true, "stream": true, "zrank": true, "zrevrank": true} // Redis's own documentation
	words := regexp.MustCompile("`([A-Z0-9]+)`")
	seen := 0
	for _, cmd := range srv.Registry().All() {
		for _, row := range append([]core.Command{*cmd}, cmd.Sub...) {
			args, err := core.ParseSyntax(row.Doc.Args)
			if err != nil {
				t.Fatal(err)
			}
			for _, note := range row.Doc.History {
				for _, word := range words.FindAllStringSubmatch(note.Text, -1) {
					arg, since, found := token(args, word[1], "")
					if seen++; found && since == "" && !silent[row.Name] {
						t.Errorf("%s: %s: %q, but its argument %s has been there from the beginning", row.Name, note.Version, note.Text, arg.Name)
					}
				}
			}
		}
	}
	if seen < 50 {
		t.Errorf("only %d options are spoken of", seen)
	}
}

// token finds the argument of a word, and the version that brought it, or what it is part of.
func token(args []core.Arg, word, since string) (arg core.Arg, version string, found bool) {
	for _, a := range args {
		version := since
		if a.Since != "" {
			version = a.Since
		}
		if a.Token == word {
			return a, version, true
		}
		if arg, version, found := token(a.Args, word, version); found {
			return arg, version, true
		}
	}
	return core.Arg{}, "", false
}
