package ring

import (
	"slices"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// maxSize is the largest size of a ring.
const maxSize = 1 << 20

// ring is the value. Each element is a blob in the arena of the shard that owns
// the key; the ring itself is a Go value that knows where they are.
//
//	slots   | e5 | e6 | e2 | e3 | e4 |     size 5, len 5
//	                    ^oldest
//
// A blob never changes once it is written. So a frozen ring and the one that
// goes on may share blobs without a word about who shares what: what the writer
// puts in is new, and what it drops it gives to Arena.Free, which leaves the
// bytes alone for as long as a snapshot may look.
type ring struct {
	a      *arena.Arena
	size   int
	slots  []arena.Ref // no more than size; the collector does not look into it
	oldest int         // slot of the oldest element; 0 until the ring is full
	bytes  int64       // in blobs
}

var _ core.Object = (*ring)(nil)

func newRing(a *arena.Arena, size int) *ring { return &ring{a: a, size: size} }

// push puts an element in, in the place of the oldest if the ring is full.
func (r *ring) push(element []byte) {
	blob := r.a.Store(element)
	r.bytes += int64(r.a.Cap(blob))
	if len(r.slots) < r.size {
		r.slots = append(r.slots, blob)
		return
	}
	r.free(r.slots[r.oldest])
	r.slots[r.oldest] = blob
	r.oldest = (r.oldest + 1) % r.size
}

// at returns element i, counted from the oldest; the bytes are in the arena.
func (r *ring) at(i int) []byte {
	return arena.Stored(r.slots[(r.oldest+i)%len(r.slots)])
}

// resize makes the ring keep size elements from now on.
func (r *ring) resize(size int) {
	if size == r.size {
		return
	}
	inOrder := slices.Concat(r.slots[r.oldest:], r.slots[:r.oldest])
	for len(inOrder) > size {
		r.free(inOrder[0])
		inOrder = inOrder[1:]
	}
	r.size, r.slots, r.oldest = size, inOrder, 0
}

func (r *ring) free(blob arena.Ref) {
	r.bytes -= int64(r.a.Cap(blob))
	r.a.Free(blob)
}

// Thaw implements keyspace.Object: the slots are copied, the blobs are shared.
// That is 8 bytes for each element, once for each snapshot, and only if the
// ring is written to while the snapshot lives.
func (r *ring) Thaw() keyspace.Object {
	next := *r
	next.slots = slices.Clone(r.slots)
	return &next
}

// Release implements keyspace.Object.
func (r *ring) Release(budget int) (done bool) {
	for ; budget > 0 && len(r.slots) > 0; budget-- {
		last := len(r.slots) - 1
		r.free(r.slots[last])
		r.slots = r.slots[:last]
	}
	return len(r.slots) == 0
}

// Rehome implements keyspace.Object: what is put in from now on comes from a;
// an arena takes back blobs of another's too.
func (r *ring) Rehome(a *arena.Arena) { r.a = a }

// MemoryUsage implements keyspace.Object.
func (r *ring) MemoryUsage() int64 { return r.bytes + r.HeapUsage() }

// HeapUsage implements keyspace.HeapUser.
func (r *ring) HeapUsage() int64 { return int64(cap(r.slots))*8 + 64 }

// Len implements keyspace.Object.
func (r *ring) Len() int { return len(r.slots) }
