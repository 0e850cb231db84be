package bitmaps

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// TestPropagation: what is repeated, and which events there are. Replies are the
// business of the conformance scripts.
func TestPropagation(t *testing.T) {
	for _, c := range []struct {
		name, value, command string
		fed                  bool
		events               string
		dirty                int64
	}{
		{"new", "", "setbit k 1 0", true, "setbit k", 1},
		{"longer", "a", "setbit k 8 0", true, "setbit k", 1},
		{"changed", "a", "setbit k 0 1", true, "setbit k", 1},
		{"as it was", "a", "setbit k 0 0", false, "", 0},
		{"read", "a", "bitfield k GET u8 0", false, "", 0},
		{"missing", "", "bitfield k GET u8 0", false, "", 0},
		{"two of three", "a", "bitfield k SET u8 0 1 GET u8 0 SET u8 0 1 INCRBY u8 0 1", true, "setbit k", 2},
		{"longer", "a", "bitfield k SET u8 8 0 INCRBY u8 0 0", true, "setbit k", 2},
		{"failed", "a", "bitfield k OVERFLOW FAIL SET u8 0 256", false, "", 0},
		{"failed, but longer", "a", "bitfield k OVERFLOW FAIL SET u8 8 256", true, " k", 1},
		{"set", "a", "bitop not k k", true, "set k", 1},
		{"deleted", "a", "bitop or k missing", true, "del k", 1},
		{"nothing there", "", "bitop or k missing", false, "", 0},
	} {
		t.Run(c.command, func(t *testing.T) {
			r := newRig(t)
			defer r.Keyspace.Close()
			if c.value != "" {
				r.Set("k", c.value, 0)
			}
			r.Do("%s", c.command)
			var want []string
			if c.fed {
				want = []string{c.command}
			}
			if !reflect.DeepEqual(r.Fed, want) {
				t.Errorf("%s: propagated %q, want %q", c.name, r.Fed, want)
			}
			if got := strings.Join(r.Events, ","); got != c.events || r.Ctx.Dirty != c.dirty {
				t.Errorf("%s: events %q, want %q; %d changes, want %d", c.name, got, c.events, r.Ctx.Dirty, c.dirty)
			}
		})
	}
}

// TestTTL: what changes a value keeps its expiry, what replaces it does not.
func TestTTL(t *testing.T) {
	for command, want := range map[string]int64{
		"setbit k 100 1": rigNow + 1000, "bitfield k SET u8 200 1": rigNow + 1000, "bitop not k k": 0,
		"bitop or k other": 0, "bitop or k other k": 0,
	} {
		r := newRig(t)
		r.Set("k", "value", rigNow+1000)
		r.Set("other", strings.Repeat("x", 100), 0)
		r.Do("%s", command)
		if got := r.Ctx.DB.Find([]byte("k"), rigNow, 0).Expire(); got != want {
			t.Errorf("%s: expires at %d, want %d", command, got, want)
		}
		r.Keyspace.Close()
	}
}

// TestLimits: a client reaches no bit beyond the longest value; what a log
// holds was accepted once.
func TestLimits(t *testing.T) {
	r := newRig(t)
	defer r.Keyspace.Close()
	r.maxBulk.Store(2)
	refused := "-" + errOffset.Error()
	for _, command := range []string{"setbit k 16 1", "getbit k 16", "bitfield k GET u1 16", "bitfield k GET u8 #2"} {
		if got := r.Do("%s", command); got != refused {
			t.Errorf("%s: %s", command, got)
		}
	}
	if got := r.Do("bitfield k SET u8 15 1"); got != "*1 :0" {
		t.Error(got)
	}
	r.Ctx.Session = nil
	if got := r.Do("setbit k 99 1"); got != ":0" {
		t.Error(got)
	}
	for _, offset := range []string{"9223372036854775807", "#2305843009213693952", "#9223372036854775807"} {
		if got := r.Do("bitfield k GET u8 %s", offset); got != refused {
			t.Errorf("offset %s: %s", offset, got)
		}
	}
}

// TestFieldFlags: only what may write needs the right to.
func TestFieldFlags(t *testing.T) {
	const read, write = core.KeyRO | core.KeyAccess, core.KeyRW | core.KeyAccess | core.KeyUpdate
	for args, want := range map[string]core.KeyFlags{
		"": read, "get u8 0": read, "overflow sat get u8 0 GET u8 1": read, "get u8 0 set u8 0 1": write,
		"incrby u8 0 1": write, "get u8": write, "what": write,
	} {
		if got := fieldFlags(bytes.Fields([]byte("bitfield k " + args))); got != want {
			t.Errorf("%q: %v, want %v", args, got.Names(), want.Names())
		}
	}
}

func TestAllocations(t *testing.T) {
	r := newRig(t)
	defer r.Keyspace.Close()
	r.Set("a", strings.Repeat("x", 1000), 0)
	r.Set("b", strings.Repeat("y", 1000), 0)
	r.Ctx.Buf = make([]byte, 0, 1000)
	for _, command := range []string{
		"setbit a 3 1", "getbit a 3", "bitcount a 1 -1 BIT", "bitpos a 1", "bitop or c a b",
		"bitfield a GET u8 0 OVERFLOW SAT INCRBY i7 5 1 SET u3 #3 7", "bitfield_ro a GET u8 0",
	} {
		args := bytes.Fields([]byte(command))
		cmd := r.Registry.Find(string(args[0]))
		r.Ctx.Hooks = core.NewRegistry(nil).Hooks // nobody listens
		got := testing.AllocsPerRun(100, func() {
			r.Ctx.Reset(cmd, args)
			r.Ctx.Buf = r.Ctx.Buf[:0]
			if err := cmd.Run(&r.Ctx); err != nil {
				t.Fatal(err)
			}
		})
		if got > 0 {
			t.Errorf("%s allocates %v times", command, got)
		}
	}
}

// The figures of these are those of the whole command, on a value of a megabyte.
func BenchmarkMegabyte(b *testing.B) {
	for _, command := range []string{
		"bitcount ones", "bitcount ones 3 -3 BIT", "bitpos ones 0", "bitop and d ones b", "bitop or d ones b",
		"bitop xor d ones b", "bitop not d ones", "bitop or d ones b c e",
	} {
		b.Run(command, func(b *testing.B) {
			r := newRig(b)
			defer r.Keyspace.Close()
			r.Keyspace.Close()
			r.Keyspace = keyspace.New(keyspace.Options{Databases: 1})
			r.Ctx.DB = r.Keyspace.DB(0)
			r.Ctx.Hooks = core.NewRegistry(nil).Hooks
			for _, key := range []string{"ones", "b", "c", "e"} {
				r.Set(key, strings.Repeat("\xff", 1<<20), 0)
			}
			args := bytes.Fields([]byte(command))
			cmd := r.Registry.Find(string(args[0]))
			b.SetBytes(1 << 20)
			for b.Loop() {
				r.Ctx.Reset(cmd, args)
				r.Ctx.Buf = r.Ctx.Buf[:0]
				if err := cmd.Run(&r.Ctx); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
