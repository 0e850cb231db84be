package list

import (
	"slices"
	"unsafe"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/listpack"
)

// End is an end of a list.
type End uint8

// The ends. Front is what Redis calls left or the head.
const (
	Front End = iota
	Back
)

// Other returns the opposite end.
func (e End) Other() End { return e ^ 1 }

// large is a list in chunks.
type large struct {
	a     *arena.Arena
	ends  [2]chunk // the first and the last; the same if there is only one
	n     int      // elements. 0: what is left of the chunks is garbage
	mem   int64    // bytes of chunks and pages
	grew  bool     // by a chunk: the list may have to be tended
	pages []page   // those between

	squeezed int   // chunks that are compressed
	second   int64 // Unix time of the last Tend
}

var _ keyspace.Tender = (*large)(nil)

// count returns the number of elements of the chunk at an end.
func (l *large) count(end End) int { return int(l.ends[end].head().count) }

// push adds an element at an end.
func (l *large) push(end End, value []byte, lim limits) {
	size := listpack.Size(value)
	c := l.ends[end]
	if l.n == 0 || !l.hasGap(c, end, size, lim) {
		c = l.makeGap(end, size, lim)
	}
	h := c.head()
	at := h.end
	if end == Front {
		h.start -= uint32(size)
		at = h.start
	} else {
		h.end += uint32(size)
	}
	h.count++
	l.n++
	listpack.Put(c.bytes(int(at) + size)[at:], value)
}

// hasGap reports whether an element of that size may be written at an end of a
// chunk as it is.
func (l *large) hasGap(c chunk, end End, size int, lim limits) bool {
	h := c.head()
	gap := int(h.start) - headSize
	if end == Back {
		gap = l.a.Cap(arena.Ref(c)) - int(h.end)
	}
	return size <= gap && lim.fits(h, size) && l.private(h.epoch)
}

// makeGap brings about that the chunk at an end has room for an element there: by
// moving it to a larger blob, or by beginning another one.
func (l *large) makeGap(end End, size int, lim limits) chunk {
	if l.n == 0 {
		l.clear()
	}
	if c := l.ends[end]; c != 0 {
		if h := c.head(); lim.fits(h, size) {
			return l.move(c, l.roomFor(h.len()+size, lim), end)
		}
		if l.ends[Front] != l.ends[Back] {
			l.insert(l.place(end).inner(), l.fit(c))
			l.grew = true
		}
	}
	c := l.newChunk(l.roomFor(size, lim), end)
	l.ends[end] = c
	if l.ends[end.Other()] == 0 {
		l.ends[end.Other()] = c
	}
	l.grown(end, 1, lim)
	return c
}

// inner is where a chunk at an end goes when another one comes outside of it.
func (p place) inner() place { return place{page: max(p.page, 0)} }

// firstGap is the smallest room that a chunk at an end begins with.
const firstGap = 128

// roomFor is how much room a chunk at an end gets that needs n bytes: twice as
// much, so that pushing costs O(1); an eighth of the list, so that chunks of a long
// list are made in full at once; but not more than a chunk may have.
func (l *large) roomFor(n int, lim limits) int {
	return max(n, min(max(2*n, firstGap, int(l.mem/8)), lim.bytes-headSize))
}

// drop removes the k elements, of at most all, that are next to an end.
func (l *large) drop(end End, k int, lim limits) {
	if k >= l.n {
		l.n = 0 // the key is going to be deleted, with all its chunks
		return
	}
	l.n -= k
	n := l.count(end)
	if k < n {
		l.shorten(l.ends[end], end, k)
		return
	}
	for ; k >= n; n = l.count(end) {
		k -= n
		l.dropChunk(end)
	}
	if k > 0 {
		l.shorten(l.ends[end], end, k)
	}
	l.shrunk(end, lim)
}

// dropChunk removes the chunk at an end, which is not the only one.
func (l *large) dropChunk(end End) {
	l.freeChunk(l.ends[end])
	c, ok := l.take(end)
	if !ok {
		c = l.ends[end.Other()]
	}
	l.ends[end] = l.release(c)
}

// shorten removes k elements of the chunk at an end, but not all of them. A chunk
// that needs only a quarter of its blob moves to a smaller one.
func (l *large) shorten(c chunk, end End, k int) {
	c = l.own(c)
	h := c.head()
	b := c.region()
	switch {
	case k > 1 && end == Front:
		h.start += uint32(c.seek(k))
	case k > 1:
		h.end = h.start + uint32(c.seek(int(h.count)-k))
	case end == Front:
		h.start += uint32(listpack.Next(b, 0))
	default:
		h.end = h.start + uint32(listpack.Prev(b, len(b)))
	}
	h.count -= uint16(k)
	if room := l.a.Cap(arena.Ref(c)); room > 2*firstGap && headSize+h.len() < room/4 {
		l.move(c, 2*h.len(), end)
	}
}

// clear frees everything.
func (l *large) clear() {
	for !l.Release(1 << 20) {
	}
}

// Thaw is keyspace.Object's.
func (l *large) Thaw() keyspace.Object {
	next := *l
	next.pages = slices.Clone(l.pages)
	return &next
}

// Release is keyspace.Object's. A chunk counts as one.
func (l *large) Release(budget int) (done bool) {
	for ; budget > 0 && len(l.pages) > 0; budget-- {
		c, _ := l.take(Back)
		l.freeChunk(c)
	}
	if len(l.pages) > 0 {
		return false
	}
	if l.ends[Back] != l.ends[Front] {
		l.freeChunk(l.ends[Back])
	}
	if l.ends[Front] != 0 {
		l.freeChunk(l.ends[Front])
	}
	l.ends = [2]chunk{}
	l.pages, l.n = nil, 0
	return true
}

// Rehome is keyspace.Object's.
func (l *large) Rehome(a *arena.Arena) { l.a = a }

// MemoryUsage is keyspace.Object's.
func (l *large) MemoryUsage() int64 {
	return l.mem + int64(unsafe.Sizeof(*l)) + int64(cap(l.pages))*int64(unsafe.Sizeof(page{}))
}

// Len is keyspace.Object's.
func (l *large) Len() int { return l.n }
