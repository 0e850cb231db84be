package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// root is the path of this Go module.
const root = "github.com/ferrousdb/ferrous"

// pkg is a package as go list tells it.
type pkg struct {
	ImportPath     string
	Dir            string
	Standard       bool
	GoFiles        []string
	IgnoredGoFiles []string // for other systems
	TestImports    []string // of its tests, in the package and beside it
	XTestImports   []string
	Deps           []string // all that it is linked with

	imports []string // of all its files, tests excepted, whatever the system
	inits   []string // files with an init function
}

// ours reports whether the package is of this tree.
func (p *pkg) ours() bool { return within(p.ImportPath, root) }

// name is the path in the tree: "core/dict".
func (p *pkg) name() string { return strings.TrimPrefix(p.ImportPath, root+"/") }

// within reports whether path is dir or below it.
func within(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, dir+"/")
}

// tree is every package of this Go module and all that they are linked with.
// go list does not compile, and is asked once.
var tree = sync.OnceValues(func() (map[string]*pkg, error) {
	if err := lookAround(); err != nil {
		return nil, err
	}
	cmd := exec.Command("go", "list", "-deps", "-e",
		"-json=ImportPath,Dir,Standard,GoFiles,IgnoredGoFiles,TestImports,XTestImports,Deps", "./...")
	cmd.Dir = filepath.Join("..", "..")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, errors.New(err.Error() + "\n" + stderr.String())
	}
	all := map[string]*pkg{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		p := new(pkg)
		if err := dec.Decode(p); err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		if err := p.parse(); err != nil {
			return nil, err
		}
		all[p.ImportPath] = p
	}
})

// lookAround reads every directory of the tree. go test caches a result until
// something that the test itself has read changes; files are read by parse, but
// new ones show only here.
func lookAround() error {
	return filepath.WalkDir(filepath.Join("..", ".."), func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == ".git" {
			return fs.SkipDir
		}
		return err
	})
}

// parse looks into the files of a package of ours.
func (p *pkg) parse() error {
	if !p.ours() {
		return nil
	}
	for _, name := range slices.Concat(p.GoFiles, p.IgnoredGoFiles) {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		p.note(name, file)
	}
	return nil
}

func (p *pkg) note(name string, file *ast.File) {
	for _, spec := range file.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		if !slices.Contains(p.imports, path) {
			p.imports = append(p.imports, path)
		}
	}
	for _, decl := range file.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			p.inits = append(p.inits, name)
		}
	}
}

// packages returns those of this Go module, by path.
func packages(t *testing.T) []*pkg {
	t.Helper()
	all, err := tree()
	if err != nil {
		t.Fatal(err)
	}
	var own []*pkg
	for _, p := range all {
		if p.ours() {
			own = append(own, p)
		}
	}
	slices.SortFunc(own, func(a, b *pkg) int { return strings.Compare(a.ImportPath, b.ImportPath) })
	return own
}
