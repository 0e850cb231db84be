package scripting

import (
	"testing"

	"github.com/ferrousdb/ferrous/modules/scripting/lua"
)

func named(name string) *lua.Function { return &lua.Function{Name: name} }

func TestLibraryName(t *testing.T) {
	for line, want := range map[string]string{
		"#!lua name=a\n":        "a",
		"#!LUA NAME=a_1\nx":     "a_1",
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
