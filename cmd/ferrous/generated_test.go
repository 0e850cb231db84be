package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/host"
	hostconfig "github.com/ferrousdb/ferrous/host/config"
	"github.com/ferrousdb/ferrous/modules"
	"github.com/ferrousdb/ferrous/modules/cache"
)

// What is written in files is derived: ferrous.hcl and a table in docs/differences.md
// from the schema of the full server, what README and CHANGELOG say of ferrous-cache
// from the lists of modules. Nobody writes that by hand.
var update = flag.Bool("update", false, "write what is derived anew")

const howToUpdate = "run: go test ./cmd/ferrous -update"

// schema returns the parameters of the full server.
func schema(t *testing.T) *config.Schema {
	t.Helper()
	srv, err := host.Start(host.Options{Modules: modules.Full(), Args: []string{"--port", "0"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	return srv.Registry().Config
}

// TestDefaultFile: ferrous.hcl is what --default-config prints.
func TestDefaultFile(t *testing.T) {
	same(t, filepath.Join("..", "..", "ferrous.hcl"), hostconfig.GenerateHCL(schema(t)))
}

// TestDifferences: docs/differences.md lists every parameter that is accepted
// without effect, and no other.
func TestDifferences(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "differences.md")
	doc, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- parameters without effect -->\n", "<!-- end of parameters without effect -->\n"
	before, rest, ok1 := strings.Cut(string(doc), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("%s lacks the lines %q and %q", path, begin, end)
	}
	same(t, path, []byte(before+begin+table(schema(t))+end+after))
}

// TestLeftOut: README and CHANGELOG say what ferrous-cache lacks.
func TestLeftOut(t *testing.T) {
	var names []string
	for _, m := range modules.Full() {
		if !slices.ContainsFunc(cache.Modules(), func(c core.Module) bool { return c.Name() == m.Name() }) {
			names = append(names, m.Name())
		}
	}
	slices.Sort(names)
	for _, file := range []string{"README.md", "CHANGELOG.md"} {
		path := filepath.Join("..", "..", file)
		doc, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		const begin, end = "<!-- left out of ferrous-cache -->", "<!-- end -->"
		before, rest, ok1 := strings.Cut(string(doc), begin)
		_, after, ok2 := strings.Cut(rest, end)
		if !ok1 || !ok2 {
			t.Fatalf("%s lacks %q and %q", path, begin, end)
		}
		same(t, path, []byte(before+begin+strings.Join(names, ", ")+end+after))
	}
}

// table is the list of parameters without effect, as Markdown.
func table(s *config.Schema) string {
	var b strings.Builder
	b.WriteString("| parameter | why it has no effect |\n|---|---|\n")
	for _, v := range s.All() {
		p := v.Param()
		if p.NoEffect == "" {
			continue
		}
		name := "`" + p.Name + "`"
		for _, alias := range p.Aliases {
			name += ", `" + alias + "`"
		}
		fmt.Fprintf(&b, "| %s | %s |\n", name, strings.TrimSuffix(p.NoEffect, "."))
	}
	return b.String()
}

// same compares a file with what it should hold, or writes it.
func same(t *testing.T, path string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err == nil && bytes.Equal(got, want) {
		return
	}
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("%s does not say what it is derived from: %s\n%s", path, howToUpdate, firstDifference(got, want))
}

// firstDifference shows where two texts part.
func firstDifference(got, want []byte) string {
	g, w := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range w {
		if i == len(g) || g[i] != w[i] {
			line := "(the end)"
			if i < len(g) {
				line = g[i]
			}
			return fmt.Sprintf("line %d\n  is:     %s\n  should: %s", i+1, line, w[i])
		}
	}
	return fmt.Sprintf("line %d should be the last", len(w))
}
