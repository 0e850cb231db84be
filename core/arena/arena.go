package arena

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

// PublishStep is how many bytes an arena's use may change before it tells its pool,
// unless Publish says otherwise.
const PublishStep = 2 << 10

// Arena allocates blobs for one owner. It is not safe for concurrent use: the owner's
// lock protects it. Blobs of one arena may be freed through another arena of the same
// pool, under that one's lock; they return to their owner by a small queue.
type Arena struct {
	bins    [numClass]uint64 // lists of slabs with room, fullest first
	used    int64            // bytes of all blobs handed out and not taken back
	told    int64            // what the pool knows of used, less what is retired
	holes   int64            // bytes of blobs taken back, in slabs that are in use
	toldOf  int64            // the part of holes that the pool knows of
	step    int64            // how far told may be from the truth
	pool    *Pool
	epochs  *Epochs
	seen    uint64 // the newest snapshot of this arena, or of one whose data came here
	id      uint32
	guard   int  // bytes at the end of each blob that are not the caller's (poison)
	scratch bool // its large blobs are not counted, see NewScratch
	buf     []byte

	retired retireQueue
	remote  remoteQueue
}

// remoteQueue holds blobs of this arena freed through other arenas.
type remoteQueue struct {
	bytes atomic.Int64 // what is in refs and gone, for accounting without the mutex
	mu    sync.Mutex
	refs  []Ref
	gone  int64 // bytes of large blobs, which do not wait for their owner
}

// Alloc returns a blob of at least n bytes, contents undefined. It is 8-byte aligned;
// without poisoning, 64-byte aligned if n is a size class and a multiple of 64. Alloc
// panics with *OutOfMemory if the system gives no memory; the arena is then unchanged.
func (a *Arena) Alloc(n int) Ref {
	if uint(n) > maxSmall || a.guard != 0 {
		return a.allocSlow(n)
	}
	c := classOf(n)
	if a.bins[c] == 0 {
		a.refill(c)
	}
	return a.take(c)
}

// allocSlow is Alloc for large blobs and for poisoning mode.
func (a *Arena) allocSlow(n int) Ref {
	if n < 0 {
		panic("arena: Alloc of a negative size")
	}
	n += a.guard
	if n > maxSmall {
		return a.allocLarge(n)
	}
	c := classOf(n)
	if a.bins[c] == 0 {
		a.refill(c)
	}
	if s := slabAt(a.bins[c]); s.free != 0 && a.guard != 0 {
		checkPoison(Ref(s.free), s)
	}
	ref := a.take(c)
	if a.guard != 0 {
		markLive(ref)
	}
	return ref
}

// take hands out a blob of class c, which has a slab with room.
func (a *Arena) take(c int) Ref {
	s := slabAt(a.bins[c])
	ref := s.free
	if ref != 0 {
		s.free = *word(ref + uint64(s.link))
		a.holes -= int64(s.size)
	} else {
		ref = s.bump
		s.bump += s.size
	}
	s.used++
	if s.used == s.total {
		a.unlink(s)
	}
	a.account(int64(s.size))
	return Ref(ref)
}

// Free gives the blob back. While a snapshot is live that may still see it, it keeps
// its contents and is reused only after. ref may belong to any arena of the pool.
func (a *Arena) Free(ref Ref) {
	if a.Live() {
		a.retire(ref)
		return
	}
	a.FreeNow(ref)
}

// FreeNow gives back a blob that no live snapshot can see, because it was allocated
// after the newest began or was never reachable.
func (a *Arena) FreeNow(ref Ref) {
	if a.guard != 0 {
		a.pool.checkLive(ref)
	}
	a.free(ref)
}

func (a *Arena) free(ref Ref) {
	s := slabOf(ref)
	if s.kind != kindSlab {
		a.pool.drop(ref, s, a)
		return
	}
	if s.owner != a.id {
		a.pool.arena(s.owner).freeRemote(ref, s)
		return
	}
	a.give(ref, s)
}

// give takes back a blob of this arena's slab s.
func (a *Arena) give(ref Ref, s *slab) {
	a.account(-int64(s.size))
	if a.guard != 0 {
		markFree(ref, s)
	}
	*word(uint64(ref) + uint64(s.link)) = s.free
	s.free = uint64(ref)
	a.holes += int64(s.size)
	if s.used == s.total {
		a.push(s)
	}
	s.used--
	if s.used == 0 {
		a.emptied(s)
	}
}

// emptied returns the slab to the pool unless it is the only one of its class with
// room: keeping that one spares a class in light use from taking and returning a slab
// again and again. An empty slab is so always the last of its list.
func (a *Arena) emptied(s *slab) {
	if s.next != s.addr() {
		a.release(s)
		return
	}
	if a.guard == 0 { // poisoning wants to check each blob when it is reused
		a.holes -= int64(s.bump - s.start())
		s.free, s.bump = 0, s.start()
	}
}

// account notes that the blobs in use changed by n bytes.
func (a *Arena) account(n int64) {
	a.used += n
	if d := a.used - a.retired.bytes.Load() - a.told; d > a.step || d < -a.step {
		a.publish()
	}
}

// CountHeap counts n bytes more as used (or fewer, if n is negative) that are no blobs:
// what values hold on the Go heap.
func (a *Arena) CountHeap(n int64) { a.account(n) }

// Publish makes the arena tell its pool whenever its use has changed by more than step
// bytes. With small steps all arenas write to the same place often.
func (a *Arena) Publish(step int64) {
	a.step = step
	a.publish()
}

func (a *Arena) publish() {
	d := a.used - a.retired.bytes.Load() - a.told
	a.told += d
	a.pool.used.Add(d)
	a.pool.holes.Add(a.holes - a.toldOf)
	a.toldOf = a.holes
}

// Cap is the number of bytes the blob holds, at least what Alloc was asked for.
func (a *Arena) Cap(ref Ref) int { return int(slabOf(ref).size) - a.guard }

// Used is the exact number of bytes in blobs handed out and not freed, each counted
// with its whole size class, and what CountHeap was told. Blobs retired for a snapshot's sake count until they are
// reclaimed (see Retired).
func (a *Arena) Used() int64 { return a.used - a.remote.bytes.Load() }

// Sparse reports whether moving the blob to a new one would help its slab to empty: the
// slab is at most three quarters full, and new blobs come from another. A blob of
// another arena is always better moved.
func (a *Arena) Sparse(ref Ref) bool {
	s := slabOf(ref)
	if s.owner != a.id {
		return true
	}
	return s.kind == kindSlab && s.used <= s.total/4*3 && a.bins[s.class] != s.addr()
}

// Buffer returns n bytes of any content on the Go heap, for whoever holds the lock of the arena, until the next call or until
// the lock is let go.
func (a *Arena) Buffer(n int) []byte {
	const least = 8 << 10
	if cap(a.buf) < n {
		a.buf = make([]byte, max(n, least))
	}
	return a.buf[:n]
}

// Epochs is shared by all arenas of the pool.
func (a *Arena) Epochs() *Epochs { return a.epochs }

// Pool is where the arena gets its memory.
func (a *Arena) Pool() *Pool { return a.pool }

// Trim returns to the pool the empty slabs kept as spares.
func (a *Arena) Trim() { a.TrimSome(numClass) }

// TrimSome is Trim of at most so many slabs, for whoever must not keep others waiting.
func (a *Arena) TrimSome(most int) {
	a.drainRemote()
	for _, head := range a.bins {
		if head == 0 {
			continue
		}
		if last := slabAt(slabAt(head).prev); last.used == 0 {
			if most--; most < 0 {
				break
			}
			a.release(last)
		}
	}
	a.publish()
}

// refill provides class c with a slab that has room.
func (a *Arena) refill(c int) {
	a.drainRemote()
	a.Reclaim(reclaimBatch)
	if a.bins[c] != 0 {
		return
	}
	cl := &classes[c]
	start := a.pool.allocChunks(uint64(cl.chunks) << chunkShift)
	s := a.format(start, int(cl.chunks), kindSlab)
	s.class = uint8(c)
	s.bump = start
	s.size = uint64(cl.size)
	s.total = cl.count
	if a.guard != 0 {
		s.link = uint16(cl.size - 8)
	}
	a.push(s)
}

// format writes the headers of a run of chunks taken from the pool.
func (a *Arena) format(start uint64, chunks, kind int) *slab {
	s := slabHeader(start)
	head := uint16(start & regionMask >> chunkShift)
	*(*[1 << slabShift]byte)(unsafe.Pointer(s)) = [1 << slabShift]byte{}
	s.owner, s.chunks, s.head, s.kind = a.id, uint16(chunks), head, uint8(kind)
	for i := 1; i < chunks; i++ {
		slabHeader(start + uint64(i)<<chunkShift).head = head
	}
	return s
}

// release returns an empty slab of a list to the pool.
func (a *Arena) release(s *slab) {
	if a.guard != 0 {
		checkSlab(s)
	}
	a.unlink(s)
	a.holes -= int64(s.bump - s.start())
	s.kind = kindNone
	a.pool.freeChunks(s.start(), uint64(s.chunks)<<chunkShift)
}

// push puts s first in its class's list. A slab gets there when it was full and a
// blob came back: being nearly full it is the best to allocate from next, and sparse
// slabs further back get time to drain.
func (a *Arena) push(s *slab) {
	self, head := s.addr(), a.bins[s.class]
	if head == 0 {
		s.next, s.prev = self, self
	} else {
		h := slabAt(head)
		s.next, s.prev = head, h.prev
		slabAt(h.prev).next = self
		h.prev = self
	}
	a.bins[s.class] = self
}

func (a *Arena) unlink(s *slab) {
	self := s.addr()
	if s.next == self {
		a.bins[s.class] = 0
		return
	}
	slabAt(s.next).prev = s.prev
	slabAt(s.prev).next = s.next
	if a.bins[s.class] == self {
		a.bins[s.class] = s.next
	}
}

// freeRemote is called on the owner of the blob under another arena's lock.
func (a *Arena) freeRemote(ref Ref, s *slab) {
	a.remote.mu.Lock()
	a.remote.refs = append(a.remote.refs, ref)
	a.remote.bytes.Add(int64(s.size))
	a.pool.used.Add(-int64(s.size))
	a.remote.mu.Unlock()
}

// Settle takes back what was freed through other arenas.
func (a *Arena) Settle() { a.drainRemote() }

// drainRemote takes back what other arenas freed.
func (a *Arena) drainRemote() {
	if a.remote.bytes.Load() == 0 {
		return
	}
	a.remote.mu.Lock()
	refs, gone := a.remote.refs, a.remote.gone
	a.remote.refs, a.remote.gone = nil, 0
	a.remote.mu.Unlock()
	a.remote.bytes.Add(-gone)
	a.told -= gone // as below
	a.account(-gone)
	for _, ref := range refs {
		s := slabOf(ref)
		a.remote.bytes.Add(-int64(s.size))
		a.told -= int64(s.size) // the pool knows already
		a.give(ref, s)
	}
}
