package main

import (
	"fmt"
	"go/ast"
	"go/doc"
	"go/doc/comment"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules"
)

// Pages that are made of the source: what package core offers, and what each module brings.

const generated = "<!-- Generated: go test ./cmd/ferrous -update -->\n"

// source is a package as its comments tell it.
type source struct {
	*doc.Package
	fset  *token.FileSet
	files map[string]*ast.File
}

// read parses a package's files without its tests.
func read(t *testing.T, dir string) source {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: no files, %v", dir, err)
	}
	s := source{fset: token.NewFileSet(), files: map[string]*ast.File{}}
	var all []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(s.fset, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		s.files[filepath.Base(name)] = f
		all = append(all, f)
	}
	if s.Package, err = doc.NewFromFiles(s.fset, all, "github.com/ferrousdb/ferrous/"+strings.TrimPrefix(filepath.ToSlash(dir), "../../"), doc.PreserveAST); err != nil {
		t.Fatal(err)
	}
	return s
}

// markdown is a comment as Markdown.
func (s source) markdown(text string) string {
	p := s.Printer()
	p.HeadingLevel = 4
	p.DocLinkURL = func(*comment.DocLink) string { return "" }
	return strings.TrimSpace(string(p.Markdown(s.Parser().Parse(text))))
}

// code is a declaration without its comments and its body, in one line.
func (s source) code(n ast.Node) string {
	var b strings.Builder
	if err := format.Node(&b, s.fset, n); err != nil {
		panic(err)
	}
	return regexp.MustCompile(`\s+`).ReplaceAllString(b.String(), " ")
}

// function adds a function or a method.
func (s source) function(b *strings.Builder, f *doc.Func) {
	decl := *f.Decl
	decl.Doc, decl.Body = nil, nil
	fmt.Fprintf(b, "- `%s`", s.code(&decl))
	s.text(b, f.Doc)
}

// text adds a comment below an item of a list.
func (s source) text(b *strings.Builder, text string) {
	b.WriteString("  \n")
	for line := range strings.Lines(s.markdown(text)) {
		if line != "\n" {
			b.WriteString("  ")
		}
		b.WriteString(line)
	}
	b.WriteString("\n")
}

// TestCoreReference: docs/reference.md is what the comments of package core say.
func TestCoreReference(t *testing.T) {
	s := read(t, filepath.Join("..", "..", "core"))
	var b strings.Builder
	b.WriteString(generated + "# Reference: package core\n\nAll that a module sees of the server, from the comments of [core](../core). How to begin: " +
		"[writing a module](writing-a-module.md); the words: [glossary](glossary.md).\n\n")
	types := map[string]*doc.Type{}
	for _, x := range s.Types {
		types[x.Name] = x
	}
	part := func(heading string, from string, which func(name string) bool) {
		fmt.Fprintf(&b, "## %s\n\n", heading)
		for _, f := range types[from].Methods {
			if which(f.Name) {
				s.function(&b, f)
			}
		}
		b.WriteString("\n")
	}
	hook := func(name string) bool { return strings.HasPrefix(name, "On") }
	part("Hooks", "Registry", hook)
	part("What else a module registers", "Registry", func(name string) bool { return !hook(name) })
	part("What a handler has", "Ctx", func(string) bool { return true })
	b.WriteString("## Functions\n\n")
	for _, f := range s.Funcs {
		s.function(&b, f)
	}
	b.WriteString("\n## Types\n\n")
	for _, x := range s.Types {
		fmt.Fprintf(&b, "### %s\n\n%s\n\n", x.Name, s.markdown(x.Doc))
		s.members(&b, x)
		for _, c := range x.Consts {
			s.constants(&b, c)
		}
		for _, f := range x.Funcs {
			s.function(&b, f)
		}
		if x.Name != "Registry" && x.Name != "Ctx" {
			for _, f := range x.Methods {
				s.function(&b, f)
			}
		}
		b.WriteString("\n")
	}
	same(t, filepath.Join("..", "..", "docs", "reference.md"), []byte(strings.TrimSpace(b.String())+"\n"))
}

// members adds the fields of a struct, or the methods of an interface.
func (s source) members(b *strings.Builder, x *doc.Type) {
	var fields []*ast.Field
	switch y := x.Decl.Specs[0].(*ast.TypeSpec).Type.(type) {
	case *ast.StructType:
		fields = y.Fields.List
	case *ast.InterfaceType:
		fields = y.Methods.List
	default:
		fmt.Fprintf(b, "`type %s %s`\n\n", x.Name, s.code(y))
	}
	for _, f := range fields {
		var names []string
		for _, n := range f.Names {
			if n.IsExported() {
				names = append(names, n.Name)
			}
		}
		if len(names) == 0 && len(f.Names) > 0 {
			continue
		}
		if fn, ok := f.Type.(*ast.FuncType); ok && len(names) == 1 {
			names[0] += strings.TrimPrefix(s.code(fn), "func")
		} else {
			names = []string{strings.TrimSpace(strings.Join(names, ", ") + " " + s.code(f.Type))}
		}
		fmt.Fprintf(b, "- `%s`", names[0])
		s.text(b, f.Doc.Text()+f.Comment.Text())
	}
}

// constants adds those of a type.
func (s source) constants(b *strings.Builder, v *doc.Value) {
	for _, spec := range v.Decl.Specs {
		c := spec.(*ast.ValueSpec)
		for _, n := range c.Names {
			if n.IsExported() {
				fmt.Fprintf(b, "- `%s`", n.Name)
				s.text(b, c.Doc.Text()+c.Comment.Text())
			}
		}
	}
}

// TestModulePages: docs/modules has a page for each module, which says what it brings.
func TestModulePages(t *testing.T) {
	registrar := map[string]bool{}
	for _, x := range read(t, filepath.Join("..", "..", "core")).Types {
		for _, f := range x.Methods {
			if x.Name == "Registry" {
				registrar[f.Name] = true
			}
		}
	}
	srv, err := host.Start(host.Options{Modules: modules.Full(), Args: []string{"--port", "0"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	top := filepath.Join("..", "..", "docs", "modules")
	if *update {
		if err := os.MkdirAll(top, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	var index strings.Builder
	index.WriteString(generated + "# Modules\n\nWhat ferrous is composed of. Each page is made of the module's own declarations.\n\n| module | what it is for |\n|---|---|\n")
	pages := []string{"README.md"}
	for _, m := range modules.Full() {
		s := read(t, filepath.Join("..", "..", strings.TrimPrefix(core.PackageOf(m), "github.com/ferrousdb/ferrous/")))
		first := strings.TrimSuffix(strings.TrimPrefix(s.Synopsis(s.Doc), "Package "), ".")
		fmt.Fprintf(&index, "| [%s](%s.md) | %s |\n", m.Name(), m.Name(), strings.TrimPrefix(first, s.Name+" "))
		a := core.AbsenceOf(m, "", host.Declare)
		same(t, filepath.Join(top, m.Name()+".md"), []byte(s.page(m.Name(), a, srv.Registry(), registrar)))
		pages = append(pages, m.Name()+".md")
	}
	same(t, filepath.Join(top, "README.md"), []byte(index.String()))
	there, err := filepath.Glob(filepath.Join(top, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range there {
		if !slices.Contains(pages, filepath.Base(path)) {
			t.Errorf("%s is of no module", path)
		}
	}
}

// page is a module's page.
func (s source) page(name string, a core.Absence, table *core.Table, registrar map[string]bool) string {
	var b strings.Builder
	path := strings.TrimPrefix(s.ImportPath, "github.com/ferrousdb/ferrous/")
	fmt.Fprintf(&b, "%s# Module %s\n\n%s\n\n", generated, name, s.markdown(s.Doc))
	if len(a.Commands) > 0 {
		b.WriteString("## Commands\n\n| command | what it does | since |\n|---|---|---|\n")
		for _, full := range a.Commands {
			cmd := table.Find(full)
			if len(cmd.Sub) == 0 {
				row(&b, cmd)
			}
			for i := range cmd.Sub {
				// Those that another module has added are on its page.
				if sub := &cmd.Sub[i]; sub.Module() == name {
					row(&b, sub)
				}
			}
		}
		b.WriteString("\n")
	}
	if len(a.Params) > 0 {
		b.WriteString("## Parameters\n\n| parameter | default | what it is |\n|---|---|---|\n")
		for _, p := range a.Params {
			text := p.Doc
			if p.NoEffect != "" {
				text = "Without effect: " + p.NoEffect
			}
			fmt.Fprintf(&b, "| `%s` | `%s` | %s |\n", p.Name, p.Default, cell(text))
		}
		b.WriteString("\n")
	}
	if calls := s.calls(registrar); len(calls) > 0 {
		b.WriteString("## What it hooks into\n\nSee the [reference](../reference.md).\n\n")
		for _, c := range calls {
			fmt.Fprintf(&b, "- `%s`\n", c)
		}
		b.WriteString("\n")
	}
	b.WriteString("## Files\n\n")
	var names []string
	for file := range s.files {
		names = append(names, file)
	}
	slices.Sort(names)
	for _, file := range names {
		fmt.Fprintf(&b, "- [%s](../../%s/%s)\n", file, path, file)
	}
	return b.String()
}

func row(b *strings.Builder, cmd *core.Command) {
	name := strings.ToUpper(strings.ReplaceAll(cmd.FullName(), "|", " "))
	fmt.Fprintf(b, "| `%s` | %s | %s |\n", strings.TrimSpace(name+" "+cell(strings.Join(strings.Fields(cmd.Doc.Args), " "))), cell(cmd.Doc.Summary), cmd.Doc.Since)
}

// cell is a text in a table.
func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", "\\|")
}

// calls are the methods of the Registry that the module calls, but for those whose work is shown
// otherwise.
func (s source) calls(registrar map[string]bool) []string {
	found := map[string]bool{}
	for _, f := range s.files {
		for _, decl := range f.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			for _, p := range fn.Type.Params.List {
				if s.code(p.Type) != "*core.Registry" || len(p.Names) != 1 {
					continue
				}
				ast.Inspect(fn.Body, func(n ast.Node) bool {
					if sel, ok := n.(*ast.SelectorExpr); ok && registrar[sel.Sel.Name] && s.code(sel.X) == p.Names[0].Name {
						found[sel.Sel.Name] = true
					}
					return true
				})
			}
		}
	}
	delete(found, "Commands")
	delete(found, "Table")
	var names []string
	for name := range found {
		names = append(names, "Registry."+name)
	}
	slices.Sort(names)
	return names
}

// TestGlossary: every word is one that core has.
func TestGlossary(t *testing.T) {
	names := map[string]bool{}
	core := filepath.Join("..", "..", "core")
	for _, dir := range []string{core, filepath.Join(core, "arena"), filepath.Join(core, "keyspace"), filepath.Join(core, "coretest")} {
		s := read(t, dir)
		funcs := func(prefix string, all []*doc.Func) {
			for _, f := range all {
				names[prefix+"."+f.Name] = true
			}
		}
		funcs(s.Name, s.Funcs)
		for _, x := range s.Types {
			names[s.Name+"."+x.Name] = true
			funcs(s.Name, x.Funcs)
			funcs(s.Name+"."+x.Name, x.Methods)
			for _, c := range x.Consts {
				for _, n := range c.Names {
					names[s.Name+"."+n] = true
				}
			}
			var fields []*ast.Field
			switch y := x.Decl.Specs[0].(*ast.TypeSpec).Type.(type) {
			case *ast.StructType:
				fields = y.Fields.List
			case *ast.InterfaceType:
				fields = y.Methods.List
			}
			for _, f := range fields {
				for _, n := range f.Names {
					names[s.Name+"."+x.Name+"."+n.Name] = true
				}
			}
		}
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "glossary.md"))
	if err != nil {
		t.Fatal(err)
	}
	words := 0
	for line := range strings.Lines(string(page)) {
		if !strings.HasPrefix(line, "- ") {
			continue
		}
		words++
		m := regexp.MustCompile("^- \\*\\*.+?\\*\\* \\((`[^)]+)\\): [A-Z].*\\.\n$").FindStringSubmatch(line)
		if m == nil {
			t.Errorf("this is no word, its identifiers and a sentence: %s", line)
			continue
		}
		for _, name := range strings.Split(m[1], ", ") {
			if !names[strings.Trim(name, "`")] {
				t.Errorf("core has no %s", name)
			}
		}
	}
	if words < 30 {
		t.Errorf("%d words", words)
	}
}
