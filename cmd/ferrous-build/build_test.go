package main

import (
	"archive/zip"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/coretest"
)

// fences is somebody's repository: the module is a package in a folder of it, and has another
// name than that.
var fences = map[string]string{
	"go.mod":                 "module example.com/fences\n\ngo 1.26.0\n\nrequire " + root + " v0.1.0\n",
	"README":                 "not Go\n",
	"internal/words/word.go": "package words\n\nconst Hello = \"hello\"\n",
	"ferrous/fence/fence.go": `package fencing

import (
	"github.com/ferrousdb/ferrous/core"

	"example.com/fences/internal/words"
)

func New() core.Module { return module{} }

type module struct{}

func (module) Name() string { return "fence" }

func (module) Register(r *core.Registry) error {
	r.Commands(core.Command{Name: "fence.hello", Arity: 1, Flags: core.ReadOnly | core.Fast,
		Run: func(c *core.Ctx) error { c.BulkString(words.Hello); return nil }})
	return nil
}
`,
	"bad/none/none.go":   "package none\n",
	"bad/other/other.go": "package other\n\nfunc New() int { return 1 }\n",
	"bad/args/args.go":   "package args\n\nfunc New(name string) int { return 1 }\n",
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// tree is the folder of this tree, and the network is off.
func tree(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOPROXY", "off")
	t.Setenv("GOSUMDB", "off")
	return dir
}

// builder runs ferrous-build and returns what it prints.
func builder(args ...string) (status int, out, errs string) {
	var o, e bytes.Buffer
	status = build(args, &o, &e)
	return status, o.String(), e.String()
}

// TestBuild: a server of a preset, without some of it and with a package of a repository
// beside this tree, is built offline, and serves.
func TestBuild(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the server is asked through a unix socket whose path is made for Linux")
	}
	top, repo, dir := tree(t), t.TempDir(), t.TempDir()
	write(t, repo, fences)
	binary := filepath.Join(dir, "my-ferrous")
	status, out, errs := builder("--preset", "cache", "--without", "zsets,cluster", "--without=lists",
		"--with", "example.com/fences/ferrous/fence="+repo, "--ferrous", top, "-o", binary)
	if status != 0 {
		t.Fatal(errs)
	}
	for _, want := range []string{"\nfence          example.com/fences/ferrous/fence => " + repo, "\nstrings        " + root + "/modules/strings ", binary + ": "} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	for _, not := range []string{"zsets", "lists", "cluster ", "pubsub"} {
		if strings.Contains(out, "\n"+not) {
			t.Errorf("%s is there:\n%s", not, out)
		}
	}
	socket := coretest.Socket(t)
	server := exec.Command(binary, "--port", "0", "--unixsocket", socket, "--dir", dir)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	coretest.Eventually(t, "the server listens", func() bool { _, err := os.Stat(socket); return err == nil })
	c := coretest.Dial(t, socket)
	c.Want("FENCE.HELLO", "hello")
	c.Want("SET k v", "OK")
	c.Want("ZADD z 1 a", "-ERR unknown command 'ZADD', with args beginning with: 'z' '1' 'a' (it is in the module zsets, which is not linked in)")
	if list := c.Do("MODULE LIST"); !strings.Contains(list, "fence") || strings.Contains(list, "zsets") {
		t.Errorf("MODULE LIST: %s", list)
	}
}

// TestRun: in a module's own folder a server with it is started.
func TestRun(t *testing.T) {
	top, repo := tree(t), t.TempDir()
	write(t, repo, fences)
	t.Chdir(filepath.Join(repo, "ferrous", "fence"))
	status, out, errs := builder("run", "--preset", "bare", "--ferrous", top, "--", "--modules")
	if status != 0 || !strings.Contains(out, "fence          example.com/fences/ferrous/fence") {
		t.Errorf("%d\n%s%s", status, out, errs)
	}
	if status, _, errs := builder("run", "--preset", "bare", "--ferrous", top, "--", "--no-such-parameter", "1"); status != 1 || !strings.Contains(errs, "FATAL CONFIG FILE ERROR") {
		t.Errorf("a server that does not start: %d, %s", status, errs)
	}
	t.Chdir(t.TempDir())
	if status, _, errs := builder("run", "--ferrous", top); status != 1 || !strings.Contains(errs, "run builds the Go package in this folder, and there is none") {
		t.Errorf("in an empty folder: %d, %s", status, errs)
	}
}

// TestVersion: what has a version comes from the module proxy, here one made of files.
func TestVersion(t *testing.T) {
	top, proxy := tree(t), t.TempDir()
	out, err := goTool(top, "env", "GOMODCACHE")
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	for name, text := range fences {
		w, err := z.Create("example.com/fences@v1.2.0/" + name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write([]byte(text))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	at := "example.com/fences/@v/"
	write(t, proxy, map[string]string{
		at + "list": "v1.2.0\n", at + "v1.2.0.info": `{"Version":"v1.2.0","Time":"2026-01-01T00:00:00Z"}`,
		at + "v1.2.0.mod": fences["go.mod"], at + "v1.2.0.zip": packed.String(),
	})
	downloaded := "file://" + filepath.ToSlash(filepath.Join(strings.TrimSpace(string(out)), "cache", "download"))
	t.Setenv("GOMODCACHE", t.TempDir())
	t.Setenv("GOFLAGS", os.Getenv("GOFLAGS")+" -modcacherw")
	t.Setenv("GOPROXY", downloaded+",file://"+filepath.ToSlash(proxy))
	binary := filepath.Join(t.TempDir(), "f")
	for _, with := range []string{"example.com/fences/ferrous/fence@v1.2.0", "example.com/fences/ferrous/fence"} {
		status, out, errs := builder("--preset", "bare", "--ferrous", top, "--with", with, "-o", binary)
		if status != 0 || !strings.Contains(out, "fence          example.com/fences/ferrous/fence v1.2.0\n") {
			t.Errorf("%s: %d\n%s%s", with, status, out, errs)
		}
	}
	if status, _, errs := builder("--preset", "bare", "--ferrous", top, "--with", "example.com/fences/ferrous/fence@v1.3.0", "-o", binary); status != 1 ||
		!strings.Contains(errs, "--with example.com/fences/ferrous/fence@v1.3.0: the module cannot be had: ") {
		t.Errorf("a version that there is not: %d, %s", status, errs)
	}
}

// TestMistakes: what cannot be built is said in words about what was asked for.
func TestMistakes(t *testing.T) {
	top, repo := tree(t), t.TempDir()
	write(t, repo, fences)
	binary := filepath.Join(t.TempDir(), "f")
	for args, want := range map[string]string{
		"--preset fat":                                `there is no preset "fat"; there are full, cache, bare`,
		"--without stream":                            "--without stream: the preset full has no such module; it has connection keys",
		"--with geofence":                             `"geofence" is no path of a Go package`,
		"--with example.com/a=/no/such/folder":        "there is no folder /no/such/folder",
		"--with example.com/a/b=" + repo:              "the folder is of the Go module example.com/fences, in which there is no package example.com/a/b",
		"--with example.com/fences/bad/no=" + repo:    "example.com/fences/bad/no",
		"--with example.com/fences/bad/none=" + repo:  "the package has no function New, which makes the module: func New() core.Module",
		"--with example.com/fences/bad/other=" + repo: "its New makes a int, which is no core.Module",
		"--with example.com/fences/bad/args=" + repo:  "its New wants arguments",
		"--with example.com/fences/bad/none":          "the module cannot be had",
		"--with " + root + "/modules/lists=" + top:    "these modules do not fit together: module lists: it is linked in twice",
		"what": `what is "what"?`,
		"--with example.com/fences/ferrous/fence=" + repo + " --ferrous " + repo: "that is no folder of ferrous",
	} {
		list := append([]string{"--preset", "bare", "--ferrous", top, "-o", binary}, strings.Fields(args)...)
		if strings.Contains(args, "--without stream") || strings.Contains(args, "/lists=") {
			list = append(list[2:], "--preset", map[bool]string{true: "full", false: "cache"}[strings.Contains(args, "--without")])
		}
		status, _, errs := builder(list...)
		if status == 0 || !strings.Contains(errs, want) {
			t.Errorf("%s: %d, want %q:\n%s", args, status, want, errs)
		}
	}
	if _, err := os.Stat(binary); err == nil {
		t.Error("a server was left behind that does not work")
	}
}

// TestPresets: the sets are listed with every module that ferrous has, and --main prints what
// would be built.
func TestPresets(t *testing.T) {
	if status, out, _ := builder("--list"); status != 0 || !strings.Contains(out, "full: what cmd/ferrous is made of\n  connection keys server") {
		t.Error(out)
	}
	status, out, errs := builder("--main", "--ferrous", tree(t), "--without", "acl", "--with", "example.com/a/b-c", "-o", "bin/x")
	for _, want := range []string{"\tstringsModule.New(),\n", "\twith0 \"example.com/a/b-c\"\n", `absent.New("x", linked)`} {
		if status != 0 || !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s%s", want, out, errs)
		}
	}
	if strings.Contains(out, "acl") {
		t.Errorf("acl is in\n%s", out)
	}
}
