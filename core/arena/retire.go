package arena

import (
	"sync/atomic"
	"unsafe"
)

// reclaimBatch bounds what one allocation does for blobs whose snapshots have ended.
const reclaimBatch = 256

// retireQueue holds freed blobs that a live snapshot may still see, oldest first.
// Stamps never decrease along the queue, so what is ripe is always at its front. The
// queue's blocks are blobs themselves: a snapshot under heavy writing queues millions,
// and a Go slice growing to that size would stall its writer.
type retireQueue struct {
	head, tail uint64 // *retireBlock
	next       int    // the first entry of head not yet freed
	count      int
	bytes      atomic.Int64 // written by the arena's owner
	funcs      []retiredFunc
}

// retireBlock lists blobs freed under one stamp.
type retireBlock struct {
	next  uint64
	stamp uint64
	n     uint64
	refs  [509]Ref
}

type retiredFunc struct {
	stamp uint64
	run   func()
}

func (a *Arena) retire(ref Ref) {
	if a.guard != 0 {
		a.pool.checkLive(ref)
		markRetired(ref)
	}
	q := &a.retired
	stamp := uint64(a.Epoch())
	b := (*retireBlock)(ptr(q.tail))
	if b == nil || b.stamp != stamp || b.n == uint64(len(b.refs)) {
		b = a.growRetired(stamp)
	}
	b.refs[b.n] = ref
	b.n++
	q.count++
	q.bytes.Add(int64(slabOf(ref).size))
	a.account(0)
}

func (a *Arena) growRetired(stamp uint64) *retireBlock {
	addr := uint64(a.Alloc(int(unsafe.Sizeof(retireBlock{})))) // may reclaim, and so empty the queue
	q := &a.retired
	q.bytes.Add(int64(slabOf(Ref(addr)).size)) // it, too, is there for the snapshot only
	b := (*retireBlock)(ptr(addr))
	b.next, b.stamp, b.n = 0, stamp, 0
	if q.tail == 0 {
		q.head, q.next = addr, 0
	} else {
		(*retireBlock)(ptr(q.tail)).next = addr
	}
	q.tail = addr
	return b
}

// Disregard makes Pool.Used leave out n bytes more (or fewer, if n is negative): blobs that
// are kept for snapshots only, but not retired one by one.
func (a *Arena) Disregard(n int64) {
	a.retired.bytes.Add(n)
	a.account(0)
}

// RetireFunc runs fn as soon as no snapshot that is live now remains: at once, or from
// a later Reclaim (or Alloc) under the arena's lock. fn must not use the arena.
func (a *Arena) RetireFunc(fn func()) {
	if !a.Live() {
		fn()
		return
	}
	a.retired.funcs = append(a.retired.funcs, retiredFunc{uint64(a.Epoch()), fn})
}

// Reclaim frees up to max blobs (and runs up to max functions) that were retired and
// that no live snapshot sees any more. It returns how many; less than max means that
// nothing ripe is left. Owners call it from a timer; allocation calls it too.
func (a *Arena) Reclaim(max int) int {
	q := &a.retired
	n := 0
	for n < max && q.head != 0 {
		b := (*retireBlock)(ptr(q.head))
		if !a.epochs.ripe(b.stamp) {
			break
		}
		if q.next == int(b.n) {
			a.popRetired(b)
			continue
		}
		ref := b.refs[q.next]
		q.next++
		q.count--
		q.bytes.Add(-int64(slabOf(ref).size))
		if a.guard != 0 {
			a.pool.checkRetired(ref)
		}
		a.free(ref)
		n++
	}
	a.account(0) // what was another arena's is not retired here any more
	return n + a.runRetired(max)
}

func (a *Arena) popRetired(b *retireBlock) {
	q := &a.retired
	block := Ref(q.head)
	q.bytes.Add(-int64(slabOf(block).size))
	q.head, q.next = b.next, 0
	if q.head == 0 {
		q.tail = 0
	}
	a.FreeNow(block)
}

func (a *Arena) runRetired(max int) int {
	q := &a.retired
	n := 0
	for n < len(q.funcs) && n < max && a.epochs.ripe(q.funcs[n].stamp) {
		q.funcs[n].run()
		q.funcs[n].run = nil
		n++
	}
	if q.funcs = q.funcs[n:]; len(q.funcs) == 0 {
		q.funcs = nil
	}
	return n
}

// Retired is how many blobs wait for snapshots to end or for Reclaim.
func (a *Arena) Retired() int { return a.retired.count }

// RetiredBytes is what they take with what remembers them. It is part of Used. Anybody may
// ask, whoever owns the arena.
func (a *Arena) RetiredBytes() int64 { return a.retired.bytes.Load() }
