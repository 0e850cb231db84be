package dict

import (
	"encoding/binary"
	"testing"

	"github.com/ferrousdb/ferrous/core/arena"
)

// A Walker meets every entry once, whatever the shape of the table.
func TestWalker(t *testing.T) {
	for _, skip := range []uint8{0, 6} {
		pool := arena.NewPool(arena.Options{Poison: true})
		a := pool.NewArena()
		table := New(a, pool.Seed(), skip)
		for n := 0; n < 20000; n++ {
			key := binary.LittleEndian.AppendUint32(nil, uint32(n))
			ref := a.Alloc(Size(len(key), 0, 0))
			Write(ref, 0, key, nil, 0)
			// All hashes of the table have the owner's bits in common.
			table.Insert(table.Hash(key)>>skip, ref)
			if n > 20 && n%1717 != 0 {
				continue
			}
			met := map[uint32]bool{}
			for w := table.Walker(); ; {
				ref := w.Next()
				if ref == 0 {
					break
				}
				met[binary.LittleEndian.Uint32(Key(ref))] = true
			}
			if len(met) != n+1 {
				t.Fatalf("met %d entries of %d", len(met), n+1)
			}
		}
		if w := New(a, pool.Seed(), skip).Walker(); w.Next() != 0 {
			t.Error("an entry in an empty table")
		}
		table.Clear(nil)
		pool.Close()
	}
}

// RandomPos gives places from which an entry can be deleted, down to the last.
func TestRandomPos(t *testing.T) {
	pool := arena.NewPool(arena.Options{Poison: true})
	defer pool.Close()
	a := pool.NewArena()
	table := New(a, pool.Seed(), 0)
	const n = 5000
	for i := range n {
		key := binary.LittleEndian.AppendUint32(nil, uint32(i))
		ref := a.Alloc(Size(len(key), 0, 0))
		Write(ref, 0, key, nil, 0)
		table.Insert(table.Hash(key), ref)
	}
	met := map[uint32]bool{}
	for r := uint64(1); table.Len() > 0; r = mix(r) {
		p, ok := table.RandomPos(r)
		if !ok {
			t.Fatal("no entry in a table of", table.Len())
		}
		met[binary.LittleEndian.Uint32(Key(table.At(p)))] = true
		table.DeleteFree(p)
	}
	if len(met) != n || a.Used() != 0 {
		t.Fatalf("met %d entries of %d; %d bytes are left", len(met), n, a.Used())
	}
	if _, ok := table.RandomPos(1); ok {
		t.Error("an entry in an empty table")
	}
}
