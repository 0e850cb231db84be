package stream

import (
	"iter"

	"github.com/ferrousdb/ferrous/core/keyspace"
)

// View is a stream to read from. The zero View is empty.
type View struct{ o *object }

// Of returns the view of a value, which is a stream; the zero Value, a missing key, gives
// an empty one.
func Of(v keyspace.Value) View {
	o, _ := v.Object.(*object)
	return View{o}
}

// OK reports whether there is a stream, be it empty.
func (v View) OK() bool { return v.o != nil }

// Len returns the number of entries.
func (v View) Len() int {
	if v.o == nil {
		return 0
	}
	return v.o.n
}

// Last returns the greatest ID that an entry ever had, or that was set.
func (v View) Last() ID {
	if v.o == nil {
		return ID{}
	}
	return v.o.last
}

// MaxDeleted returns the greatest ID of those that were deleted one by one.
func (v View) MaxDeleted() ID { return v.o.deleted }

// Added returns how many entries were ever added.
func (v View) Added() uint64 { return v.o.added }

// Blocks returns the number of blocks.
func (v View) Blocks() int { return v.o.blockCount() }

// BlockIDs visits the IDs of the blocks, in order.
func (v View) BlockIDs() iter.Seq[ID] {
	return func(yield func(ID) bool) {
		for w, ok := v.o.firstBlock(); ok && yield(v.o.block(w).first); {
			w, ok = v.o.nextBlock(w)
		}
	}
}

// First returns the ID of the first entry, the zero one if there is none.
func (v View) First() ID {
	if v.Len() > 0 && v.o.more != nil {
		return v.o.more.first
	}
	return v.findFirst()
}

func (v View) findFirst() ID {
	if v.Len() == 0 {
		return ID{}
	}
	c := v.Range(ID{}, MaxID)
	e, _ := c.Next()
	return e.ID
}

// Top returns the ID of the last entry, the zero one if there is none.
func (v View) Top() ID {
	if v.Len() == 0 {
		return ID{}
	}
	c := v.Reverse(ID{}, MaxID)
	e, _ := c.Next()
	return e.ID
}

// Get returns the entry of an ID.
func (v View) Get(id ID) (e Entry, ok bool) {
	c := v.Range(id, id)
	return c.Next()
}

// Count returns how many entries have IDs between two, both included. Blocks that are whole in between are not
// looked into.
func (v View) Count(from, to ID) (n int) {
	if v.Len() == 0 || to.Less(from) {
		return 0
	}
	end, ok := v.o.seek(to)
	if !ok {
		return 0
	}
	w, ok := v.o.seek(from)
	if !ok {
		w, _ = v.o.firstBlock()
	}
	for {
		b := v.o.block(w)
		if w != end && !b.first.Less(from) {
			n += int(b.live)
		} else {
			low, high := from, b.lastID()
			if low.Less(b.first) {
				low = b.first
			}
			if to.Less(high) {
				high = to
			}
			c := v.Range(low, high)
			for _, ok := c.Next(); ok; _, ok = c.Next() {
				n++
			}
		}
		if w == end {
			return n
		}
		w, _ = v.o.nextBlock(w)
	}
}
