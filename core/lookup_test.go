package core

import (
	"testing"

	"github.com/ferrousdb/ferrous/core/config"
)

// Clients find commands by their new names only, what was fed by their own too, and
// permissions by their own.
func TestRename(t *testing.T) {
	nop := func(*Ctx) error { return nil }
	r := NewRegistry(config.NewSchema())
	r.Commands(
		Command{Name: "get", Run: nop, Arity: 2},
		Command{Name: "set", Run: nop, Arity: 3},
		Command{Name: "config", Arity: -2, Sub: []Command{{Name: "get", Run: nop, Arity: 3}}},
	)
	if _, err := r.Freeze(); err != nil {
		t.Fatal(err)
	}
	words := func(all ...string) (args [][]byte) {
		for _, w := range all {
			args = append(args, []byte(w))
		}
		return args
	}
	for _, bad := range []Renames{{{"nosuch", "x"}}, {{"get", "set"}}, {{"get", ""}, {"get", "x"}}} {
		if r.Table().CheckRenames(bad) == nil || r.Table().Rename(bad) == nil {
			t.Errorf("%v is accepted", bad)
		}
	}
	if err := r.Table().Rename(Renames{{"GET", "Fetch"}, {"set", "get"}, {"config", ""}}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args      [][]byte
		want, fed string
	}{
		{words("FETCH", "k"), "get", "get"},
		{words("get", "k", "v"), "set", ""},
		{words("get", "k"), "", "get"},
		{words("set", "k", "v"), "", "set"},
		{words("config", "get", "x"), "", "config|get"},
	} {
		name := func(cmd *Command, err error) string {
			if err != nil {
				return ""
			}
			return cmd.FullName()
		}
		if got := name(r.Table().Lookup(c.args)); got != c.want {
			t.Errorf("%q finds %q, want %q", c.args, got, c.want)
		}
		if got := name(r.Table().LookupFed(c.args)); got != c.fed {
			t.Errorf("%q in a log finds %q, want %q", c.args, got, c.fed)
		}
	}
	if r.Table().Find("get") == nil || r.Table().FindCallable("config") != nil || len(r.Table().Callable()) != 2 {
		t.Error("the lists of commands are wrong")
	}
	c := &Ctx{Cmd: r.Table().Find("set"), Args: words("get", "k", "v")}
	if got := c.fedArgs(); string(got[0]) != "SET" || len(got) != 3 {
		t.Errorf("fed as %q", got)
	}
}
