package keyspace

import (
	"encoding/binary"

	"github.com/ferrousdb/ferrous/core/arena"
)

// Warmer is an Object that looks members up by the keyspace's hash, and can ask
// the processor for what such a lookup is going to touch: for the bucket, and,
// when that has had time to arrive, for the entry. See DB.WarmMembers.
type Warmer interface {
	PrefetchBucket(hash uint64)
	PrefetchEntry(hash uint64)
}

// objectTable holds the Objects of one shard. An entry names its Object by an
// index into the table, because the collector cannot see into the arena: the
// table is what keeps the Object alive.
//
// Copy-on-write works on the table too. The writer that meets an Object older
// than the newest snapshot stores the Object's successor under a new index and
// makes a new entry for it; the frozen entry keeps the old index, and both are
// given up together when the last snapshot that sees them has ended.
//
// Slots stand in chunks that never move, so that a snapshot that has copied
// the list of chunks reads its Objects without a lock: nobody writes a slot
// that it may look at.
type objectTable struct {
	chunks []*objectChunk
	n      uint32 // slots ever used
	opened uint32 // 1 + the slot whose HeapUsage may have changed since it was counted; 0 for none
	free   []uint32
	sweep  []Object // large values on their way out
	tended map[uint32]struct{}
}

const chunkBits = 7

type objectChunk [1 << chunkBits]objectSlot

type objectSlot struct {
	obj   Object
	epoch arena.Epoch // the newest snapshot when the value became writable
	heap  int64       // bytes on the Go heap that are counted as used; notCounted if it is no HeapUser
}

const notCounted = -1

// handleSize is the length of an Object's handle, the packed value of its entry.
const handleSize = 4

func (t *objectTable) slot(i uint32) *objectSlot {
	return &t.chunks[i>>chunkBits][i&(1<<chunkBits-1)]
}

// add stores o, writable since epoch e, and returns its index.
func (t *objectTable) add(o Object, e arena.Epoch) uint32 {
	var i uint32
	if n := len(t.free); n > 0 {
		i = t.free[n-1]
		t.free = t.free[:n-1]
	} else {
		i = t.n
		t.n++
		if int(i>>chunkBits) == len(t.chunks) {
			t.chunks = append(t.chunks, new(objectChunk))
		}
	}
	*t.slot(i) = objectSlot{o, e, notCounted}
	return i
}

// addObject is add for an Object of the shard, whose Go memory is counted.
func (s *shard) addObject(o Object, e arena.Epoch) uint32 {
	i := s.objects.add(o, e)
	if _, ok := o.(HeapUser); ok {
		s.objects.slot(i).heap = 0
		s.changing(i)
	}
	s.objects.tend(i)
	return i
}

// changing says that a HeapUser is about to be changed. How much it then holds is asked
// when the next one is, or when somebody wants to know: never later than the
// next Sweep.
func (s *shard) changing(i uint32) {
	if s.objects.opened != i+1 {
		s.settle()
		s.objects.opened = i + 1
	}
}

// settle counts what the Object that was changed last holds on the Go heap.
func (s *shard) settle() {
	if s.objects.opened == 0 {
		return
	}
	slot := s.objects.slot(s.objects.opened - 1)
	s.objects.opened = 0
	n := slot.obj.(HeapUser).HeapUsage()
	s.arena.CountHeap(n - slot.heap)
	slot.heap = n
}

// uncount ends the counting of an Object that leaves its slot.
func (s *shard) uncount(i uint32) {
	slot := s.objects.slot(i)
	if slot.heap == notCounted {
		return
	}
	if s.objects.opened == i+1 {
		s.objects.opened = 0
	}
	s.arena.CountHeap(-slot.heap)
	slot.heap = notCounted
}

// drop empties a slot for reuse and returns what it held.
func (t *objectTable) drop(i uint32) Object {
	o := t.slot(i).obj
	*t.slot(i) = objectSlot{}
	t.free = append(t.free, i)
	return o
}

func handleOf(data []byte) uint32     { return binary.LittleEndian.Uint32(data) }
func putHandle(data []byte, i uint32) { binary.LittleEndian.PutUint32(data, i) }

// ending is how many members a value may have that is freed with its key, and not by
// the sweeper.
type ending int

const (
	// survived is the end of a version of a value only: another one goes on with its members.
	survived ending = -1
	// unlinked is for who must not wait (UNLINK), and for who holds a lock and deletes many.
	unlinked ending = 64
	// deleted is some tens of microseconds, no more than it has cost to make the value. What takes
	// its place gets memory that is still warm, and nobody has to look for garbage.
	deleted ending = 1024
)

// deletedBytes is how much memory a value may have that is freed with its key: the system takes its
// time to take back more than the arena keeps.
const deletedBytes = 4 << 20

// retireObject gives up the slot of a value whose entry has left the table:
// at once, or when no snapshot can see it any more.
func (s *shard) retireObject(i uint32, end ending) {
	s.uncount(i)
	delete(s.objects.tended, i)
	if !s.arena.Live() {
		s.endObject(i, end)
		return
	}
	release := end != survived
	// The members stay as they are for the snapshot's sake, and do not count as
	// used memory any more: else eviction would go on and on.
	kept := int64(0)
	if release {
		o := s.objects.slot(i).obj
		kept = o.MemoryUsage()
		if h, ok := o.(HeapUser); ok {
			kept -= h.HeapUsage()
		}
		s.arena.Disregard(kept)
	}
	// What runs later runs inside the arena, which must not be used from there:
	// the members are left to the sweeper.
	s.arena.RetireFunc(func() {
		if o := s.objects.drop(i); release {
			s.arena.Disregard(-kept)
			s.leave(o)
		}
	})
}

// leave hands a dying value to the sweeper.
func (s *shard) leave(o Object) {
	s.objects.sweep = append(s.objects.sweep, o)
	s.garbage.Add(1)
}

// Discard gives a value up that was made for a key of hash h, whose shard is locked, and
// that no key has got: a large one in the background.
func (ks *Keyspace) Discard(h uint64, v Value) {
	if v.Object != nil {
		ks.shards[ShardOf(h)].leave(v.Object)
	}
}

func (s *shard) endObject(i uint32, end ending) {
	o := s.objects.drop(i)
	if end == survived {
		return
	}
	many := o.Len() > int(end)
	if many && end == unlinked || o.MemoryUsage() > deletedBytes {
		s.leave(o)
		return
	}
	if many {
		end /= 2 // enough where many members are one thing to free, as in a list
	}
	if !o.Release(int(end)) {
		s.leave(o)
	}
}

// sweepObjects frees members of dying values, about budget of them, and
// reports whether something is left.
func (s *shard) sweepObjects(budget int) (more bool) {
	for n := len(s.objects.sweep); n > 0 && budget > 0; n-- {
		last := &s.objects.sweep[n-1]
		members := max((*last).Len(), 1)
		if !(*last).Release(budget) {
			return true
		}
		budget -= members
		*last = nil
		s.objects.sweep = s.objects.sweep[:n-1]
		s.garbage.Add(-1)
		s.stats.Swept++
	}
	return len(s.objects.sweep) > 0
}
