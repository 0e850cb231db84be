package zset

import "github.com/ferrousdb/ferrous/core/listpack"

// Cursor is at an element of a sorted set, or at none, and then stays there. It
// walks in both directions and is valid until the set is changed.
//
//	for c := view.At(rank); c.OK(); c.Next() { ... c.Member(), c.Score() ... }
type Cursor struct {
	rank, n int

	pack    []byte
	pos     int // of the member
	scratch [20]byte
}

// seek finds the element of the cursor's rank.
func (c *Cursor) seek() {
	if !c.OK() {
		return
	}
	if c.rank < c.n/2 {
		c.pos = listpack.Seek(c.pack, 2*c.rank)
	} else {
		c.pos = listpack.SeekBack(c.pack, 2*(c.n-c.rank)-1)
	}
}

// OK reports whether the cursor is at an element.
func (c *Cursor) OK() bool { return uint(c.rank) < uint(c.n) }

// Rank returns the rank of the element.
func (c *Cursor) Rank() int { return c.rank }

// Next goes to the next element in ascending order; after the last to none.
func (c *Cursor) Next() {
	if c.rank++; c.OK() {
		c.pos = afterPair(c.pack, c.pos)
	} else {
		c.n = 0
	}
}

// Prev goes to the element before; before the first to none.
func (c *Cursor) Prev() {
	if c.rank--; c.OK() {
		c.pos = listpack.Prev(c.pack, listpack.Prev(c.pack, c.pos))
	} else {
		c.n = 0
	}
}

// Member returns the member. An integer of a packed set has no bytes there: its
// text is in the cursor itself, until it moves or is copied.
func (c *Cursor) Member() []byte {
	e, _ := listpack.Read(c.pack, c.pos)
	return e.Text(c.scratch[:])
}

// Score returns the score.
func (c *Cursor) Score() float64 { return scoreAt(c.pack, c.pos) }
