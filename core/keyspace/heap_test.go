package keyspace

import (
	"strconv"
	"testing"

	"github.com/ferrousdb/ferrous/core/arena"
)

// What Objects hold on the Go heap is counted as they grow, shrink, move and die,
// whatever snapshots see.
func TestHeapIsCounted(t *testing.T) {
	for _, live := range []bool{false, true} {
		ks := New(Options{Databases: 1, Arena: arena.Options{Poison: true}})
		db := ks.DB(0)
		ks.Lock(AllShards)
		key := func(i int) []byte { return []byte("key:" + strconv.Itoa(i)) }
		cells := int64(0)
		var snapshots []*Snapshot
		check := func(what string) {
			t.Helper()
			// Entries, tables and cells are small against what is said to be on the heap.
			if got := ks.ExactMemory() / toyHeap; got < cells || got > cells+cells/5+40 {
				t.Errorf("live %v, %s: %d cells' worth of memory, and there are %d", live, what, got, cells)
			}
			if live {
				snapshots = append(snapshots, ks.Freeze())
			}
		}
		for i := range 100 {
			o := newToy(ks.Arena(ks.Hash(key(i))), nil)
			db.PutObject(key(i), Custom, o, 0, 1)
			o.add(1) // after it was put
			cells++
		}
		check("put")
		for i := range 100 {
			e := db.Find(key(i), 1, 0)
			o := e.OpenObject().(*toy)
			for range 9 {
				o.add(7)
			}
			cells += 9
		}
		check("grown")
		for i := range 50 { // to other shards, and over others
			db.Find(key(i), 1, 0).Rename(db, key(i+50), 1)
			cells -= 10
		}
		check("renamed")
		for i := range 50 {
			e := db.Find(key(i+50), 1, 0)
			e.OpenObject().(*toy).Release(5)
			cells -= 5
		}
		check("shrunk")
		for i := range 25 {
			db.Find(key(i+50), 1, 0).Delete()
			cells -= 5
		}
		check("deleted")
		db.Flush()
		for _, s := range snapshots {
			s.End()
		}
		ks.Unlock(AllShards)
		for sh := range Shards {
			for ks.Sweep(sh, 1, 1000, false) {
			}
		}
		ks.Lock(AllShards)
		if n := ks.ExactMemory(); n != 0 {
			t.Errorf("live %v: %d bytes are left", live, n)
		}
		ks.Unlock(AllShards)
		ks.Close()
	}
}
