package hyperloglog

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// TestPropagation: what is repeated, and which events there are. Replies are the
// business of the conformance scripts.
func TestPropagation(t *testing.T) {
	for _, c := range []struct {
		before, command string
		fed             bool
		events          string
		dirty           int64
	}{
		{"", "pfadd k", true, "pfadd k", 1},
		{"", "pfadd k a b", true, "pfadd k", 3},
		{"pfadd k a", "pfadd k a", false, "", 0},
		{"pfadd k a", "pfadd k b c a", true, "pfadd k", 2},
		{"pfadd k a", "pfadd k", false, "", 0},
		{"pfadd k a", "pfcount k", true, " k", 1}, // the cached number is new
		{"pfcount k", "pfcount k", false, "", 0},
		{"pfadd k a", "pfcount k k", false, "", 0},
		{"", "pfmerge k", true, "pfadd k", 1},
		{"pfadd k a", "pfmerge k k missing", true, "pfadd k", 1},
		{"pfadd k a", "pfdebug encoding k", false, "", 0},
		{"pfadd k a", "pfdebug getreg k", true, " k", 1},
		{"pfadd k a", "pfdebug todense k", true, " k", 1},
	} {
		r := newRig(t)
		if c.before != "" {
			r.Do("%s", c.before)
		}
		r.Do("%s", c.command)
		var want []string
		if c.fed {
			want = []string{c.command}
		}
		if !reflect.DeepEqual(r.Fed, want) {
			t.Errorf("%s: propagated %q, want %q", c.command, r.Fed, want)
		}
		if got := strings.Join(r.Events, ","); got != c.events || r.Ctx.Dirty != c.dirty {
			t.Errorf("%s: events %q, want %q; %d changes, want %d", c.command, got, c.events, r.Ctx.Dirty, c.dirty)
		}
		r.Keyspace.Close()
	}
}

// TestCache: the number that PFCOUNT keeps is trusted until something changes.
func TestCache(t *testing.T) {
	r := newRig(t)
	defer r.Keyspace.Close()
	made := appendEmpty(nil)
	made.cache(12345)
	r.Set("k", string(made), 0)
	for _, c := range []struct{ command, want string }{
		{"pfcount k", ":12345"}, {"pfcount k missing", ":0"}, {"pfadd k", ":0"}, {"pfcount k", ":12345"},
		{"pfadd k a", ":1"}, {"pfcount k", ":1"}, {"pfadd k a", ":0"}, {"pfmerge k", "+OK"},
	} {
		if got := r.Do("%s", c.command); got != c.want {
			t.Errorf("%s = %s, want %s", c.command, got, c.want)
		}
	}
	if _, known := sketch(r.get("k")).cached(); known {
		t.Error("PFMERGE keeps the number")
	}
}

// TestFailureChangesNothing: PFADD may find out late that the runs do not add up.
func TestFailureChangesNothing(t *testing.T) {
	r := newRig(t)
	defer r.Keyspace.Close()
	bad := string(appendEmpty(nil)[:headerSize]) + "\x63\xff" // the first 9216 registers and no more
	r.Set("k", bad, 0)
	if got := r.Do("pfadd k 42 a"); got != "-"+errCorrupt.Error() {
		t.Error(got)
	}
	if r.get("k") != bad || len(r.Fed)+len(r.Events) > 0 {
		t.Errorf("%q, fed %q, events %q", r.get("k"), r.Fed, r.Events)
	}
}

// TestModel: keys hold what they were shown, whatever form they take and
// whatever snapshots look on. The model of a key is the highest rank that each
// register was shown.
func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := newRig(t)
		defer r.Keyspace.Close()
		keys := map[string]*ranks{}
		type frozen struct {
			*keyspace.Snapshot
			want map[string]string
		}
		var snaps []frozen
		key := func() string { return rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "key") }
		model := func(key string) *ranks {
			if keys[key] == nil {
				keys[key] = new(ranks)
			}
			return keys[key]
		}
		count := func(all *ranks) string {
			var h histogram
			all.count(&h)
			return fmt.Sprintf(":%d", h.estimate())
		}
		expect := func(want, format string, args ...any) {
			if got := r.Do(format, args...); got != want {
				rt.Fatalf("%s = %s, want %s", fmt.Sprintf(format, args...), got, want)
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"pfadd": func(*rapid.T) {
				k, changed := key(), 0
				if keys[k] == nil {
					changed = 1
				}
				first, n := rapid.IntRange(0, 3000).Draw(rt, "first"), rapid.IntRange(0, 400).Draw(rt, "n")
				command := "pfadd " + k
				for i := first; i < first+n; i++ {
					element := fmt.Sprint("element:", i)
					command += " " + element
					if index, rank := rankOf([]byte(element)); model(k)[index] < rank {
						model(k)[index], changed = rank, 1
					}
				}
				model(k)
				expect(fmt.Sprint(":", changed), "%s", command)
			},
			"pfcount": func(*rapid.T) {
				k := key()
				if keys[k] == nil {
					expect(":0", "pfcount %s", k)
				} else {
					expect(count(keys[k]), "pfcount %s", k)
				}
			},
			"union": func(*rapid.T) {
				names := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c"}), 1, 3).Draw(rt, "keys")
				var all ranks
				for _, k := range names {
					for i, rank := range model(k) {
						all[i] = max(all[i], rank)
					}
				}
				for _, k := range names {
					r.Do("pfadd %s", k) // as the model has it now
				}
				expect(count(&all), "pfcount missing %s", strings.Join(names, " "))
				if rapid.Bool().Draw(rt, "merge") {
					expect("+OK", "pfmerge %s", strings.Join(names, " "))
					*model(names[0]) = all
				}
			},
			"limit":   func(*rapid.T) { r.m.sparseMax.Store(int64(rapid.SampledFrom([]int{0, 100, 3000}).Draw(rt, "limit"))) },
			"todense": func(*rapid.T) { r.Do("pfdebug todense %s", key()) },
			"freeze": func(*rapid.T) {
				s := r.Keyspace.Freeze()
				snaps = append(snaps, frozen{s, coretest.Strings(s)})
			},
			"end": func(*rapid.T) {
				if len(snaps) > 0 {
					snaps[0].End()
					snaps = snaps[1:]
				}
			},
			"": func(*rapid.T) {
				for _, s := range snaps {
					if !maps.Equal(coretest.Strings(s.Snapshot), s.want) {
						rt.Fatal("a snapshot has moved")
					}
				}
				for k, want := range keys {
					var got ranks
					if err := sketch(r.get(k)).mergeInto(&got); err != nil || got != *want {
						rt.Fatalf("%s holds other registers: %v", k, err)
					}
				}
			},
		})
		for _, s := range snaps {
			s.End()
		}
	})
}

// FuzzValue runs every command on a value that is anything.
func FuzzValue(f *testing.F) {
	empty := []byte(appendEmpty(nil))
	f.Add(empty)
	f.Add(empty[:headerSize])
	f.Add(append(empty[:headerSize:headerSize], 0x7f))
	f.Add(append(empty[:headerSize:headerSize], 0x7f, 0xff, 0x80, 0x80, 0x81))
	f.Add(append(empty[:headerSize:headerSize], bytes.Repeat([]byte{0x83}, 4096)...))
	f.Add(append(append([]byte("HYLL"), make([]byte, 12)...), bytes.Repeat([]byte{0xff}, denseSize-headerSize)...))
	f.Fuzz(func(t *testing.T, value []byte) {
		r := newRig(t)
		defer r.Keyspace.Close()
		for _, command := range []string{
			"pfadd k a b c 1 2 3", "pfcount k", "pfcount k k", "pfmerge k other", "pfmerge other k", "pfdebug getreg k",
			"pfdebug decode k", "pfdebug encoding k", "pfdebug todense k",
		} {
			r.Set("k", string(value), 0)
			r.Set("other", string(appendEmpty(nil)), 0)
			if got := r.Do("%s", command); got == "" {
				t.Errorf("%s: no reply", command)
			}
			if s := sketch(r.get("k")); sketch(value).valid() && !s.valid() {
				t.Errorf("%s makes %q of %q", command, s, value)
			}
		}
	})
}

func TestAllocations(t *testing.T) {
	r := newRig(t)
	defer r.Keyspace.Close()
	r.Do("pfadd a 1 2 3")
	r.Do("pfadd b 1 2 3")
	r.Do("pfdebug todense b")
	r.Ctx.Hooks = core.NewRegistry(nil).Hooks // nobody listens
	element := []byte("element:0000")
	for _, args := range [][][]byte{
		{[]byte("pfadd"), []byte("a"), element}, {[]byte("pfadd"), []byte("b"), element}, {[]byte("pfcount"), []byte("a")},
		{[]byte("pfcount"), []byte("a"), []byte("b")}, {[]byte("pfmerge"), []byte("a"), []byte("a")},
	} {
		cmd := r.Registry.Find(string(args[0]))
		r.Ctx.Buf = make([]byte, 0, 100)
		n := 0
		got := testing.AllocsPerRun(100, func() {
			n++
			element[10], element[11] = byte('0'+n/10), byte('0'+n%10) // nearly all of them change something
			r.Ctx.Reset(cmd, args)
			r.Ctx.Buf = r.Ctx.Buf[:0]
			if err := cmd.Run(&r.Ctx); err != nil {
				t.Fatal(err)
			}
		})
		if got > 0 {
			t.Errorf("%q allocates %v times", args, got)
		}
	}
}

func BenchmarkCommands(b *testing.B) {
	for _, command := range []string{
		"pfadd sparse x", "pfadd dense x", "pfcount dense", "pfcount dense dense", "pfcount sparse sparse",
		"pfmerge d dense", "pfmerge e sparse",
	} {
		b.Run(command, func(b *testing.B) {
			r := newRig(b)
			r.Keyspace = keyspace.New(keyspace.Options{Databases: 1})
			defer r.Keyspace.Close()
			r.Ctx.DB = r.Keyspace.DB(0)
			for i := range 100000 {
				if r.Do("pfadd dense %d", i); i < 1500 {
					r.Do("pfadd sparse %d", i)
				}
			}
			r.Ctx.Hooks = core.NewRegistry(nil).Hooks
			args := bytes.Fields([]byte(command))
			cmd := r.Registry.Find(string(args[0]))
			for b.Loop() {
				if len(args) == 2 { // else the number is known
					e := r.Ctx.DB.Find([]byte("dense"), rigNow, 0)
					sketch(e.Writable()).changed()
				}
				r.Ctx.Reset(cmd, args)
				r.Ctx.Buf = r.Ctx.Buf[:0]
				if err := cmd.Run(&r.Ctx); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
