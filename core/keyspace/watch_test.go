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
