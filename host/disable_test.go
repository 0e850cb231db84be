package host

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	hostconfig "github.com/ferrousdb/ferrous/host/config"
	"github.com/ferrousdb/ferrous/modules"
	"github.com/ferrousdb/ferrous/modules/cache"
)

// TestDisableModules: what is switched off is nowhere, and what asks for it is told so.
func TestDisableModules(t *testing.T) {
	hcl := filepath.Join(t.TempDir(), "f.hcl")
	if err := os.WriteFile(hcl, []byte("stream-node-max-entries = 50\ndisable-modules = [\"streams\", \"tracking\"]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"--disable-modules", "streams tracking", "--stream-node-max-entries", "50"},
		{"--disable-modules", "streams", "tracking"},
		{hcl},
	} {
		srv, err := Start(Options{Modules: modules.Full(), Args: append(args, "--port", "0")})
		if err != nil {
			t.Fatal(args, err)
		}
		table := srv.Registry()
		if got := table.Modules(); slices.Contains(got, "streams") || slices.Contains(got, "tracking") || !slices.Contains(got, "lists") {
			t.Errorf("%v: modules %v", args, got)
		}
		if table.Find("xadd") != nil || table.Find("client|tracking") != nil || table.TypeNamed("stream") != nil {
			t.Errorf("%v: something is left of what is off", args)
		}
		for command, want := range map[string]string{
			"XADD s * a b":       "ERR unknown command 'XADD', with args beginning with: 's' '*' 'a' 'b' (it is in the module streams, which is switched off)",
			"client tracking on": "ERR unknown subcommand 'tracking'. Try CLIENT HELP. (it is in the module tracking, which is switched off)",
			"nosuch":             "ERR unknown command 'nosuch', with args beginning with: ",
		} {
			var words [][]byte
			for _, w := range strings.Fields(command) {
				words = append(words, []byte(w))
			}
			if _, err := table.Lookup(words); err == nil || err.Error() != want {
				t.Errorf("%s: %v", command, err)
			}
		}
		if why := table.Config.Find("stream-node-max-entries").Param().NoEffect; why != "the module streams is switched off" {
			t.Errorf("the parameter's reason is %q", why)
		}
		srv.Stop()
	}
}

// TestDisableRefused: who switches off what is not there, or relied on, is told.
func TestDisableRefused(t *testing.T) {
	for args, want := range map[string]string{
		"--disable-modules stream":               "there is no module stream; there are connection",
		"--disable-modules aof --appendonly yes": "this server cannot do that: the module aof is switched off",
		"--disable-modules connection":           "there is no container \"client\"",
	} {
		_, err := Start(Options{Modules: modules.Full(), Args: append(strings.Fields(args), "--port", "0")})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
}

// TestDisableReadsOnce: standard input, and what is no file, can be read only once.
func TestDisableReadsOnce(t *testing.T) {
	srv, err := newServer(modules.Full(), "")
	if err != nil {
		t.Fatal(err)
	}
	p := disableModules()
	if got := hostconfig.Peek(p, []string{"-"}, nil, strings.NewReader("port 1\ndisable-modules geo\n")); got != "geo" {
		t.Errorf("from standard input: %q", got)
	}
	if got := hostconfig.Peek(p, nil, []string{"FERROUS_DISABLE_MODULES=geo acl"}, eof{}); got != "geo acl" {
		t.Errorf("from the environment: %q", got)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	_, _ = w.WriteString("disable-modules geo\n")
	w.Close()
	path := fmt.Sprintf("/proc/self/fd/%d", r.Fd())
	if got := hostconfig.Peek(p, []string{path}, nil, eof{}); got != "" {
		t.Errorf("from a pipe: %q", got)
	}
	_, err = hostconfig.Load(srv.registry.Config, []string{path}, nil, eof{})
	if _, no := os.Stat("/proc/self/fd"); no == nil && (err == nil || !strings.Contains(err.Error(), "say so on the command line")) {
		t.Errorf("from a pipe: %v", err)
	}
}

// TestDisabledFiles: a file with values or commands of what is off is refused by name, and
// left as it was.
func TestDisabledFiles(t *testing.T) {
	dir := t.TempDir()
	start := func(set []core.Module, args ...string) (*Server, error) {
		return Start(Options{Modules: set, Args: append(args, "--port", "0", "--dir", dir), Pipes: 1})
	}
	full, err := start(modules.Full(), "--appendonly", "yes", "--aof-use-rdb-preamble", "no")
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"SET k v", "XADD s 1-1 a b", "BGSAVE"} {
		if got := full.Pipe(0).Exchange(nil, []byte(command+"\r\n")); bytes.HasPrefix(got, []byte("-")) {
			t.Fatalf("%s: %s", command, got)
		}
	}
	dump := filepath.Join(dir, "dump.rdb")
	eventually(t, "the dump is there", func() bool { _, err := os.Stat(dump); return err == nil })
	full.Stop()
	for name, x := range map[string]struct {
		set  []core.Module
		args string
		want string
	}{
		"dump": {modules.Full(), "--disable-modules streams", "a stream (it is in the module streams, which is switched off)"},
		"log":  {modules.Full(), "--disable-modules streams --appendonly yes", "(it is in the module streams, which is switched off)"},
	} {
		before := contents(t, dir)
		srv, err := start(x.set, strings.Fields(x.args)...)
		if err == nil {
			srv.Stop()
		}
		if err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v", name, err)
		}
		if !bytes.Equal(before, contents(t, dir)) {
			t.Errorf("%s: the files have changed", name)
		}
	}
	var out, errs bytes.Buffer
	status := run(modules.Full(), arguments{list: []string{"check", "--disable-modules", "tracking streams", dump}}, nil, eof{}, &out, &errs)
	if want := "(it is in the module streams, which is switched off)"; status != 1 || !strings.Contains(out.String()+errs.String(), want) {
		t.Errorf("check: %d\n%s\n%s", status, out.String(), errs.String())
	}
	out.Reset()
	errs.Reset()
	status = run(modules.Full(), arguments{list: []string{"check", dump}}, []string{"FERROUS_DISABLE_MODULES=streams"}, eof{}, &out, &errs)
	if want := "(it is in the module streams, which is switched off)"; status != 1 || !strings.Contains(out.String()+errs.String(), want) {
		t.Errorf("check: %d\n%s\n%s", status, out.String(), errs.String())
	}
}

// TestDisabledFunctions: so are functions. A server without a module for them keeps them.
func TestDisabledFunctions(t *testing.T) {
	dir := t.TempDir()
	start := func(args ...string) (*Server, error) {
		return Start(Options{Modules: modules.Full(), Args: append(args, "--port", "0", "--dir", dir), Pipes: 1})
	}
	full, err := start("--appendonly", "yes", "--aof-use-rdb-preamble", "no")
	if err != nil {
		t.Fatal(err)
	}
	library := "#!lua name=lib\nredis.register_function('f', function() return 1 end)"
	for _, command := range []string{fmt.Sprintf("*3\r\n$8\r\nFUNCTION\r\n$4\r\nLOAD\r\n$%d\r\n%s\r\n", len(library), library), "SAVE\r\n"} {
		if got := full.Pipe(0).Exchange(nil, []byte(command)); bytes.HasPrefix(got, []byte("-")) {
			t.Fatalf("%s", got)
		}
	}
	full.Stop()
	for _, log := range []string{"no", "yes"} {
		before := contents(t, dir)
		srv, err := start("--disable-modules", "scripting", "--appendonly", log)
		if err == nil {
			srv.Stop()
		}
		if want := "(it is in the module scripting, which is switched off)"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("appendonly %s: %v", log, err)
		}
		if !bytes.Equal(before, contents(t, dir)) {
			t.Errorf("appendonly %s: the files have changed", log)
		}
	}
	var out, errs bytes.Buffer
	dump := filepath.Join(dir, "dump.rdb")
	status := run(modules.Full(), arguments{list: []string{"check", "--disable-modules", "scripting", dump}}, nil, eof{}, &out, &errs)
	if want := "a library of functions (it is in the module scripting, which is switched off)"; status != 1 || !strings.Contains(out.String()+errs.String(), want) {
		t.Errorf("check: %d\n%s\n%s", status, out.String(), errs.String())
	}
}

// contents are all files of a directory.
func contents(t *testing.T, dir string) (all []byte) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all = append(append(all, path...), text...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestModulesListed: --modules tells each module, its package, and what is off.
func TestModulesListed(t *testing.T) {
	var out bytes.Buffer
	if status := run(cache.Modules(), arguments{list: []string{"--modules", "--disable-modules", "zsets"}}, nil, eof{}, &out, &out); status != 0 {
		t.Fatal(out.String())
	}
	for _, want := range []string{"strings        github.com/ferrousdb/ferrous/modules/strings ", "zsets          github.com/ferrousdb/ferrous/modules/zsets is switched off\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if n := strings.Count(out.String(), "\n"); n != len(cache.Common()) {
		t.Errorf("%d lines", n)
	}
}
