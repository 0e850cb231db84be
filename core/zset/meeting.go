package zset

import (
	"math/bits"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/btree"
	"github.com/ferrousdb/ferrous/core/dict"
)

// Meeting goes through those members of a large sorted set that are in all of some others, or in none.
// Some members at a time are looked up together.
//
//	m, ok := view.Meet(others, true)
//	for m.Next() { ... m.Member(), m.Score(), m.Of(0) ... }
type Meeting struct {
	ordered bool
	without bool
	tree    btree.Cursor // where the next members are, if they come in order
	left    int
	walk    dict.Walker // if not
	others  []*large
	lot     dict.Lot
	found   [][dict.LotSize]arena.Ref // of each other the entry of a lot's member
	fit     uint                      // members of the lot that fit and are still to come, a bit each
	i       int                       // the one that Next is at
}

// Meet returns the walk through the members that are in all others; ordered says that they have to come in
// their order. It is not ok if one of the sets is a packed one.
func (v View) Meet(others []View, ordered bool) (m Meeting, ok bool) {
	if v.large == nil {
		return m, false
	}
	m.others = make([]*large, len(others))
	for i, o := range others {
		if m.others[i] = o.large; o.large == nil {
			return m, false
		}
	}
	m.found = make([][dict.LotSize]arena.Ref, len(others))
	if m.ordered = ordered; ordered {
		m.tree, m.left = v.large.tree.At(0), v.n
	} else {
		m.walk = v.large.index.Walker()
	}
	return m, true
}

// Without is Meet, in order, for the members that are in none of the others.
func (v View) Without(others []View) (m Meeting, ok bool) {
	m, ok = v.Meet(others, true)
	m.without = true
	return m, ok
}

// Next goes to the next such member and reports whether there is one.
func (m *Meeting) Next() bool {
	for m.fit == 0 {
		if !m.take() {
			return false
		}
		m.fit = 1<<m.lot.N - 1
		for i, o := range m.others {
			if in := o.index.FindLot(&m.lot, &m.found[i]); m.without {
				m.fit &^= in
			} else {
				m.fit &= in
			}
		}
	}
	m.i = bits.TrailingZeros(m.fit)
	m.fit &= m.fit - 1
	return true
}

func (m *Meeting) take() bool {
	if !m.ordered {
		return m.lot.Take(&m.walk)
	}
	m.lot.Reset()
	for m.left > 0 && m.lot.N < dict.LotSize {
		m.lot.Add(m.tree.Item().Ref)
		if m.left--; m.left > 0 {
			m.tree.Next()
		}
	}
	return m.lot.N > 0
}

// Member returns the member, valid until the set changes.
func (m *Meeting) Member() []byte { return dict.Key(m.lot.Refs[m.i]) }

// Score returns its score.
func (m *Meeting) Score() float64 { return entryScore(m.lot.Refs[m.i]) }

// Of returns its score in one of the others, of which it is in all.
func (m *Meeting) Of(other int) float64 { return entryScore(m.found[other][m.i]) }
