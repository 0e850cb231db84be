package keyspace

import (
	"fmt"
	"testing"
)

// TestValuesThatShrink: half of a packed value goes, element by element as from a listpack, and
// with it about half of the memory.
func TestValuesThatShrink(t *testing.T) {
	ks := New(Options{})
	defer ks.Close()
	db := ks.DB(0)
	ks.Lock(AllShards)
	defer ks.Unlock(AllShards)
	const n, size, element = 1000, 440, 22
	kind := MakeKind(Hash, 1)
	key := func(i int) []byte { return fmt.Appendf(nil, "key:%012d", i) }
	for i := range n {
		db.Put(key(i), kind, size, 0, 1)
	}
	full := ks.ExactMemory()
	for i := range n {
		e := db.Find(key(i), 1, 0)
		for len(e.Data()) > size/2 {
			e.Splice(kind, 0, element, 0, 0)
		}
	}
	if now := ks.ExactMemory(); now > full*2/3 {
		t.Errorf("%d bytes of %d are in use after half of all elements went", now, full)
	}
}

// TestSparesGoBack: values that grow leave no slab of each size they have had in each shard.
func TestSparesGoBack(t *testing.T) {
	ks := New(Options{})
	defer ks.Close()
	db := ks.DB(0)
	ks.Lock(AllShards)
	for i := range 1000 {
		db.Put(fmt.Append(nil, i), MakeKind(Hash, 1), 100, 0, 1)
	}
	for size := 200; size <= 8000; size += 100 {
		for i := range 1000 {
			e := db.Find(fmt.Append(nil, i), 1, 0)
			e.Grow(e.Kind(), size, 0)
		}
	}
	for i := range 1000 {
		db.Put(fmt.Append(nil, i), MakeKind(Hash, 1), 1000, 0, 1)
	}
	ks.Unlock(AllShards)
	chunks := ks.PoolStats().UsedChunks
	for range 20 {
		ks.Rest(true)
	}
	if s := ks.PoolStats(); s.UsedChunks > chunks/4 || s.Resident > 12<<20 {
		t.Errorf("%d chunks of %d are still in use, %d bytes resident, for %d of data", s.UsedChunks, chunks, s.Resident, s.Used)
	}
}
