package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules/cache"
)

var update = flag.Bool("update", false, "write the lists anew")

// TestDependencies: what is linked is what testdata/packages.txt lists, of ferrous and of
// others. Of Go's own packages those are named that a cache pays for and has no use for.
func TestDependencies(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	list(t, "packages.txt", strings.Fields(string(out)))
	out, err = exec.Command("go", "list", "-deps", "-f", "{{if .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, heavy := range []string{"crypto/tls", "crypto/x509", "net/http", "text/template", "html/template", "go/ast", "encoding/xml", "encoding/gob", "database/sql",
		"encoding/json", "regexp", "math/big", "crypto/rand", "crypto/sha1", "crypto/sha256"} {
		if slices.Contains(strings.Fields(string(out)), heavy) {
			t.Errorf("%s is linked in", heavy)
		}
	}
}

// TestCommands: the commands are those that testdata/commands.txt lists.
func TestCommands(t *testing.T) {
	srv, err := host.Start(host.Options{Modules: cache.Modules(), Args: []string{"--port", "0"}, Pipes: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	var names []string
	for _, word := range strings.Fields(string(srv.Pipe(0).Exchange(nil, []byte("COMMAND LIST\r\n")))) {
		if word[0] != '*' && word[0] != '$' {
			names = append(names, word)
		}
	}
	list(t, "commands.txt", names)
	// What is not among them says where it is.
	for _, command := range []string{"XADD", "SUBSCRIBE", "EVAL", "BGSAVE", "GEOADD", "ACL", "SLOWLOG"} {
		_, err := srv.Registry().Lookup([][]byte{[]byte(command)})
		if want := "ERR unknown command '" + command + "', with args beginning with: (it is in the module "; err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// list compares sorted words with those of a file, or writes it.
func list(t *testing.T, file string, words []string) {
	t.Helper()
	slices.Sort(words)
	text := strings.Join(words, "\n") + "\n"
	path := filepath.Join("testdata", file)
	was, err := os.ReadFile(path)
	if err == nil && string(was) == text {
		return
	}
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	old := strings.Fields(string(was))
	for _, w := range words {
		if !slices.Contains(old, w) {
			t.Errorf("%s lacks %s", file, w)
		}
	}
	for _, w := range old {
		if !slices.Contains(words, w) {
			t.Errorf("%s has %s, which is not there any more", file, w)
		}
	}
	t.Error("if that is meant: go test ./cmd/ferrous-cache -update")
}
