package acl

import (
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
)

func args(command string) (all [][]byte) {
	for _, w := range strings.Fields(command) {
		all = append(all, []byte(w))
	}
	return all
}

// allowed makes a user by rules, and a call.
func allowed(t testing.TB, rules, command string) (*user, *core.Command, [][]byte) {
	m := newModule(t)
	u := m.newUser("u")
	if err := u.applyAll(strings.Fields(rules)); err != nil {
		t.Fatal(err)
	}
	a := args(command)
	return u, m.registry.Find(string(a[0])), a
}

// TestNoAllocation: to find that a call is allowed takes no memory, whether by the
// first selector or by a later one.
func TestNoAllocation(t *testing.T) {
	for _, x := range [][2]string{
		{"~a* +@all", "get abc"},
		{"%R~a* %W~b* +@write", "del b1 b2 b3 b4"},
		{"+get ~x (+set ~y) (+@all ~abc*)", "set abc 1"},
		{"+select|0 +select|1 ~*", "select 1"},
		{"+@all &a &b*", "publish bcd x"},
		{"+@all &a &b*", "subscribe bcd b1 a"},
	} {
		u, cmd, a := allowed(t, x[0], x[1])
		c := &core.Ctx{}
		if n := testing.AllocsPerRun(100, func() {
			if err := u.Allow(c, cmd, a, core.TopLevel); err != nil {
				t.Fatal(x, err)
			}
		}); n > 0 {
			t.Errorf("%s, %s: %v allocations", x[0], x[1], n)
		}
	}
}

// BenchmarkAllow is what a command of a user costs who may not do everything.
func BenchmarkAllow(b *testing.B) {
	for _, x := range []struct{ name, rules, command string }{
		{"all_keys", "+@all -config ~*", "get key:12345"},
		{"one_pattern", "+@all ~key:*", "get key:12345"},
		{"ten_patterns", "+@all ~a:* ~b:* ~c:* ~d:* ~e:* ~f:* ~g:* ~h:* ~i:* ~key:*", "get key:12345"},
		{"third_selector", "+set ~x (+del ~y) (+get ~key:*)", "get key:12345"},
	} {
		b.Run(x.name, func(b *testing.B) {
			u, cmd, a := allowed(b, x.rules, x.command)
			c := &core.Ctx{}
			b.ReportAllocs()
			for b.Loop() {
				if u.Allow(c, cmd, a, core.TopLevel) != nil {
					b.Fatal("refused")
				}
			}
		})
	}
}
