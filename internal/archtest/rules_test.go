package archtest

import (
	"slices"
	"strings"
	"testing"
)

// area is a part of the tree and what of the tree it may import.
type area struct {
	name string
	may  []string // areas; every area may import itself, but see modules/
}

// areas are all there are. Since each package's own imports are checked, what
// comes through others is checked with them.
var areas = []area{
	{"core", nil},
	{"core/coretest", []string{"core", "host", "internal"}}, // for tests, which are not looked at here: nobody may import it
	{"host", []string{"core", "host/engine", "host/network"}},
	{"host/engine", []string{"core", "host/network"}}, // core but for what engineMisses says
	{"host/network", []string{"core"}},                // of which only what networkSees says
	{"modules/*", []string{"core"}},                   // each module is an area of its own
	{"modules/cache", []string{"core", "modules/*"}},  // the set of ferrous-cache
	{"modules", []string{"core", "modules/*", "modules/cache"}},
	{"cmd", []string{"core", "host", "modules", "modules/*", "modules/cache"}},
	{"bench", []string{"core", "host", "modules", "modules/*", "internal"}},
	{"conformance", []string{"core", "host", "modules", "modules/*", "internal"}},
	{"ferrous", []string{"core", "host", "modules"}},     // the root: a server in a program
	{"ferroustest", []string{"core", "host", "modules"}}, // and in a test
	{"internal", nil},
}

// networkSees is what the network knows of core: parameters, memory for bytes, and the log.
var networkSees = []string{"core/config", "core/arena", "core/logging"}

// engineMisses is what execution knows nothing of: files and what is in them, and the
// types of values.
var engineMisses = []string{"core/files", "core/dump", "core/rdb", "core/list", "core/hash", "core/set", "core/zset", "core/stream"}

// areaOf returns the area of a package of ours, by its path in the tree, and
// what tells apart areas of the same kind: the name of a module.
func areaOf(name string) (kind, which string) {
	first, rest, _ := strings.Cut(name, "/")
	if name == root {
		return "ferrous", ""
	}
	if name == "core/coretest" || name == "modules/cache" {
		return name, ""
	}
	if first == "modules" && rest != "" {
		module, _, _ := strings.Cut(rest, "/")
		return "modules/*", module
	}
	if name == "host/network" || name == "host/engine" {
		return name, ""
	}
	return first, ""
}

// objection says what is wrong with package from importing package to, both
// ours; nothing if it may.
func objection(from, to string) string {
	kind, which := areaOf(from)
	toKind, toWhich := areaOf(to)
	i := slices.IndexFunc(areas, func(a area) bool { return a.name == kind })
	switch {
	case i < 0:
		return "no rule of rules_test.go knows this part of the tree"
	case kind == toKind && which == toWhich:
		return ""
	case kind == toKind:
		return "no module imports another"
	case kind == "host/network" && !slices.Contains(networkSees, to):
		return "host/network carries bytes and knows no " + to
	case kind == "host/engine" && slices.Contains(engineMisses, to):
		return "host/engine executes commands and knows no " + to
	case !slices.Contains(areas[i].may, toKind):
		return kind + " may not import " + toKind
	}
	return ""
}

// TestDirection: dependencies point from modules and host to core, and only
// where servers are composed are both seen.
func TestDirection(t *testing.T) {
	for _, p := range packages(t) {
		if kind, _ := areaOf(p.name()); !slices.ContainsFunc(areas, func(a area) bool { return a.name == kind }) {
			t.Errorf("%s: no rule of rules_test.go knows this part of the tree", p.name())
		}
		for _, path := range p.imports {
			if to, ours := strings.CutPrefix(path, root+"/"); ours {
				if why := objection(p.name(), to); why != "" {
					t.Errorf("%s imports %s: %s", p.name(), to, why)
				}
			}
		}
	}
}

// confined are foreign modules that one place alone may import.
var confined = map[string]string{
	"github.com/yuin/gopher-lua":    "modules/scripting",
	"github.com/hashicorp/go-hclog": "modules/hclog",
	"github.com/knadh/koanf":        "modules/koanf",
	"github.com/prometheus":         "modules/http",
}

// TestConfined keeps foreign modules to where they belong, in tests too.
func TestConfined(t *testing.T) {
	for _, p := range packages(t) {
		for _, path := range slices.Concat(p.imports, p.TestImports, p.XTestImports) {
			for foreign, home := range confined {
				if within(path, foreign) && !within(p.name(), home) {
					t.Errorf("%s imports %s: only %s may", p.name(), path, home)
				}
			}
		}
	}
}

// TestSecureIsAModule: who leaves the module of TLS out has none of it.
func TestSecureIsAModule(t *testing.T) {
	for _, p := range packages(t) {
		serves := within(p.name(), "core") || within(p.name(), "host") || within(p.name(), "modules")
		for _, path := range p.imports {
			if serves && (within(path, "crypto/tls") || within(path, "crypto/x509")) && !within(p.name(), "modules/tls") && p.name() != "modules/http" {
				t.Errorf("%s imports %s: only modules/tls may, and what speaks HTTP", p.name(), path)
			}
		}
	}
}

// TestCoreIsLight: who links core alone, as a third party's module does, gets
// little of other people's code with it.
func TestCoreIsLight(t *testing.T) {
	allowed := []string{root + "/core", "golang.org/x/sys"}
	all, err := tree()
	if err != nil {
		t.Fatal(err)
	}
	if all[root+"/core"] == nil {
		t.Fatal("go list tells of no package core")
	}
	for _, path := range all[root+"/core"].Deps {
		known := slices.ContainsFunc(allowed, func(dir string) bool { return within(path, dir) })
		if dep := all[path]; dep != nil && !dep.Standard && !known {
			t.Errorf("core is linked with %s", path)
		}
	}
}

// TestCacheIsLight: what only the full server needs is not linked with ferrous-cache.
func TestCacheIsLight(t *testing.T) {
	all, err := tree()
	if err != nil {
		t.Fatal(err)
	}
	cache := all[root+"/cmd/ferrous-cache"]
	if cache == nil {
		t.Fatal("go list tells of no ferrous-cache")
	}
	for _, path := range cache.Deps {
		for _, heavy := range []string{"net/http", "github.com/prometheus", "github.com/yuin/gopher-lua", "google.golang.org/protobuf"} {
			if within(path, heavy) {
				t.Errorf("ferrous-cache is linked with %s", path)
			}
		}
	}
}

// TestNoInit: a server is composed by value, so that two may live in one
// process; whatever runs by itself at start-up stands in the way of that.
func TestNoInit(t *testing.T) {
	for _, p := range packages(t) {
		for _, file := range p.inits {
			t.Errorf("%s/%s has an init function", p.name(), file)
		}
	}
}

// TestRules tests the rules themselves.
func TestRules(t *testing.T) {
	for _, x := range []struct {
		from, to string
		ok       bool
	}{
		{"core/dict", "core/arena", true},
		{"core", "host", false},
		{"core/keyspace", "modules/strings", false},
		{"host", "core/config", true},
		{"host/config", "host/config/hcl", true},
		{"host", "host/network", true},
		{"host/network", "host", false},
		{"host/network", "core/config", true},
		{"host/network", "core", false},
		{"host/network", "core/resp", false},
		{"host/network", "host/engine", false},
		{"host", "host/engine", true},
		{"host/engine", "host", false},
		{"host/engine", "host/config", false},
		{"host/engine", "host/network", true},
		{"host/engine", "core", true},
		{"host/engine", "core/keyspace", true},
		{"host/engine", "core/files", false},
		{"host/engine", "core/zset", false},
		{"host", "modules", false},
		{"host", "modules/strings", false},
		{"modules/strings", "core", true},
		{"modules/lists", "modules/lists/quicklist", true},
		{"modules/lists", "modules/sets", false},
		{"modules/lists", "modules", false},
		{"modules/lists", "host", false},
		{"modules", "modules/lists", true},
		{"modules", "host", false},
		{"cmd/ferrous", "host", true},
		{"cmd/ferrous", "bench", false},
		{"bench/scaling", "host", true},
		{"corelike", "core", false},
		{"internal/archtest", "core", false},
	} {
		if why := objection(x.from, x.to); (why == "") != x.ok {
			t.Errorf("%s imports %s: objection %q", x.from, x.to, why)
		}
	}
}
