package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/host/manual"
	"github.com/ferrousdb/ferrous/modules"
)

// program is what the texts about the full server are made of.
func program(t *testing.T) manual.Program {
	t.Helper()
	srv, err := host.Start(host.Options{Modules: modules.Full(), Args: []string{"--port", "0"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	return srv.Manual()
}

// TestReference: docs/configuration.md is derived from the schema.
func TestReference(t *testing.T) {
	same(t, filepath.Join("..", "..", "docs", "configuration.md"), program(t).Reference())
}

// TestManual: the man page and the completions know every parameter and tool, and those
// who read them have nothing to object.
func TestManual(t *testing.T) {
	p := program(t)
	texts := map[string][]byte{"man": p.Man(), "bash": p.Bash(), "zsh": p.Zsh(), "fish": p.Fish()}
	for name, text := range texts {
		plain := strings.ReplaceAll(string(text), `\-`, "-")
		for _, v := range p.Schema.All() {
			par := v.Param()
			shown := !par.Has(config.Hidden) && par.NoEffect == ""
			if option := strings.Contains(plain, "--"+par.Name) || strings.Contains(plain, "-l "+par.Name+" "); shown && !option {
				t.Errorf("%s does not know the parameter %s", name, par.Name)
			}
		}
		for _, tool := range p.Tools {
			if !strings.Contains(plain, tool.Name) {
				t.Errorf("%s does not know the tool %s", name, tool.Name)
			}
		}
	}
	for _, c := range []struct {
		text string
		args []string
	}{
		{"man", []string{"groff", "-man", "-ww", "-Tutf8", "-z"}},
		{"bash", []string{"bash", "-n"}},
		{"zsh", []string{"zsh", "-n", "/dev/stdin"}},
		{"fish", []string{"fish", "--no-execute"}},
	} {
		if _, err := exec.LookPath(c.args[0]); err != nil {
			continue // not everywhere; bash nearly is
		}
		cmd := exec.Command(c.args[0], c.args[1:]...)
		cmd.Stdin = bytes.NewReader(texts[c.text])
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v\n%s", c.args[0], err, out)
		}
	}
}

// TestBashCompletes: what bash offers.
func TestBashCompletes(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash")
	}
	script := string(program(t).Bash())
	for _, c := range []struct{ words, want string }{
		{"p", "ping"},
		{"--vers", "--version"},
		{"--maxmemory-policy volatile-l", "volatile-lru volatile-lfu"},
		{"--appendonly ''", "yes no"},
		{"x.conf --unixsocketp", "--unixsocketperm"},
		{"--port ''", ""},
	} {
		line := script + "\nCOMP_WORDS=(ferrous " + c.words + "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); cd /proc/self/fdinfo; _ferrous; echo \"${COMPREPLY[*]}\""
		out, err := exec.Command(bash, "-c", line).CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != c.want {
			t.Errorf("%s: %q, %v", c.words, got, err)
		}
	}
}
