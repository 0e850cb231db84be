package set

import (
	"strconv"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/decimal"
	"github.com/ferrousdb/ferrous/core/dict"
	"github.com/ferrousdb/ferrous/core/intset"
	"github.com/ferrousdb/ferrous/core/listpack"
)

// Iter goes through the members of a set, which must not change meanwhile.
//
//	it := view.Iter()
//	for it.Next() { ... it.Member() ... } // declared in the for, it would be copied for each round
type Iter struct {
	form Form
	data []byte // Ints: the set; Pack: the region
	at   int    // of the next member there
	n    int

	walk    dict.Walker
	text    []byte    // the member, nil if it is a number in a packed set, or still to be read
	ref     arena.Ref // Large: its entry
	num     int64
	hash    uint64
	hashed  bool // hash is the member's
	scratch [20]byte
}

// Iter begins a walk through all members.
func (v View) Iter() Iter {
	it := Iter{form: v.form}
	switch v.form {
	case Ints:
		it.data, it.n = v.data, intset.Len(v.data)
	case Pack:
		it.data = listpack.Elements(v.data)
	case Large:
		it.walk = v.table.Walker()
	}
	return it
}

// Next goes to the next member and reports whether there is one.
func (it *Iter) Next() bool {
	it.hashed = false
	switch it.form {
	case Ints:
		if it.at == it.n {
			return false
		}
		it.num = intset.At(it.data, it.at)
		it.at++
	case Pack:
		if it.at == len(it.data) {
			return false
		}
		var e listpack.Element
		e, it.at = listpack.Read(it.data, it.at)
		n, ok := e.Int()
		if it.num = n; ok {
			it.text = nil
		} else {
			it.text = e.Text(nil)
		}
	case Large:
		if it.ref = it.walk.Next(); it.ref == 0 {
			return false
		}
		it.text = dict.Key(it.ref)
	default:
		return false
	}
	return true
}

// Member returns the member. If it is an integer of a packed set, its text is in
// the Iter itself and is valid until the next call of a method.
func (it *Iter) Member() []byte {
	switch {
	case it.text != nil:
	case it.form == Large:
		it.text = dict.Key(it.ref)
	default:
		return strconv.AppendInt(it.scratch[:0], it.num, 10)
	}
	return it.text
}

// Int returns the member as an integer if it is one.
func (it *Iter) Int() (n int64, ok bool) {
	if it.form == Large {
		return decimal.Parse(it.Member())
	}
	if it.text == nil {
		return it.num, true
	}
	return 0, false // a listpack keeps the text of an integer as a number
}

// hashIn returns the hash of the member, which it.Member() has returned, in a large set. It is
// the same in all of them, and computed once.
func (it *Iter) hashIn(l *large, member []byte) uint64 {
	if !it.hashed {
		it.hash, it.hashed = l.Hash(member), true
	}
	return it.hash
}

// In reports whether the member is in another set.
func (it *Iter) In(v View) bool {
	switch v.form {
	case Ints:
		n, ok := it.Int()
		if ok {
			_, ok = intset.Find(v.data, n)
		}
		return ok
	case Large:
		member := it.Member()
		_, ok := v.table.Find(it.hashIn(v.table, member), member)
		return ok
	}
	return v.Has(it.Member())
}
