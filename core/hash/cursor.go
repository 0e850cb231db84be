package hash

import (
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/dict"
	"github.com/ferrousdb/ferrous/core/listpack"
)

// Cursor goes through the fields of a hash, which must not change meanwhile.
//
//	c := view.Fields()
//	for c.Next() { ... c.Field(), c.Value() ... } // declared in the for, it would be copied for each round
type Cursor struct {
	pack  []byte
	pos   int // of the next pair
	field int // the elements of this one
	value int

	walk dict.Walker
	ref  arena.Ref // the entry in the large form, 0 in the packed one
	now  int64

	scratch [2][20]byte
}

// Fields begins a walk through all fields.
func (v View) Fields() Cursor {
	c := Cursor{pack: v.pack, now: v.now}
	if v.t != nil {
		c.walk = v.t.Walker()
	}
	return c
}

// Next goes to the next field and reports whether there is one.
func (c *Cursor) Next() bool {
	if c.pos < len(c.pack) {
		c.field = c.pos
		c.value = listpack.Next(c.pack, c.field)
		c.pos = listpack.Next(c.pack, c.value)
		return true
	}
	for {
		ref := c.walk.Next()
		if ref == 0 {
			return false
		}
		if !expired(ref, c.now) {
			c.ref = ref
			return true
		}
	}
}

// Field returns the field. An integer of a packed hash has no bytes there: its
// text is in the cursor itself, until it moves or is copied.
func (c *Cursor) Field() []byte {
	if c.ref != 0 {
		return dict.Key(c.ref)
	}
	e, _ := listpack.Read(c.pack, c.field)
	return e.Text(c.scratch[0][:])
}

// Value returns the field's value; see Field.
func (c *Cursor) Value() []byte {
	if c.ref != 0 {
		return dict.Value(c.ref)
	}
	e, _ := listpack.Read(c.pack, c.value)
	return e.Text(c.scratch[1][:])
}

// Expire returns when the field expires, in Unix milliseconds; 0 means never.
func (c *Cursor) Expire() int64 {
	if c.ref != 0 {
		return max(dict.Expire(c.ref), 0)
	}
	return 0
}
