package list

import (
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/listpack"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// A chunk between the ends may be compressed. Behind its head stands then, in LZF, the listpack that it would be in
// Redis: so a dump takes it as it is. Who reads it expands it into a buffer (chunk.read), who changes it puts it back as
// a plain one first (large.plain), and what a change leaves plain is compressed again when the change is done
// (large.settle). The ends are plain always.
//
// limits.depth is how many chunks at each end stay plain, and 0 leaves all of them so. It is what the parameter says at
// the moment: a list that was made under another one takes it up chunk by chunk, as they are changed or pushed inwards.

// form is what stands behind the head of a chunk.
type form uint8

const (
	plain      form = iota // a region
	compressed             // a listpack in LZF; head.start is how long it is when expanded
	stubborn               // a region that has been tried, and not become shorter
)

// What is compressed: from how many bytes on, as in Redis, and up to how many, since nothing large is done in one step.
// A chunk is longer than that only if its one element is.
const (
	leastSqueezed = 48
	mostSqueezed  = 128 << 10
)

// size is how long the region of a chunk is when it is plain.
func (h *head) size() int {
	if h.form == compressed {
		return int(h.start) - listpack.Overhead
	}
	return h.len()
}

// lzf is what stands in a compressed chunk.
func (c chunk) lzf() []byte {
	n := int(c.head().end)
	return c.bytes(n)[headSize:n:n]
}

// read returns the elements of a chunk for reading: those of a compressed one lie in buf then, which grows if need be
// and is empty before.
func (c chunk) read(buf *[]byte) []byte {
	h := c.head()
	if h.form != compressed {
		return c.region()
	}
	n := int(h.start)
	if cap(*buf) < n {
		*buf = make([]byte, n)
	}
	*buf = (*buf)[:n]
	c.expand(*buf)
	return listpack.Elements(*buf)
}

// expand decompresses a chunk into the whole of dst.
func (c chunk) expand(dst []byte) {
	if err := rdb.ExpandLZF(dst, c.lzf()); err != nil {
		panic("list: " + err.Error()) // we have made it: memory is broken
	}
}

// peek returns element i of a compressed chunk. Only what is before it is expanded, into the arena's buffer.
func (c chunk) peek(i int, a *arena.Arena) listpack.Element {
	const step, begins = 1 << 10, 16 // an element's beginning tells how long it is
	n, rest, full := int(c.head().start), c.lzf(), 0
	pack := a.Buffer(n)
	expand := func(to int) {
		if to = min(to, n); full < to {
			var err error
			if rest, full, err = rdb.ExpandLZFTo(pack, full, rest, min(to+step, n)); err != nil {
				panic("list: " + err.Error())
			}
		}
	}
	for pos := listpack.HeaderSize; ; i-- {
		expand(pos + begins)
		next := listpack.Next(pack, pos)
		if i == 0 {
			expand(next)
			e, _ := listpack.Read(pack, pos)
			return e
		}
		pos = next
	}
}

// squeeze returns a chunk in compressed form, which takes its place everywhere but in its slot; if that would not save an
// eighth, the chunk itself.
func (l *large) squeeze(c chunk) chunk {
	h := c.head()
	n := h.len() + listpack.Overhead
	if h.form != plain || n < leastSqueezed || n > mostSqueezed {
		return c
	}
	// Both are made in memory of the arena that is given back at once, and do not trouble the collector.
	limit := n - n/8
	pack, out := l.a.Alloc(n), l.a.Alloc(limit)
	lzf, ok := rdb.AppendLZF(arena.Bytes(out, limit)[:0], listpack.AppendPack(arena.Bytes(pack, n)[:0], c.region(), int(h.count)), limit)
	if ok {
		to := l.makeCompressed(lzf, h.count, n)
		l.freeChunk(c)
		c = to
	} else if l.private(h.epoch) {
		h.form = stubborn
	}
	l.a.FreeNow(out)
	l.a.FreeNow(pack)
	return c
}

// makeCompressed makes a chunk of count elements that are n bytes when expanded.
func (l *large) makeCompressed(lzf []byte, count uint16, n int) chunk {
	c := l.newChunk(len(lzf), Back)
	h := c.head() // field by field: as a whole it is longer than headSize
	h.form, h.count, h.start, h.end = compressed, count, uint32(n), uint32(headSize+len(lzf))
	copy(c.lzf(), lzf)
	l.squeezed++
	return c
}

// release returns a chunk in plain form, which takes its place everywhere but in its slot.
func (l *large) release(c chunk) chunk {
	h := c.head()
	if h.form != compressed {
		return c
	}
	// The listpack's head, which is not needed, lies over the end of ours for a moment; its end needs a byte.
	n := int(h.start)
	to := l.newChunk(n-listpack.HeaderSize, Back)
	c.expand(to.bytes(headSize - listpack.HeaderSize + n)[headSize-listpack.HeaderSize:])
	t := to.head()
	t.start, t.end = headSize, uint32(headSize+n-listpack.Overhead)
	t.count, t.form = h.count, plain
	l.freeChunk(c)
	return to
}

// plain returns the chunk at a place for changing.
func (l *large) plain(p place) chunk {
	c := l.chunkAt(p)
	if c.head().form != compressed {
		return c
	}
	c = l.release(c)
	l.put(p, c)
	return c
}

// inwards returns the place between the ends that is at a distance of one of them, if there is one.
func (l *large) inwards(end End, distance int) (p place, ok bool) {
	at := distance - 1 // among the chunks between
	for i := range l.pages {
		if end == Back {
			i = len(l.pages) - 1 - i
		}
		n := l.pages[i].chunks
		if at >= n {
			at -= n
			continue
		}
		if end == Back {
			at = n - 1 - at
		}
		return place{i, at}, true
	}
	return place{}, false
}

// depth returns how far a place is from the nearer end.
func (l *large) depth(p place) int {
	if p.page < 0 || p.page == len(l.pages) {
		return 0
	}
	before, behind := l.outside(p.page)
	return min(before+p.slot, behind+l.pages[p.page].chunks-1-p.slot)
}

// outside returns how many chunks there are before and behind those of a page, the ends among them.
func (l *large) outside(page int) (before, behind int) {
	before, behind = 1, 1
	for i := range l.pages {
		switch {
		case i < page:
			before += l.pages[i].chunks
		case i > page:
			behind += l.pages[i].chunks
		}
	}
	return before, behind
}

// copy makes another list's chunk one of this list, in the form that it has.
func (l *large) copy(from chunk) chunk {
	if from.head().form != compressed {
		return l.fill(from.region(), int(from.head().count))
	}
	h := from.head()
	return l.makeCompressed(from.lzf(), h.count, int(h.start))
}

// settle ends a change that has left the chunk at a place plain.
func (l *large) settle(p place, lim limits) {
	if lim.depth == 0 || l.depth(p) < lim.depth {
		return
	}
	c := l.chunkAt(p)
	if to := l.squeeze(c); to != c {
		l.put(p, to)
	}
}

// settlePages is settle for all chunks of the pages from first to last.
func (l *large) settlePages(first, last int, lim limits) {
	if lim.depth == 0 {
		return
	}
	for i := first; i <= last; i++ {
		for s := range l.pages[i].chunks {
			if p := (place{i, s}); l.chunkAt(p).head().form == plain {
				l.settle(p, lim)
			}
		}
	}
}

// grown says that there are n chunks more than before: as many have come to lie deeper than the limit at an end.
func (l *large) grown(end End, n int, lim limits) {
	for i := range n {
		if lim.depth == 0 {
			return
		}
		p, ok := l.inwards(end, lim.depth+i)
		if !ok {
			return
		}
		l.settle(p, lim)
	}
}

// shrunk says that there are fewer chunks than before at an end: compressed ones may lie too near to it.
func (l *large) shrunk(end End, lim limits) {
	for i := 1; i < lim.depth && l.squeezed > 0; i++ {
		p, ok := l.inwards(end, i)
		if !ok {
			return
		}
		l.plain(p)
	}
}
