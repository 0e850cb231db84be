package ring

import (
	"slices"
	"strconv"
	"testing"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
)

func itoa(n int) string { return strconv.Itoa(n) }

// FuzzLoad: load takes foreign bytes. Whatever they are it neither panics nor
// keeps memory that it does not answer for, and what it accepts is saved as a
// ring that loads the same.
func FuzzLoad(f *testing.F) {
	pool := arena.NewPool(arena.Options{Poison: true})
	a := pool.NewArena()
	sample := newRing(a, 3)
	for i := range 5 {
		sample.push([]byte(itoa(i)))
	}
	row := ringType().Row()
	saveRing := func(r keyspace.Object) []byte {
		_, b := rdb.Encode(false, func(w *rdb.Writer) {
			row.Save(w, keyspace.Value{Kind: keyspace.ObjectKind(keyspace.Custom), Object: r})
		})
		return b
	}
	saved := saveRing(sample)
	f.Add(saved)
	f.Add(append(saved[:9:9], 2, 3, 2, 1, 0))
	sample.Release(sample.Len())
	empty := a.Used()
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := row.Load(rdb.TypeModule2, rdb.NewReader(data), a)
		if err == nil {
			saved := saveRing(v.Object)
			again, err := row.Load(rdb.TypeModule2, rdb.NewReader(saved), a)
			if err != nil {
				t.Fatalf("does not load what it has saved: %v", err)
			}
			if twice := saveRing(again.Object); string(twice) != string(saved) {
				t.Fatalf("%q became %q", saved, twice)
			}
			again.Object.Release(maxSize)
			v.Object.Release(maxSize)
		}
		if left := a.Used() - empty; left != 0 {
			t.Fatalf("%d bytes are left", left)
		}
	})
}

// words is a digester that remembers.
type words struct{ mixed []string }

func (w *words) Mix(elements ...[]byte) {
	for _, e := range elements {
		w.mixed = append(w.mixed, string(e))
	}
}

func (w *words) Xor(parts ...[]byte) { w.mixed = append(w.mixed, "?") }

// TestDigest: two rings that answer the same have the same digest, wherever
// their oldest element lies.
func TestDigest(t *testing.T) {
	a := arena.NewPool(arena.Options{Poison: true}).NewArena()
	turned, straight := newRing(a, 3), newRing(a, 3)
	for i := range 5 {
		turned.push([]byte(itoa(i)))
	}
	for i := range 3 {
		straight.push([]byte(itoa(i + 2)))
	}
	var one, two words
	digest(turned, &one)
	digest(straight, &two)
	if want := []string{"2", "3", "4"}; !slices.Equal(one.mixed, want) || !slices.Equal(two.mixed, want) {
		t.Errorf("mixed %q and %q", one.mixed, two.mixed)
	}
}

// TestRewrite: the commands that rewrite emits make the same ring.
func TestRewrite(t *testing.T) {
	c := start(t)
	for i := range 300 {
		c.must("RING.PUSH", "r", "200", itoa(i))
	}
	want := c.raw("RING.RANGE", "r")
	var commands [][]string
	s := c.freeze()
	for shard := range keyspace.Shards {
		s.Walk(0, shard, func(f keyspace.Frozen) bool {
			err := rewrite(f.Key, f.Value.Object.(*ring), func(args ...[]byte) error {
				var words []string
				for _, a := range args {
					words = append(words, string(a))
				}
				commands = append(commands, words)
				return nil
			})
			if err != nil {
				t.Error(err)
			}
			return true
		})
	}
	s.End()
	if len(commands) != 4 {
		t.Errorf("%d commands for 200 elements", len(commands))
	}
	c.must("FLUSHALL")
	for _, words := range commands {
		c.must(words...)
	}
	if got := c.raw("RING.RANGE", "r"); got != want {
		t.Errorf("made %q of %q", got, want)
	}
}
