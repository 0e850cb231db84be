package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/modules"
	"github.com/ferrousdb/ferrous/modules/cache"
	"github.com/ferrousdb/ferrous/modules/connection"
	"github.com/ferrousdb/ferrous/modules/keys"
	"github.com/ferrousdb/ferrous/modules/server"
)

// preset is a set of modules to begin with. The sets themselves are those that ferrous's own
// servers are made of, and what package a module is its value tells: nothing is listed here
// twice.
type preset struct {
	name, doc string
	modules   func() []core.Module
}

var presets = []preset{
	{"full", "what cmd/ferrous is made of", modules.Full},
	{"cache", "what cmd/ferrous-cache is made of", cache.Modules},
	{"bare", "connections, keys and the server's own commands: no type of value", bare},
}

func bare() []core.Module { return []core.Module{connection.New(), keys.New(), server.New()} }

func presetNames() (names []string) {
	for _, p := range presets {
		names = append(names, p.name)
	}
	return names
}

// part is a module of ferrous's own: its name and its package.
type part struct{ name, pkg string }

// parts returns the modules of a preset.
func (p preset) parts() (all []part) {
	for _, m := range p.modules() {
		if m.Name() != "" { // what stands in for the others is added by the plan
			all = append(all, part{m.Name(), core.PackageOf(m)})
		}
	}
	return all
}

func listPresets(w io.Writer) {
	for _, p := range presets {
		var names []string
		for _, m := range p.parts() {
			names = append(names, m.name)
		}
		fmt.Fprintf(w, "%s: %s\n  %s\n", p.name, p.doc, strings.Join(names, " "))
	}
}
