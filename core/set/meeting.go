package set

import (
	"math/bits"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/dict"
)

// Meeting goes through those members of a set that are in all of some others, or in none. Among large sets
// some members at a time are looked up together.
//
//	m := view.Meet(others)
//	for m.Next() { ... m.Member() ... }
type Meeting struct {
	Iter
	without bool
	rest    []View // of the others, what is looked into member by member
	lots    *lots  // nil: that is all of them
}

// lots is the part of a Meeting that is about tables.
type lots struct {
	tables []*large
	lot    dict.Lot
	fit    uint // members of the lot that fit and are still to come, a bit each
}

// Meet returns the walk through the members that are in all others.
func (v View) Meet(others []View) Meeting { return v.meet(others, false) }

// Without returns the walk through the members that are in none of the others.
func (v View) Without(others []View) Meeting { return v.meet(others, true) }

func (v View) meet(others []View, without bool) Meeting {
	m := Meeting{Iter: v.Iter(), without: without, rest: others}
	if v.form != Large {
		return m
	}
	m.lots, m.rest = &lots{tables: make([]*large, 0, len(others))}, nil
	for _, o := range others {
		if o.form == Large {
			m.lots.tables = append(m.lots.tables, o.table)
		} else {
			m.rest = append(m.rest, o)
		}
	}
	return m
}

// Next goes to the next such member and reports whether there is one.
func (m *Meeting) Next() bool {
	for m.step() {
		if m.restFits() {
			return true
		}
	}
	return false
}

func (m *Meeting) restFits() bool {
	for i := range m.rest {
		if m.In(m.rest[i]) == m.without {
			return false
		}
	}
	return true
}

// step goes to the next member of which the tables know nothing bad.
func (m *Meeting) step() bool {
	l := m.lots
	if l == nil {
		return m.Iter.Next()
	}
	for l.fit == 0 {
		if !l.lot.Take(&m.walk) {
			return false
		}
		l.fit = 1<<l.lot.N - 1
		for _, t := range l.tables {
			var found [dict.LotSize]arena.Ref
			if in := t.FindLot(&l.lot, &found); m.without {
				l.fit &^= in
			} else {
				l.fit &= in
			}
		}
	}
	i := bits.TrailingZeros(l.fit)
	l.fit &= l.fit - 1
	m.ref, m.text, m.hashed = l.lot.Refs[i], nil, false // its bytes are asked for only if somebody wants them
	return true
}
