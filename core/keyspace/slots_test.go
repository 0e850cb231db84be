package keyspace

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/slot"
)

// TestSlots: what there is of each slot, while keys come and go and one slot has very
// many of them.
func TestSlots(t *testing.T) {
	ks := New(Options{Slots: true, Arena: arena.Options{Poison: true}})
	defer ks.Close()
	ks.Lock(AllShards)
	defer ks.Unlock(AllShards)
	db := ks.DB(0)
	rng := rand.New(rand.NewPCG(3, 4))
	var want [slot.Count]map[string]bool
	for i := range want {
		want[i] = map[string]bool{}
	}
	check := func() {
		t.Helper()
		for n := range uint16(slot.Count) {
			if got := db.SlotLen(n); got != len(want[n]) {
				t.Fatalf("slot %d has %d keys, not %d", n, got, len(want[n]))
			}
			seen := 0
			db.EachOfSlot(n, func(e Entry) bool {
				if !want[n][string(e.Key())] {
					t.Fatalf("slot %d has %q", n, e.Key())
				}
				seen++
				return true
			})
			if seen != len(want[n]) {
				t.Fatalf("%d keys of slot %d were visited, not %d", seen, n, len(want[n]))
			}
		}
	}
	check()
	for step := range 200_000 {
		key := fmt.Sprint("key", rng.IntN(100_000))
		if step%2 == 0 {
			key = "{hot}" + key
		}
		n := slot.Of([]byte(key))
		switch e := db.Find([]byte(key), 0, 0); {
		case rng.IntN(5) > 0:
			db.Put([]byte(key), MakeKind(String, 0), 3, 0, 0)
			want[n][key] = true
		case e.OK():
			e.Delete()
			delete(want[n], key)
		}
		if step%50_000 == 100 {
			check()
		}
	}
	check()
	for n := range want {
		for key := range want[n] {
			e := db.Find([]byte(key), 0, 0)
			e.Delete()
		}
		clear(want[n])
	}
	check()
}

// BenchmarkSlots fills a keyspace whose keys are in the order of their slots, or not,
// and with all of them in one slot. It tells the bytes of tables per key.
func BenchmarkSlots(b *testing.B) {
	for _, kind := range []string{"no slots", "all slots", "one slot"} {
		b.Run(kind, func(b *testing.B) {
			ks := New(Options{Slots: kind != "no slots"})
			defer ks.Close()
			ks.Lock(AllShards)
			defer ks.Unlock(AllShards)
			db := ks.DB(0)
			key := make([]byte, 0, 32)
			i := 0
			for ; b.Loop(); i++ {
				if key = key[:0]; kind == "one slot" {
					key = append(key, "{x}"...)
				}
				key = fmt.Appendf(key, "key:%d", i)
				db.Put(key, MakeKind(String, 0), 8, 0, 0)
			}
			tables := 0
			for sh := range db.tables {
				tables += db.tables[sh].MemoryUsed()
			}
			b.ReportMetric(float64(tables)/float64(i), "table-B/key")
		})
	}
}
