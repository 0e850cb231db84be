package set

import (
	"math/bits"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/dict"
)

// Meeting goes through those members of a set that are in all of some others, or in none, which are the same
// in all calls. Among large sets some members at a time are looked up together.
//
//	m := view.Meeting()
//	for m.NextIn(others) { ... m.Member() ... }
type Meeting struct {
	Iter
	lot dict.Lot // of a large set
	fit uint     // members of the lot that fit into those others that are large and are still to come, a bit each
}

// Meeting begins such a walk.
func (v View) Meeting() Meeting { return Meeting{Iter: v.Iter()} }

// NextIn goes to the next member that is in all others and reports whether there is one.
func (m *Meeting) NextIn(others []View) bool { return m.next(others, false) }

// NextOutside goes to the next member that is in none of the others.
func (m *Meeting) NextOutside(others []View) bool { return m.next(others, true) }

func (m *Meeting) next(others []View, without bool) bool {
	for m.step(others, without) {
		if m.restFits(others, without) {
			return true
		}
	}
	return false
}

// restFits looks into those others in which step has not looked.
func (m *Meeting) restFits(others []View, without bool) bool {
	for i := range others {
		o := &others[i]
		if (o.form != Large || m.form != Large) && m.In(*o) == without {
			return false
		}
	}
	return true
}

// step goes to the next member, of a large set to the next that fits into all large ones.
func (m *Meeting) step(others []View, without bool) bool {
	if m.form != Large {
		return m.Iter.Next()
	}
	for m.fit == 0 {
		if !m.lot.Take(&m.walk) {
			return false
		}
		m.fit = 1<<m.lot.N - 1
		for i := range others {
			if others[i].form != Large {
				continue
			}
			var found [dict.LotSize]arena.Ref
			if in := others[i].table.FindLot(&m.lot, &found); without {
				m.fit &^= in
			} else {
				m.fit &= in
			}
		}
	}
	i := bits.TrailingZeros(m.fit)
	m.fit &= m.fit - 1
	m.ref, m.text, m.hashed = m.lot.Refs[i], nil, false // its bytes are asked for only if somebody wants them
	return true
}
