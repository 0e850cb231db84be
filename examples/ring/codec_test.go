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

// TestRewrite: a large ring is written as several commands.
func TestRewrite(t *testing.T) {
	a := arena.NewPool(arena.Options{Poison: true}).NewArena()
	r := newRing(a, 200)
	for i := range 300 {
		r.push([]byte(itoa(i)))
	}
	commands := 0
	err := rewrite([]byte("key"), r, func(args ...[]byte) error {
		commands++
		return nil
	})
	if err != nil || commands != 4 {
		t.Errorf("%d commands for 200 elements, %v", commands, err)
	}
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
