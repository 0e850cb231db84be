package archtest

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core/coretest"
)

var walkBlock = regexp.MustCompile("(?ms)^```(go \\S+|sh|redis)\n(.*?)^```$")

// TestWalk does what docs/writing-a-module.md says, from an empty folder to a type, block by block: files are written,
// commands run, and what a client is said to be answered is asked for. Only what comes from the network is there
// already. What has come of it in the end is examples/pqueue.
func TestWalk(t *testing.T) {
	top, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(top, "docs", "writing-a-module.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok1 := strings.Cut(string(page), "<!-- walk -->")
	walk, _, ok2 := strings.Cut(rest, "<!-- end of walk -->")
	if !ok1 || !ok2 {
		t.Fatal("the page has no walk")
	}
	w := &walker{t: t, top: top, dir: t.TempDir(), data: t.TempDir()}
	start := time.Now()
	blocks := walkBlock.FindAllStringSubmatch(walk, -1)
	for _, m := range blocks {
		kind, file, _ := strings.Cut(m[1], " ")
		began := time.Now()
		switch kind {
		case "go":
			w.file(filepath.Join(w.dir, file), m[2])
			continue
		case "sh":
			for line := range strings.Lines(m[2]) {
				w.run(strings.TrimSpace(line))
			}
		case "redis":
			w.ask(m[2])
		}
		first, _, _ := strings.Cut(m[2], "\n")
		t.Logf("%6.2f s  %s", time.Since(began).Seconds(), first)
	}
	t.Logf("%d blocks in %.1f s", len(blocks), time.Since(start).Seconds())
	for _, name := range []string{"pqueue.go", "pqueue_test.go", "cmd/ferrous-pqueue/main.go"} {
		got, want := declarations(t, filepath.Join(w.dir, name)), declarations(t, filepath.Join(top, "examples", "pqueue", name))
		for what, text := range want {
			if got[what] != text {
				t.Errorf("%s: %s is\n%s\nin the page and in the example\n%s", name, what, got[what], text)
			}
			delete(got, what)
		}
		for what := range got {
			t.Errorf("%s: the example has no %s", name, what)
		}
	}
}

// walkEnv has the flags of whoever tests: what was compiled for the tests need not be compiled again.
func walkEnv() []string { return append(os.Environ(), "GOWORK=off") }

// walker is who does what the page says.
type walker struct {
	t    *testing.T
	top  string
	dir  string // where the walker stands
	data string // of the servers
}

// run runs a command as a shell does.
func (w *walker) run(line string) {
	switch {
	case strings.HasPrefix(line, "go get "):
		for _, name := range []string{"go.mod", "go.sum"} {
			text, err := os.ReadFile(filepath.Join(w.top, "examples", "pqueue", name))
			if err != nil {
				w.t.Fatal(err)
			}
			write(w.t, filepath.Join(w.dir, name), strings.Replace(string(text), "=> ../..", "=> "+w.top, 1))
		}
		return
	case strings.HasPrefix(line, "go run "), line == "go mod tidy": // see ask; and what it would fetch is there
		return
	}
	cmd := exec.Command("sh", "-ec", line+"; pwd > "+filepath.Join(w.data, "pwd"))
	cmd.Dir, cmd.Env = w.dir, walkEnv()
	if out, err := cmd.CombinedOutput(); err != nil {
		w.t.Fatalf("%s: %v\n%s", line, err, out)
	}
	pwd, err := os.ReadFile(filepath.Join(w.data, "pwd"))
	if err != nil {
		w.t.Fatal(err)
	}
	w.dir = strings.TrimSpace(string(pwd))
}

// ask builds the server as it is now, starts it on the data of the one before, and compares what it answers.
func (w *walker) ask(session string) {
	program := filepath.Join(w.data, "server")
	build := exec.Command("go", "build", "-o", program, "./cmd/ferrous-pqueue")
	build.Dir, build.Env = w.dir, walkEnv()
	if out, err := build.CombinedOutput(); err != nil {
		w.t.Fatalf("%v\n%s", err, out)
	}
	socket := coretest.Socket(w.t)
	server := exec.Command(program, "--port", "0", "--unixsocket", socket, "--dir", w.data)
	if err := server.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = server.Process.Kill() })
	c := coretest.Dial(w.t, socket)
	coretest.Eventually(w.t, "a server that serves", func() bool { return c.Do("PING") == "PONG" })
	lines := strings.Split(strings.TrimSpace(session), "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		c.Want(strings.TrimPrefix(lines[i], "> "), lines[i+1])
	}
	c.Send("SHUTDOWN SAVE")
	_ = server.Wait()
}

// file writes a block into a file: all of it, or, of a file that there is, declarations in the place of those of
// the same names.
func (w *walker) file(path, block string) {
	if strings.HasPrefix(block, "package ") || strings.Contains(block, "\npackage ") {
		write(w.t, path, block)
		return
	}
	old, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	const head = "package p\n"
	for _, d := range split(w.t, head+block) {
		text, found := string(old), false
		for _, o := range split(w.t, text) {
			if o.name == d.name {
				text, found = text[:o.from]+d.text+text[o.to:], true
				break
			}
		}
		if !found {
			text += "\n" + d.text + "\n"
		}
		old = []byte(text)
	}
	if old, err = format.Source(old); err != nil {
		w.t.Fatal(err)
	}
	write(w.t, path, string(old))
}

// declaration is one of a file, with its comment.
type declaration struct {
	name, text string
	from, to   int
}

func split(t *testing.T, text string) (all []declaration) {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "block.go", text, parser.ParseComments)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	for _, decl := range f.Decls {
		d := declaration{from: fset.Position(decl.Pos()).Offset, to: fset.Position(decl.End()).Offset}
		var comment *ast.CommentGroup
		switch x := decl.(type) {
		case *ast.FuncDecl:
			d.name, comment = "func "+x.Name.Name, x.Doc
		case *ast.GenDecl:
			d.name, comment = x.Tok.String(), x.Doc
			if spec, ok := x.Specs[0].(*ast.TypeSpec); ok {
				d.name += " " + spec.Name.Name
			}
		}
		if comment != nil {
			d.from = fset.Position(comment.Pos()).Offset
		}
		d.text = text[d.from:d.to]
		all = append(all, d)
	}
	return all
}

// declarations are those of a file by their names.
func declarations(t *testing.T, path string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, d := range split(t, string(bytes.TrimSpace(text))) {
		all[d.name] = d.text
	}
	return all
}
