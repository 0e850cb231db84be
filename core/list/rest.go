package list

import (
	"math"

	"github.com/ferrousdb/ferrous/core/keyspace"
)

// A list at rest: the sweeper compresses what lies deep in a long list and has not been asked for in limits.idle seconds. Each page
// knows for how long that is so for its chunks. Pushing and popping touch nothing but the ends, so a queue's middle is at rest however
// busy the queue is. Commands that read expand into a buffer, and what they write is plain from then on; a page of which much is read
// in compressed form within a second becomes plain again.
//
// With limits.depth nothing of this happens, since then everything is compressed at once.

// Tending is for what is much longer than its ends.
const (
	leastTended = 256 // chunks between the ends, of a list that is tended
	alwaysPlain = 16  // chunks at each end that are not compressed for being idle
	muchRead    = 1000
)

// What is done in one step of Tend.
const (
	stepChunks = 2   // compressed or expanded: some ten microseconds each
	stepSlots  = 256 // looked at
)

// rest is what a page knows of its being used. It belongs to whoever holds the lock of the list's shard: no snapshot looks at it.
type rest struct {
	idle uint16 // seconds
	read uint16 // chunks that were expanded for reading in this second
	next uint16 // the slot where Tend goes on
	done bool   // it has come to the end
	busy bool   // so much is read that the page is to become plain
}

// touch says that chunks of the page are used, of which some were compressed.
func (r *rest) touch(expanded int) {
	r.idle = 0
	r.read = uint16(min(int(r.read)+expanded, math.MaxUint16))
}

// again makes Tend look at all chunks once more.
func (r *rest) again() { r.next, r.done = 0, false }

// second says that one has passed.
func (r *rest) second() {
	r.idle = uint16(min(int(r.idle)+1, math.MaxUint16))
	if r.read >= muchRead {
		r.busy = true
		r.again()
	}
	r.read = 0
}

// Tended is keyspace.Tender's.
func (l *large) Tended() bool {
	n := 0
	for i := range l.pages {
		n += l.pages[i].chunks
	}
	return n >= leastTended
}

// Tend is keyspace.Tender's.
func (l *large) Tend(ks *keyspace.Keyspace, now int64) (more bool) {
	lim := limitsOf(ks.Packed(keyspace.List))
	if lim.idle == 0 || lim.depth > 0 {
		return false
	}
	if sec := now / 1000; sec != l.second {
		l.second = sec
		for i := range l.pages {
			l.pages[i].second()
		}
	}
	for i := range l.pages {
		p := &l.pages[i]
		if !p.done && (p.busy || int(p.idle) >= lim.idle) {
			l.tendPage(i)
			return true
		}
	}
	return false
}

// tendPage brings some chunks of a page into the form that they should have.
func (l *large) tendPage(i int) {
	p := &l.pages[i]
	first, last := l.deep(i)
	if p.busy {
		first, last = 0, p.chunks
	}
	at, todo := max(int(p.next), first), stepChunks
	for end := at + stepSlots; at < end && at < last && todo > 0; at++ {
		c := p.slots()[at].chunk()
		var to chunk
		switch form := c.head().form; {
		case form == compressed && p.busy:
			to = l.release(c)
		case form == plain && !p.busy:
			to = l.squeeze(c)
		default:
			continue
		}
		todo--
		if to != c {
			l.put(place{i, at}, to)
		}
	}
	if p.next = uint16(at); at >= last {
		p.done, p.busy = !p.busy, false
		p.next = 0
	}
}

// deep returns which slots of a page are deep enough to be compressed when they are at rest.
func (l *large) deep(i int) (first, last int) {
	before, behind := l.outside(i)
	return max(alwaysPlain-before, 0), l.pages[i].chunks - max(alwaysPlain-behind, 0)
}

// used says that the chunk at a place has been read by somebody who holds the lock.
func (l *large) used(p place) {
	if p.page < 0 || p.page == len(l.pages) {
		return
	}
	pg, expanded := &l.pages[p.page], 0
	if pg.slots()[p.slot].chunk().head().form == compressed {
		expanded = 1
	}
	pg.touch(expanded)
}
