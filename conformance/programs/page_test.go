package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/programs.md anew")

// page is docs/programs.md without its tables.
const page = `# Programs that were tried

<!-- Generated from the programs and what they are pinned to: go test ./conformance/programs -update -->

What people run on Redis, run on ferrous. Two collections, both repeatable:

- ` + "`make clients`" + `: client libraries, each calling every command that it has a method for; what comes out is compared with
  recordings of a real Redis ([conformance/clients](../conformance/clients/README.md)).
- ` + "`make programs`" + `: programs that live on Redis, each run against ` + "`redis-server`" + ` 7.0.15 and against ferrous, every case of what
  they see compared ([conformance/programs](../conformance/programs/README.md)).

Every case comes out the same with both servers.
`

const pageEnd = `
Versions of Python's, Ruby's, PHP's, Perl's programs and of the tools are those of Debian 12.
`

// parts are the tables, with the files that they are made from.
var parts = []struct {
	title string
	files []string
}{
	{"Client libraries", []string{"../clients/*_test.go"}},
	{"npm", []string{"node/*.mjs"}},
	{"Go", []string{"go/*/*.go"}},
	{"Python", []string{"python/*.py"}},
	{"Ruby, PHP, Perl", []string{"ruby/*.rb", "php/*.php", "perl/*.pl"}},
	{"Tools and what stands between", []string{"tools/*.sh"}},
}

// tries is a comment in a program: what it tries, the packages that are pinned, and what of
// them is tried.
var tries = regexp.MustCompile(`(?m)^(?://|#) tries ([^|\n]+) \| ([^|\n]+) \| (.+)$`)

// pins are the versions of packages: of go.mod, package.json, debian.txt.
func pins(t *testing.T, files ...string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Ext(file) == ".json" {
			var p struct{ Dependencies map[string]string }
			if err := json.Unmarshal(data, &p); err != nil {
				t.Fatal(err)
			}
			for name, version := range p.Dependencies {
				found[name] = version[strings.LastIndexByte(version, '@')+1:] // "npm:redlock@4.2.0"
			}
			continue
		}
		for line := range strings.Lines(string(data)) {
			if f := strings.Fields(line); len(f) >= 2 && !strings.HasSuffix(strings.TrimSpace(line), "// indirect") {
				found[f[0]] = strings.TrimPrefix(f[1], "v")
			}
		}
	}
	return found
}

// TestPage: docs/programs.md says what is tried, and of which version.
func TestPage(t *testing.T) {
	clients := pins(t, "../clients/go.mod", "../clients/ioredis/package.json")
	programs := pins(t, "go/go.mod", "node/package.json", "debian.txt")
	var b strings.Builder
	b.WriteString(page)
	for _, part := range parts {
		fmt.Fprintf(&b, "\n## %s\n\n| program | version | what is tried |\n|---|---|---|\n", part.title)
		var files []string
		for _, pattern := range part.files {
			some, err := filepath.Glob(pattern)
			if err != nil || len(some) == 0 {
				t.Fatal(pattern, err)
			}
			files = append(files, some...)
		}
		pinned, ours := programs, false
		if strings.HasPrefix(files[0], "../clients") {
			pinned, ours = clients, true
		}
		rows := 0
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found := tries.FindAllStringSubmatch(string(text), -1)
			base := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
			if len(found) == 0 && base != "lib" && base != "cases" && !ours {
				t.Errorf("%s does not say what it tries", file)
			}
			for _, m := range found {
				var versions []string
				for name := range strings.SplitSeq(m[2], ", ") {
					if pinned[name] == "" {
						t.Errorf("%s: nothing pins %s", file, name)
					}
					versions = append(versions, pinned[name])
				}
				fmt.Fprintf(&b, "| %s | %s | %s |\n", m[1], strings.Join(versions, ", "), m[3])
				rows++
			}
		}
		if rows == 0 {
			t.Errorf("%s: no rows", part.title)
		}
	}
	b.WriteString(pageEnd)
	const path = "../../docs/programs.md"
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != b.String() {
		t.Errorf("%s is not what the programs say (%v): run: go test ./conformance/programs -update", path, err)
	}
}
