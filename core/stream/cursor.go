package stream

import (
	"github.com/ferrousdb/ferrous/core/listpack"
)

// Walking entries in either direction.

// Cursor walks entries whose IDs are in a range. It is valid until the stream is changed.
type Cursor struct {
	o        *object
	from, to ID
	reverse  bool
	in       where
	done     bool

	first  ID // of the block
	region []byte
	head   header
	pos    int
}

// Range returns a cursor over the entries between two IDs, both included, in order.
func (v View) Range(from, to ID) Cursor {
	c := Cursor{o: v.o, from: from, to: to, done: v.Len() == 0 || to.Less(from)}
	if c.done {
		return c
	}
	w, ok := c.o.seek(from)
	if !ok {
		w, _ = c.o.firstBlock()
	}
	c.enter(w)
	if c.first.Less(from) {
		c.pos = c.locate(from)
	}
	return c
}

// Reverse is Range from the last entry to the first.
func (v View) Reverse(from, to ID) Cursor {
	c := Cursor{o: v.o, from: from, to: to, reverse: true, done: v.Len() == 0 || to.Less(from)}
	if c.done {
		return c
	}
	w, ok := c.o.seek(to)
	if c.done = !ok; ok {
		c.enter(w)
		if after, ok := to.Next(); ok {
			c.pos = c.locate(after)
		}
	}
	return c
}

// enter goes to the beginning of a block, or to its end.
func (c *Cursor) enter(w where) {
	b := c.o.block(w)
	c.in, c.first, c.region = w, b.first, b.region()
	c.head = readHeader(c.region)
	if c.reverse {
		c.pos = len(c.region)
	} else {
		c.pos = c.head.entries(c.region)
	}
}

// locate returns where the first entry of the block begins that does not come before an ID, looking
// for it from the end that is probably the nearer one.
func (c *Cursor) locate(id ID) int {
	if c.near(id) {
		for pos := len(c.region); ; {
			at, ok := before(c.region, pos)
			if !ok || c.idAt(at).Less(id) {
				return pos
			}
			pos = at
		}
	}
	pos := c.head.entries(c.region)
	for pos < len(c.region) {
		e, _, next := c.head.scan(c.region, pos, c.first)
		if !e.ID.Less(id) {
			break
		}
		pos = next
	}
	return pos
}

func (c *Cursor) idAt(pos int) ID {
	_, pos = listpack.ReadInt(c.region, pos)
	ms, pos := listpack.ReadInt(c.region, pos)
	seq, _ := listpack.ReadInt(c.region, pos)
	return ID{c.first.Ms + uint64(ms), c.first.Seq + uint64(seq)}
}

// near reports whether an ID is nearer to the end of the block than to its beginning, by its time.
func (c *Cursor) near(id ID) bool {
	end := c.o.last
	if next, ok := c.o.nextBlock(c.in); ok {
		end = c.o.block(next).first
	}
	switch {
	case !id.Less(end):
		return true
	case end.Ms == c.first.Ms:
		return end.Seq-id.Seq < id.Seq-c.first.Seq
	}
	return end.Ms-id.Ms < id.Ms-c.first.Ms
}

// Next returns the next entry, if there is one.
func (c *Cursor) Next() (e Entry, ok bool) {
	if c.reverse {
		return c.back()
	}
	for !c.done {
		for c.pos < len(c.region) {
			var flags int64
			e, flags, c.pos = c.head.scan(c.region, c.pos, c.first)
			if c.to.Less(e.ID) {
				c.done = true
				return Entry{}, false
			}
			if flags&flagDeleted == 0 && !e.ID.Less(c.from) {
				return e, true
			}
		}
		w, ok := c.o.nextBlock(c.in)
		if c.done = !ok; ok {
			c.enter(w)
		}
	}
	return Entry{}, false
}

// ids is Next, forward, for many entries of which only the IDs are wanted: it fills list, and returns how many there are.
func (c *Cursor) ids(list []ID) (n int) {
	for !c.done {
		n += c.idsHere(list[n:])
		if n == len(list) || c.done {
			break
		}
		w, ok := c.o.nextBlock(c.in)
		if c.done = !ok; ok {
			c.enter(w)
		}
	}
	return n
}

// idsHere is ids for those of the block.
func (c *Cursor) idsHere(list []ID) (n int) {
	b, pos, first, fields := c.region, c.pos, c.first, c.head.fields
	for n < len(list) && pos < len(b) {
		flags, at := listpack.ReadInt(b, pos)
		ms, at := listpack.ReadInt(b, at)
		seq, at := listpack.ReadInt(b, at)
		id := ID{first.Ms + uint64(ms), first.Seq + uint64(seq)}
		if c.to.Less(id) {
			c.done = true
			break
		}
		skip := fields
		if flags&flagSameFields == 0 {
			var own int64
			own, at = listpack.ReadInt(b, at)
			skip = 2 * int(own)
		}
		for range skip {
			at = listpack.Next(b, at)
		}
		pos = listpack.Next(b, at)
		if flags&flagDeleted == 0 && !id.Less(c.from) {
			list[n] = id
			n++
		}
	}
	c.pos = pos
	return n
}

func (c *Cursor) back() (e Entry, ok bool) {
	for !c.done {
		for {
			at, ok := before(c.region, c.pos)
			if !ok {
				break
			}
			e, flags, _ := c.head.scan(c.region, at, c.first)
			c.pos = at
			if e.ID.Less(c.from) {
				c.done = true
				return Entry{}, false
			}
			if flags&flagDeleted == 0 && !c.to.Less(e.ID) {
				return e, true
			}
		}
		w, ok := c.o.prevBlock(c.in)
		if c.done = !ok; ok {
			c.enter(w)
		}
	}
	return Entry{}, false
}

// Left returns how many entries the cursor is still to come to, behind the one of an ID that it has
// returned.
func (c *Cursor) Left(behind ID) int {
	if c.reverse {
		to, ok := behind.Prev()
		if !ok {
			return 0
		}
		return View{c.o}.Count(c.from, to)
	}
	from, ok := behind.Next()
	if !ok {
		return 0
	}
	return View{c.o}.Count(from, c.to)
}
