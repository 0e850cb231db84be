package keyspace

import (
	"fmt"
	"testing"
)

// TestWhatDiesAtOnce: a value that has cost some microseconds to make is freed with its key, so
// that the next one gets its memory; a larger one, and more of what is unlinked, by the sweeper.
func TestWhatDiesAtOnce(t *testing.T) {
	for _, x := range []struct {
		how     string
		members int
		end     func(Entry)
		garbage int64
		wrap    func(Object) Object
	}{
		{"deleted", int(deleted), Entry.Delete, 0, nil},
		{"deleted", int(deleted) + 1, Entry.Delete, 1, nil},
		{"of few pieces deleted", int(deleted) / 2, Entry.Delete, 0, func(o Object) Object { return inPieces{o} }},
		{"of many pieces deleted", int(deleted)/2 + 1, Entry.Delete, 1, func(o Object) Object { return inPieces{o} }},
		{"large deleted", 10, Entry.Delete, 1, func(o Object) Object { return heavy{o} }},
		{"large unlinked", 10, Entry.Unlink, 1, func(o Object) Object { return heavy{o} }},
		{"unlinked", int(unlinked), Entry.Unlink, 0, nil},
		{"unlinked", int(unlinked) + 1, Entry.Unlink, 1, nil},
	} {
		t.Run(fmt.Sprint(x.how, x.members), func(t *testing.T) {
			ks := New(Options{Databases: 1, Crowded: true})
			defer ks.Close()
			key := []byte("k")
			db, a := ks.DB(0), ks.Arena(ks.Hash(key))
			before := a.Used()
			o := Object(newToy(a, make([]uint64, x.members)))
			if x.wrap != nil {
				o = x.wrap(o)
			}
			db.PutObject(key, Custom, o, 0, 0)
			x.end(db.Find(key, 0, 0))
			if n := ks.Garbage(); n != x.garbage {
				t.Errorf("%d values are left to the sweeper, want %d", n, x.garbage)
			}
			for ks.Sweep(ShardOf(ks.Hash(key)), 0, 256, false) {
			}
			if n := a.Used(); n > before+4096 || ks.Garbage() != 0 {
				t.Errorf("%d bytes in use at the end, %d before; %d values left", n, before, ks.Garbage())
			}
		})
	}
}

// inPieces has many members in each thing to free, and heavy much memory.
type (
	inPieces struct{ Object }
	heavy    struct{ Object }
)

func (o inPieces) Len() int      { return 100 * o.Object.Len() }
func (heavy) MemoryUsage() int64 { return deletedBytes + 1 }

// TestSweepTakesManySmallOnes: a step of the sweeper is as long as its budget says, however many values that are.
func TestSweepTakesManySmallOnes(t *testing.T) {
	ks := New(Options{Databases: 1, Crowded: true})
	defer ks.Close()
	key := []byte("k")
	h := ks.Hash(key)
	for range 100 {
		ks.Discard(h, Value{Object: newToy(ks.Arena(h), make([]uint64, 2))})
	}
	if ks.Sweep(ShardOf(h), 0, 64, false); ks.Garbage() != 100-32 {
		t.Errorf("after a step of 64 members %d of 100 values with 2 are left, want 68", ks.Garbage())
	}
}
