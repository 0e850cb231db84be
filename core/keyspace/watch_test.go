package keyspace

import (
	"fmt"
	"testing"

	"github.com/ferrousdb/ferrous/core/arena"
)

// TestWatch: without a limit UsedMemory may be out by some KiB, under one it is
// not by more than a thousandth of it.
func TestWatch(t *testing.T) {
	for _, limit := range []int64{0, 1, 100 << 10, 1 << 20, 1 << 30} {
		ks := New(Options{Databases: 1})
		ks.Lock(AllShards)
		ks.Watch(limit)
		bound := int64(Shards * arena.PublishStep)
		if limit > 0 {
			bound = min(bound, limit/1000)
		}
		for i := range 3000 {
			key := fmt.Appendf(nil, "key:%d", i)
			ks.DB(0).PutString(ks.Hash(key), key, []byte("value"), 0, 1)
			if out := ks.ExactMemory() - ks.UsedMemory(); max(out, -out) > bound {
				t.Fatalf("limit %d: out by %d bytes, more than %d", limit, out, bound)
			}
		}
		ks.Unlock(AllShards)
		ks.Close()
	}
}

// TestGarbage: what FLUSHALL and the deletion of a large value leave behind is
// known until Sweep has freed it, and what only a snapshot keeps is not used.
func TestGarbage(t *testing.T) {
	for _, snapshot := range []bool{false, true} {
		ks := New(Options{Databases: 2})
		db := ks.DB(0)
		ks.Lock(AllShards)
		ks.Watch(1)
		numbers := make([]uint64, 100_000)
		big := []byte("big")
		before := ks.UsedMemory()
		db.PutObject(big, List, newToy(ks.Arena(ks.Hash(big)), numbers), 0, 1)
		with := ks.UsedMemory()
		if with-before < 1<<20 {
			t.Fatalf("a large value takes %d bytes", with-before)
		}
		ks.Unlock(AllShards)
		var view *Snapshot
		if snapshot {
			view = ks.Freeze()
		}
		ks.Lock(AllShards)
		if e := db.Find(big, 1, ForWrite); e.OK() {
			e.Delete()
		}
		for i := range 3000 {
			key := fmt.Appendf(nil, "key:%d", i)
			ks.DB(1).PutString(ks.Hash(key), key, []byte("value"), 0, 1)
		}
		ks.DB(1).Flush()
		if ks.Garbage() == 0 {
			t.Error("nobody knows of the garbage")
		}
		ks.Unlock(AllShards)
		sweepAll := func() {
			for n := 0; ks.Garbage() > 0 && n < 1000; n++ {
				for sh := range Shards {
					ks.Sweep(sh, 1, 10_000, false)
				}
			}
		}
		sweepAll()
		// Segments and what remembers the retired blobs are left, but not the data.
		if used := ks.UsedMemory() - before; used > (with-before)/4 {
			t.Errorf("snapshot %v: %d bytes of %d are used", snapshot, used, with-before)
		}
		if snapshot {
			view.End()
			for range 100 {
				for sh := range Shards {
					ks.Sweep(sh, 1, 10_000, false)
				}
			}
			sweepAll()
		}
		ks.Lock(AllShards)
		if used := ks.ExactMemory(); used > before+8<<10 || used != ks.UsedMemory() {
			t.Errorf("snapshot %v: %d bytes are left, %d by the figure without locks", snapshot, used, ks.UsedMemory())
		}
		ks.Unlock(AllShards)
		ks.Close()
	}
}
