package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
)

// source is where a Go module comes from: a folder, or a version of the proxy's.
type source struct{ path, version string }

// local is a Go module in a folder of this machine.
type local struct{ module, dir string }

// goModule is what go list -m tells of one.
type goModule struct {
	Path    string
	Version string
	Main    bool
	Dir     string
	GoMod   string
	Replace *goModule
}

// listModule asks the Go tool for a module, as a folder sees it.
func listModule(dir string, args ...string) (m goModule, err error) {
	out, err := goTool(dir, append([]string{"list", "-m", "-mod=readonly", "-json"}, args...)...)
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(out, &m)
}

// here is the package in the current folder, as what --with would name.
func here() (a addition, err error) {
	dir, err := os.Getwd()
	if err != nil {
		return a, err
	}
	out, err := goTool(dir, "list", "-find", "-f", "{{.ImportPath}} {{.Name}}", ".")
	if err != nil {
		return a, fmt.Errorf("run builds the Go package in this folder, and there is none: %w", err)
	}
	pkg, name, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	if name == "main" {
		return a, fmt.Errorf("the package in this folder, %s, is a program and no module", pkg)
	}
	return addition{pkg: pkg, path: dir}, nil
}

// locate finds out where everything comes from.
func (p *plan) locate() error {
	for _, a := range p.with {
		if a.path == "" {
			continue
		}
		l, err := a.local()
		if err != nil {
			return err
		}
		if l.module != root && !slices.Contains(p.locals, l) {
			p.locals = append(p.locals, l)
		}
	}
	var err error
	p.ferrous, err = p.ferrousSource()
	return err
}

// local is the Go module that an addition's folder is of.
func (a addition) local() (l local, err error) {
	dir, err := filepath.Abs(a.path)
	if err != nil {
		return l, err
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return l, fmt.Errorf("--with %s: there is no folder %s", a, dir)
	}
	m, err := listModule(dir)
	switch {
	case err != nil || m.Dir == "":
		return l, fmt.Errorf("--with %s: %s is in no Go module (a go.mod is missing)", a, dir)
	case a.pkg != m.Path && !strings.HasPrefix(a.pkg, m.Path+"/"):
		return l, fmt.Errorf("--with %s: the folder is of the Go module %s, in which there is no package %s", a, m.Path, a.pkg)
	}
	return local{m.Path, m.Dir}, nil
}

// ferrousSource chooses the ferrous to build with: what is asked for, what the module here or
// one of the additions uses, or this program's own version.
func (p *plan) ferrousSource() (source, error) {
	if f := p.options.ferrous; f != "" {
		if info, err := os.Stat(f); err != nil || !info.IsDir() {
			return source{version: f}, nil
		}
		m, err := listModule(f)
		if err != nil || m.Path != root {
			return source{}, fmt.Errorf("--ferrous %s: that is no folder of ferrous", f)
		}
		return source{path: m.Dir}, nil
	}
	dirs := []string{"."}
	for _, l := range p.locals {
		dirs = append(dirs, l.dir)
	}
	for _, dir := range dirs {
		m, err := listModule(dir, root)
		switch {
		case err != nil:
		case m.Main:
			return source{path: m.Dir}, nil
		case m.Replace != nil && m.Replace.Version == "":
			return source{path: m.Replace.Dir}, nil
		case m.Replace == nil && m.Version != "":
			return source{version: m.Version}, nil
		}
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Path == root && info.Main.Version != "" && info.Main.Version != "(devel)" &&
		!strings.Contains(info.Main.Version, "+dirty") {
		return source{version: info.Main.Version}, nil
	}
	return source{}, fmt.Errorf("which ferrous? say so with --ferrous VERSION or --ferrous FOLDER")
}
