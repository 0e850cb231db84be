package zset

import (
	"github.com/ferrousdb/ferrous/core/btree"
	"github.com/ferrousdb/ferrous/core/dict"
	"github.com/ferrousdb/ferrous/core/listpack"
)

// Cursor is at an element of a sorted set, or at none, and then stays there. It
// walks in both directions and is valid until the set is changed.
//
//	c := view.At(rank)
//	for ; c.OK(); c.Next() { ... c.Member(), c.Score() ... } // declared in the for, it would be copied for each round
type Cursor struct {
	rank, n int
	pack    []byte // of a packed set, nil otherwise
	pos     int    // of the member in it
	tree    btree.Cursor
	scratch [20]byte
}

// OK reports whether the cursor is at an element.
func (c *Cursor) OK() bool { return uint(c.rank) < uint(c.n) }

// Rank returns the rank of the element.
func (c *Cursor) Rank() int { return c.rank }

// Next goes to the next element in ascending order; after the last to none.
func (c *Cursor) Next() {
	switch c.rank++; {
	case !c.OK():
		c.n = 0
	case c.pack == nil:
		c.tree.Next()
	default:
		c.pos = afterPair(c.pack, c.pos)
	}
}

// Prev goes to the element before; before the first to none.
func (c *Cursor) Prev() {
	switch c.rank--; {
	case !c.OK():
		c.n = 0
	case c.pack == nil:
		c.tree.Prev()
	default:
		c.pos = listpack.Prev(c.pack, listpack.Prev(c.pack, c.pos))
	}
}

// Member returns the member. An integer of a packed set has no bytes there: its
// text is in the cursor itself, until it moves or is copied.
func (c *Cursor) Member() []byte {
	if c.pack == nil {
		return dict.Key(c.tree.Item().Ref)
	}
	e, _ := listpack.Read(c.pack, c.pos)
	return e.Text(c.scratch[:])
}

// Score returns the score.
func (c *Cursor) Score() float64 {
	if c.pack == nil {
		return c.tree.Item().Score
	}
	return scoreAt(c.pack, c.pos)
}
