package keyspace

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/ferrousdb/ferrous/core/arena"
)

// toy is the smallest honest Object: a list of numbers, each in a blob of its
// own, that shares blobs with its frozen predecessor until it changes them.
type toy struct {
	a      *arena.Arena
	cells  []arena.Ref
	shared []bool // with a predecessor: copy before changing
}

// toyHeap is what a cell counts as on the Go heap: more than all the rest.
const toyHeap = 1000

func newToy(a *arena.Arena, numbers []uint64) *toy {
	o := &toy{a: a}
	for _, n := range numbers {
		o.add(n)
	}
	return o
}

func cell(ref arena.Ref) []byte { return arena.Bytes(ref, 8) }

func (o *toy) add(n uint64) {
	ref := o.a.Alloc(8)
	binary.LittleEndian.PutUint64(cell(ref), n)
	o.cells, o.shared = append(o.cells, ref), append(o.shared, false)
}

func (o *toy) set(i int, n uint64) {
	if o.shared[i] {
		old := o.cells[i]
		o.cells[i], o.shared[i] = o.a.Alloc(8), false
		o.a.Free(old)
	}
	binary.LittleEndian.PutUint64(cell(o.cells[i]), n)
}

func (o *toy) numbers() []uint64 {
	var all []uint64
	for _, ref := range o.cells {
		all = append(all, binary.LittleEndian.Uint64(cell(ref)))
	}
	return all
}

func (o *toy) Thaw() Object {
	next := &toy{a: o.a, cells: slices.Clone(o.cells), shared: make([]bool, len(o.cells))}
	for i := range next.shared {
		next.shared[i] = true
	}
	return next
}

func (o *toy) Release(budget int) bool {
	for ; budget > 0 && len(o.cells) > 0; budget-- {
		last := len(o.cells) - 1
		o.a.Free(o.cells[last])
		o.cells = o.cells[:last]
	}
	return len(o.cells) == 0
}

func (o *toy) Rehome(a *arena.Arena) { o.a = a }
func (o *toy) MemoryUsage() int64    { return int64(len(o.cells))*17 + o.HeapUsage() }
func (o *toy) HeapUsage() int64      { return int64(len(o.cells)) * toyHeap }
func (o *toy) Len() int              { return len(o.cells) }

// plain is a toy whose Go memory nobody counts.
type plain struct{ Object }

// BenchmarkOpenObject is what it costs to open values that say what they hold on the Go
// heap, and values that do not: by turns two of a shard, or the same one.
func BenchmarkOpenObject(b *testing.B) {
	for _, x := range []struct {
		name    string
		counted bool
		keys    int
	}{{"plain", false, 1}, {"HeapUser", true, 1}, {"two plain", false, 2}, {"two HeapUsers", true, 2}} {
		b.Run(x.name, func(b *testing.B) {
			ks := New(Options{Databases: 1, Crowded: true})
			defer ks.Close()
			db := ks.DB(0)
			var entries []Entry
			for _, key := range [][]byte{[]byte("a"), []byte("b")}[:x.keys] {
				var o Object = &toy{a: ks.Arena(ks.Hash(key))}
				if !x.counted {
					o = plain{o}
				}
				db.PutObject(key, Custom, o, 0, 0)
				entries = append(entries, db.Find(key, 0, 0))
			}
			for i := range b.N {
				entries[i%len(entries)].OpenObject()
			}
		})
	}
}
