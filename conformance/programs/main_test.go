package main

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// execute runs a program of a few lines.
func execute(t *testing.T, script string, limit time.Duration) outcome {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "p.sh")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	out := outcome{results: map[string]string{}}
	out.execute(context.Background(), limit, program{name: "tools/p", command: []string{"sh", file}}, []string{"1234", "1235"}, dir)
	return out
}

func TestExecute(t *testing.T) {
	out := execute(t, `printf 'case\ta\t%s\nnoise\ncase\tb\tx\ty\n' "$REDIS_PORTS"; echo "$REDIS_URL"`, time.Minute)
	if want := map[string]string{"a": "1234 1235", "b": "x\ty"}; !reflect.DeepEqual(out.results, want) {
		t.Errorf("%q instead of %q", out.results, want)
	}
	if !strings.Contains(out.said, "redis://127.0.0.1:1234\n") {
		t.Errorf("it said %q", out.said)
	}
	if out := execute(t, "printf 'case\ta\t1\n'; exit 3", time.Minute); out.results["(end)"] != "FAILED exit status 3" {
		t.Errorf("a program that fails: %q", out.results)
	}
	// What it has left behind ends with it, or the test would not.
	if out := execute(t, "sleep 1000 & sleep 1000", 50*time.Millisecond); !strings.HasPrefix(out.results["(end)"], "FAILED it takes longer") {
		t.Errorf("a program that does not end: %q", out.results)
	}
}

// outcomeOf makes an outcome of names and results.
func outcomeOf(pairs ...string) (o outcome) {
	o.results = map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		o.set(pairs[i], pairs[i+1])
	}
	return o
}

func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		name           string
		redis, ferrous outcome
		verdict, err   string
	}{
		{"the same", outcomeOf("a", "1", "b", "2"), outcomeOf("a", "1", "b", "2"), "the same", ""},
		{"another value", outcomeOf("a", "1", "b", "2"), outcomeOf("a", "1", "b", "3"), "DIFFERS: b", "1 cases differ"},
		{"ferrous fails", outcomeOf("a", "1"), outcomeOf("a", "FAILED x"), "DIFFERS: a", "1 cases differ"},
		{"redis fails", outcomeOf("a", "FAILED x"), outcomeOf("a", "1"), "DIFFERS: a", "1 cases differ"},
		{"both fail", outcomeOf("a", "1", "b", "FAILED x"), outcomeOf("a", "1", "b", "FAILED y"), "fails with both: b", ""},
		{"a case is missing", outcomeOf("a", "1", "b", "2"), outcomeOf("a", "1"), "DIFFERS: b", "1 cases differ"},
		{"a case too many", outcomeOf("a", "1"), outcomeOf("a", "1", "b", "2"), "DIFFERS: b", "1 cases differ"},
		{"left out", outcomeOf("a", "1", "b", "2"), outcomeOf("a", "1", "b", "SKIPPED no"), "the same", ""},
		{"nothing", outcomeOf(), outcomeOf(), "fails with both: (no case was told)", "nothing was compared"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := report{program: program{name: "x/y"}, redis: c.redis, ferrous: c.ferrous}
			r.compare()
			if got := r.verdict(); got != c.verdict {
				t.Errorf("%q instead of %q", got, c.verdict)
			}
			var table strings.Builder
			err := summarize(&table, []report{r}, false)
			if got := errorText(err); !strings.HasPrefix(got, c.err) || (c.err == "") != (err == nil) {
				t.Errorf("error %q", got)
			}
			if !strings.Contains(table.String(), "x/y") {
				t.Errorf("the program is not in the table:\n%s", table.String())
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Files become programs, which ask for as many servers as they say.
func TestDiscover(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"tools/a.sh": "echo\n", "tools/lib.sh": "", "node/b.mjs": "// Two.\n// servers: 2\n", "ruby/c.txt": "",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, err := discover(context.Background(), dir, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, p := range all {
		got[p.name] = p.servers
		if p.name == "node/b" && p.lacks == "" {
			t.Error("node/b could not be run: its packages are not installed")
		}
	}
	if want := map[string]int{"tools/a": 1, "node/b": 2}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v instead of %v", got, want)
	}
	if chosen, err := choose(all, []string{"node"}); err != nil || len(chosen) != 1 {
		t.Errorf("chosen: %v, %v", chosen, err)
	}
	if _, err := choose(all, []string{"nobody"}); err == nil {
		t.Error("a pattern that fits nothing is accepted")
	}
}
