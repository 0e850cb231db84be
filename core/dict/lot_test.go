package dict

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/ferrousdb/ferrous/core/arena"
)

// TestFindLot: what is looked up together is what Find finds, in tables of any size, of members with
// the same tags (in small tables many), from a walk, whose hashes are known in part, and one by one.
func TestFindLot(t *testing.T) {
	pool := arena.NewPool(arena.Options{Poison: true})
	defer pool.Close()
	a := pool.NewArena()
	table := func(n, step int, long int) *Table {
		x := new(Table)
		x.Init(a, pool.Seed(), 0)
		for i := range n {
			key := append(fmt.Appendf(nil, "%d", i*step), bytes.Repeat([]byte{'x'}, i%long)...)
			ref := a.Alloc(Size(len(key), i%9, 0))
			Write(ref, 0, key, make([]byte, i%9), 0)
			x.Insert(x.Hash(key), ref)
		}
		return x
	}
	var all []*Table
	for _, n := range []int{0, 1, 17, 700, 5000, 30_000} {
		all = append(all, table(n, 1, 40), table(n, 3, 40))
	}
	for i, from := range all {
		for j, to := range all {
			for _, walk := range []bool{true, false} {
				var l Lot
				var found [LotSize]arena.Ref
				check := func() {
					in := to.FindLot(&l, &found)
					if in>>l.N != 0 {
						t.Fatalf("%b of %d are found", in, l.N)
					}
					for k, ref := range l.Refs[:l.N] {
						want := arena.Ref(0)
						if p, ok := to.Find(to.Hash(Key(ref)), Key(ref)); ok {
							want = to.At(p)
						}
						if found[k] != want || (in>>k&1 != 0) != (want != 0) {
							t.Fatalf("%q of table %d is found at %x of table %d, not %x", Key(ref), i, found[k], j, want)
						}
					}
				}
				w := from.Walker()
				n := 0
				if walk {
					for ; l.Take(&w); n += l.N {
						check()
					}
				} else {
					for ref := w.Next(); ref != 0; ref = w.Next() {
						if l.Add(ref); l.N == LotSize {
							check()
							n += l.N
							l.Reset()
						}
					}
					check()
					n += l.N
				}
				if n != from.Len() {
					t.Fatalf("%d of %d entries came by", n, from.Len())
				}
			}
		}
	}
}

// TestSameBytes: nothing before, between and behind counts but the bytes asked for.
func TestSameBytes(t *testing.T) {
	pool := arena.NewPool(arena.Options{})
	defer pool.Close()
	a := pool.NewArena()
	one, other := a.Alloc(64), a.Alloc(64)
	x, y := arena.Bytes(one, 64), arena.Bytes(other, 64)
	for range 20_000 {
		from, n := rand.IntN(24), rand.IntN(30)
		for i := range x {
			x[i] = byte(rand.Uint32())
			if y[i] = x[i]; i < from || i >= from+n {
				y[i]++
			}
		}
		if !sameBytes(one.Pointer(), other.Pointer(), uint64(from), uint64(n)) {
			t.Fatalf("%d bytes from %d on differ", n, from)
		}
		if n == 0 {
			continue
		}
		if y[from+rand.IntN(n)] ^= 1 << rand.IntN(8); sameBytes(one.Pointer(), other.Pointer(), uint64(from), uint64(n)) {
			t.Fatalf("%d bytes from %d on are the same", n, from)
		}
	}
}
