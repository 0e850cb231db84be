package keyspace

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestDefragGivesMemoryBack overwrites values with others of varying size,
// until slabs are sparse, and compacts: everything is still there, and most of
// what was wasted is not.
func TestDefragGivesMemoryBack(t *testing.T) {
	ks := New(Options{})
	defer ks.Close()
	db := ks.DB(0)
	const n = 200_000
	lengths := make([]int, n)
	key := func(i int) []byte { return fmt.Appendf(nil, "key:%012d", i) }
	put := func(i, length int) {
		lengths[i] = length
		v := db.Put(key(i), MakeKind(String, Raw), length, 0, 1)
		for j := range v {
			v[j] = byte(i + j)
		}
	}
	ks.Lock(AllShards)
	for i := range n {
		put(i, 64)
	}
	for range n {
		put(rand.IntN(n), 16+rand.IntN(200))
	}
	ks.Unlock(AllShards)
	before, _ := ks.Fragmentation()
	for sh := range Shards {
		for done := false; !done; {
			_, done = ks.Defrag(sh)
		}
	}
	after, used := ks.Fragmentation()
	t.Logf("wasted %d MB of %d before, %d MB after", before>>20, used>>20, after>>20)
	if after > before/2 {
		t.Errorf("wasted %d bytes before, %d after", before, after)
	}
	ks.Lock(AllShards)
	defer ks.Unlock(AllShards)
	for i, length := range lengths {
		e := db.Find(key(i), 1, 0)
		if !e.OK() || len(e.Data()) != length || length > 1 && e.Data()[1] != byte(i+1) {
			t.Fatalf("key %d is not what it was", i)
		}
	}
}
