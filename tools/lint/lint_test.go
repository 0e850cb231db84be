package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"
)

// TestFaults: each kind of fault is found where testdata says so, and nowhere else.
func TestFaults(t *testing.T) {
	tool := filepath.Join(t.TempDir(), "lint")
	if out, err := exec.Command("go", "build", "-o", tool, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	dir, want := faults(t)
	vet := exec.Command("go", "vet", "-vettool="+tool, ".")
	vet.Dir, vet.Env = dir, append(os.Environ(), "GOWORK=off")
	out, err := vet.CombinedOutput()
	if err == nil {
		t.Error("go vet is content")
	}
	found := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)(\w+\.go:\d+):\d+: .*\((\w+)\)$`).FindAllStringSubmatch(string(out), -1) {
		found[m[1]+" "+m[2]] = true
	}
	for fault := range want {
		if !found[fault] {
			t.Errorf("not found: %s", fault)
		}
	}
	for fault := range found {
		if !want[fault] {
			t.Errorf("found: %s", fault)
		}
	}
	if t.Failed() {
		t.Logf("%s", out)
	}
}

// faults makes a module of testdata, whose files have names that no tool takes for code, and tells of its faults: file, line
// and check.
func faults(t *testing.T) (dir string, want map[string]bool) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.go.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	dir, want = t.TempDir(), map[string]bool{}
	write := func(name string, text []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", []byte("module faults\n\ngo 1.26.0\n"))
	mark := regexp.MustCompile(`\bwant(-above)? ([\w ]+)$`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		write(name, text)
		for i, line := range strings.Split(string(text), "\n") {
			m := mark.FindStringSubmatch(line)
			if m == nil {
				continue
			}
			if m[1] == "" {
				i++
			}
			for _, check := range strings.Fields(m[2]) {
				want[fmt.Sprintf("%s:%d %s", name, i, check)] = true
			}
		}
	}
	return dir, want
}

// TestAllOfVet: what go vet looks for by itself is looked for.
func TestAllOfVet(t *testing.T) {
	out, err := exec.Command("go", "tool", "vet", "help").Output()
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(out), "Registered analyzers")
	list, _, _ = strings.Cut(list, "By default")
	ours := map[string]bool{}
	for _, a := range suite() {
		ours[a.Name] = true
	}
	names := regexp.MustCompile(`(?m)^ +(\w+) `).FindAllStringSubmatch(list, -1)
	if len(names) < 30 {
		t.Fatalf("go vet has but %d checks:\n%s", len(names), out)
	}
	for _, m := range names {
		if !ours[m[1]] {
			t.Errorf("%s of go vet is missing", m[1])
		}
	}
	for _, name := range leftOut {
		if ours[name] {
			t.Errorf("%s is not left out", name)
		}
	}
}

// TestFactsOnly: of what is imported nothing is run but what makes facts, under all names.
func TestFactsOnly(t *testing.T) {
	cfg := filepath.Join(t.TempDir(), "vet.cfg")
	for text, want := range map[string]bool{`{"VetxOnly": true}`: true, `{"VetxOnly": false}`: false, `{}`: false} {
		if err := os.WriteFile(cfg, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := factsOnly([]string{"lint", cfg}); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	if factsOnly([]string{"lint", "help"}) || factsOnly([]string{"lint"}) {
		t.Error("facts were asked for without a configuration")
	}
	all := suite()
	stubs := producing(all)
	if err := analysis.Validate(stubs); err != nil {
		t.Error(err)
	}
	if len(stubs) != len(all) {
		t.Errorf("%d of %d checks have their names", len(stubs), len(all))
	}
	made := map[string]bool{}
	for _, a := range stubs[0].Requires {
		made[a.Name] = true
	}
	for _, name := range []string{"printf", "ctrlflow", "fact_deprecated", "fact_purity"} {
		if !made[name] {
			t.Errorf("the facts of %s are not made, but of %v", name, slices.Sorted(maps.Keys(made)))
		}
	}
}
