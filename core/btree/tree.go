package btree

import (
	"bytes"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/dict"
)

// Item is a scored member: Ref is the dict entry whose key is the member.
type Item struct {
	Score float64
	Ref   arena.Ref
}

// Tree is a counted B+tree. Init it before use. A copy of one is a frozen view;
// see the package comment.
type Tree struct {
	root  arena.Ref
	count int
	nodes int
	arena *arena.Arena
}

// Init makes an empty tree whose nodes come from a.
func (t *Tree) Init(a *arena.Arena) { *t = Tree{arena: a} }

// Rehome makes the tree allocate from a, an arena of the same pool, from now on.
func (t *Tree) Rehome(a *arena.Arena) { t.arena = a }

// Len returns the number of items.
func (t *Tree) Len() int { return t.count }

// MemoryUsed returns the number of bytes in nodes.
func (t *Tree) MemoryUsed() int { return t.nodes * nodeSize }

// Order says what a Bound compares.
type Order uint8

// The orders.
const (
	ByScore  Order = iota // the score
	ByItem                // the score, and of equal ones the member
	ByMember              // the member; meant for a tree whose scores are all equal
)

// Bound is a place in the order of items: before what compares equal, or after it.
type Bound struct {
	Score  float64
	Member []byte
	Order  Order
	After  bool
}

// itemBound is the place of an item itself.
func itemBound(it Item) Bound { return Bound{Score: it.Score, Member: dict.Key(it.Ref), Order: ByItem} }

// below reports whether an item lies below the bound.
func (b *Bound) below(score float64, ref arena.Ref) bool {
	if b.Order != ByMember && score != b.Score {
		return score < b.Score
	}
	if b.Order == ByScore {
		return b.After
	}
	c := bytes.Compare(dict.Key(ref), b.Member)
	return c < 0 || c == 0 && b.After
}

// search returns how many of the keys lie below the bound. Scores are compared
// first, without looking at members: those of different scores are far away in
// memory, and mostly there is at most one of the same.
func (b *Bound) search(scores []float64, refs []arena.Ref) int {
	lo, hi := 0, len(scores)
	if b.Order != ByMember {
		lo = lowerBound(scores, b.Score)
		hi = lo
		for hi < len(scores) && scores[hi] == b.Score {
			hi++
		}
		if b.Order == ByScore {
			if b.After {
				return hi
			}
			return lo
		}
	}
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if b.below(scores[mid], refs[mid]) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// lowerBound returns how many of the scores, which are in order, are below s. It has
// no branch that depends on them, since none could be predicted.
func lowerBound(scores []float64, s float64) int {
	at, n := 0, len(scores)
	for n > 0 {
		half := (n + 1) / 2
		next := at + half
		if scores[next-1] < s {
			at = next
		}
		n -= half
	}
	return at
}

// Below returns the number of items below the bound: the rank of the first that
// is not.
func (t *Tree) Below(b Bound) int {
	if t.root == 0 {
		return 0
	}
	rank := 0
	h := headAt(t.root)
	for h.level > 0 {
		i := b.search(h.keys()) - 1
		if i < 0 {
			return rank
		}
		p := h.asInner()
		for _, c := range p.counts[:i] {
			rank += c
		}
		h = p.kid(i)
	}
	return rank + b.search(h.keys())
}

// Rank returns the rank of an item of the tree.
func (t *Tree) Rank(it Item) int {
	return t.Below(itemBound(it))
}

// seek returns the leaf that holds the item of a rank, and its place in there.
func (t *Tree) seek(rank int) (*leaf, int) {
	h := headAt(t.root)
	for h.level > 0 {
		p := h.asInner()
		var i int
		i, rank = p.find(rank)
		h = p.kid(i)
	}
	return h.asLeaf(), rank
}

// Cursor is at an item of a tree, and valid until the tree is changed.
type Cursor struct {
	tree *Tree
	leaf *leaf
	i    int
	rank int
}

// At returns a cursor at the item of a rank, 0 <= rank < Len.
func (t *Tree) At(rank int) Cursor {
	l, i := t.seek(rank)
	return Cursor{t, l, i, rank}
}

// Item returns the item that the cursor is at.
func (c *Cursor) Item() Item { return c.leaf.item(c.i) }

// Next goes to the next item, of which there must be one.
func (c *Cursor) Next() {
	c.rank++
	if c.i++; c.i == int(c.leaf.n) {
		c.leaf, c.i = c.tree.seek(c.rank)
	}
}

// Prev goes to the item before, of which there must be one.
func (c *Cursor) Prev() {
	c.rank--
	if c.i--; c.i < 0 {
		c.leaf, c.i = c.tree.seek(c.rank)
	}
}
