package scripting

import (
	"fmt"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/modules/scripting/lua"
)

func named(name string) *lua.Function { return &lua.Function{Name: name} }

func TestLibraryName(t *testing.T) {
	for line, want := range map[string]string{
		"#!lua name=a\n":        "a",
		"#!LUA NAME=a_1\nx":     "a_1",
		"#!lua name=\"a\"\n":    "a",
		"#!lua name='a\n":       "ERR Invalid library metadata",
		"return 1":              "ERR Missing library metadata",
		"#!lua name=a":          "ERR Invalid library metadata",
		"#!lua\n":               "ERR Library name was not given",
		"#!lua name=\n":         "ERR Library names can only contain letters, numbers, or underscores(_) and must be at least one character long",
		"#!js name=a\n":         "ERR Engine 'js' not found",
		"#!lua name=a name=b\n": "ERR Invalid metadata value, name argument was given multiple times",
	} {
		got, err := libraryName(line)
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

func TestAddIsAllOrNothing(t *testing.T) {
	lib := func(name string, functions ...string) *library {
		l := &library{name: name, byName: map[string]*function{}}
		for _, f := range functions {
			if err := l.Register(named(f)); err != nil {
				t.Fatal(err)
			}
		}
		return l
	}
	s := newLibraries()
	if err := s.add([]*library{lib("a", "f")}, false); err != nil {
		t.Fatal(err)
	}
	if err := s.add([]*library{lib("b", "g"), lib("c", "f")}, true); err == nil {
		t.Error("a function of another library's name was taken in")
	}
	if libs, functions, _ := s.counts(); libs != 1 || functions != 1 {
		t.Errorf("%d libraries, %d functions after a refusal, want 1 and 1", libs, functions)
	}
	if err := s.add([]*library{lib("a", "h")}, true); err != nil || s.function([]byte("f")) != nil {
		t.Errorf("replaced: %v, the old function is still there: %v", err, s.function([]byte("f")) != nil)
	}
}

func TestFunctionsInAnyCase(t *testing.T) {
	l := &library{name: "l", byName: map[string]*function{}}
	for _, name := range []string{"One", "oNE", "two"} {
		if err := l.Register(named(name)); err != nil {
			t.Fatal(err)
		}
	}
	s := newLibraries()
	if err := s.add([]*library{l}, false); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"ONE": "One", "one": "One", "oNE": "One", "TWO": "two", "three": ""} {
		got := ""
		if f := s.function([]byte(name)); f != nil {
			got = f.Name
		}
		if got != want {
			t.Errorf("function %s is %q, want %q", name, got, want)
		}
	}
	if _, functions, _ := s.counts(); functions != 3 {
		t.Errorf("%d functions, want 3", functions)
	}
	if s.remove("l"); s.function([]byte("one")) != nil || s.has("l") {
		t.Error("a library that was removed is still there")
	}
}

func TestFlagsOfCommands(t *testing.T) {
	const own = core.Stale | core.MayReplicate | core.Long
	for line, want := range map[string]core.Flags{
		"#!lua\n":                                 core.Long | core.Write | core.DenyOOM,
		"#!lua flags=\n":                          core.Long | core.Write | core.DenyOOM,
		"#!lua flags=no-writes\n":                 core.Long,
		"#!lua flags=allow-oom\n":                 core.Long | core.Write,
		"#!lua \"flags=no-writes,allow-stale\"\n": core.Long | core.Stale,
	} {
		f, err := parseShebang(line)
		if got := f.of(own); err != nil || got != want {
			t.Errorf("%q: %x, %v, want %x", line, got, err, want)
		}
	}
	if got := compat.of(own); got != own {
		t.Errorf("a script that says nothing has %x, want the command's %x", got, own)
	}
}

// TestEvalsDoNotPileUp: those of EVAL that were not run for long go, those of SCRIPT LOAD stay.
func TestEvalsDoNotPileUp(t *testing.T) {
	c := newCache()
	kept, err := c.load([]byte("return 'kept'"), true)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10000 {
		flags := ""
		if i%2 == 0 {
			flags = "#!lua flags=no-writes\n"
		}
		if _, err := c.load(fmt.Appendf(nil, "%sreturn %d", flags, i), false); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.bySHA) != mostEvals+1 || c.count.Load() != mostEvals+1 || len(c.byBody) != mostEvals+1 || c.evals.Len() != mostEvals || len(c.known) != mostEvals/2 {
		t.Errorf("%d scripts, %d texts, %d of EVAL, %d with flags", len(c.bySHA), len(c.byBody), c.evals.Len(), len(c.known))
	}
	if c.find([]byte(kept.sha)) != kept {
		t.Error("one of SCRIPT LOAD is gone")
	}
	if most := int64(mostEvals+1) * kept.memory() * 2; c.memory.Load() > most {
		t.Errorf("%d bytes, want at most %d", c.memory.Load(), most)
	}
	if c.flush(); len(c.bySHA)+len(c.byBody)+len(c.known)+c.evals.Len() != 0 || c.memory.Load() != 0 || c.count.Load() != 0 {
		t.Error("something is left after a flush")
	}
}

// versioned is as much of a server as an engine asks for.
type versioned struct{ core.Server }

func (versioned) Version() core.Versions { return core.Versions{Redis: "7.2.4"} }

// A library that does not end is given up, wherever it comes from, and leaves the engine
// to the next one.
func TestLibraryThatLoops(t *testing.T) {
	m := &module{server: versioned{}}
	for _, loop := range []string{
		"while true do end", "repeat local t = {{}} until false", "for i = 1, 1e15 do end", "local function f() return f() end f()",
	} {
		_, err := m.build([]byte("#!lua name=l\n"+loop), 20*time.Millisecond, nil)
		if want := "ERR Error registering functions: ERR FUNCTION LOAD timeout"; err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", loop, err, want)
		}
	}
	if _, err := m.build([]byte("#!lua name=l\nredis.register_function('f', function() return 1 end)"), time.Minute, nil); err != nil {
		t.Error("the next library:", err)
	}
}

// What a log or a master sends has been loaded once, if slowly.
func TestTimeoutOfLibraries(t *testing.T) {
	for _, x := range []struct {
		what string
		c    core.Ctx
		want time.Duration
	}{
		{"a client's", core.Ctx{Session: &core.Session{}}, loadTimeout},
		{"one in a transaction", core.Ctx{Session: &core.Session{InMulti: true}, NoBlock: true}, loadTimeout},
		{"one of a log or a master", core.Ctx{Session: &core.Session{}, NoBlock: true, Obeyed: true}, fileTimeout},
	} {
		if got := timeoutFor(&x.c); got != x.want {
			t.Errorf("%s may take %v, want %v", x.what, got, x.want)
		}
	}
}
