package list

import (
	"slices"

	"github.com/ferrousdb/ferrous/core/decimal"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/listpack"
)

// packedKind is the kind of a packed list.
var packedKind = keyspace.MakeKind(keyspace.List, 1)

// View reads a list. The zero View is empty. Indexes count from 0 and are below
// Len unless a method says otherwise.
type View struct {
	pack  []byte // of a packed list
	large *large
	live  bool // see Read
}

// Of returns the view of a value, which is a list; the zero Value, a missing key,
// gives an empty one.
func Of(v keyspace.Value) View {
	l, _ := v.Object.(*large)
	return View{v.Data, l, false}
}

// Read is Of for a command that holds the lock of the key's shard: what it reads is in use, and not left
// to be compressed. Elements are valid until another one is read by the command.
func Read(v keyspace.Value) View {
	view := Of(v)
	view.live = view.large != nil
	return view
}

// Encoding is what OBJECT ENCODING calls the form of a list.
func Encoding(v keyspace.Value) string {
	if v.Kind.IsObject() {
		return "quicklist"
	}
	return "listpack"
}

// Len returns the number of elements.
func (v View) Len() int {
	switch {
	case v.large != nil:
		return v.large.n
	case v.pack == nil:
		return 0
	}
	return listpack.Len(v.pack)
}

// Peek returns the element at an end of a list that has one.
func (v View) Peek(end End) listpack.Element {
	b := v.first(end)
	pos := 0
	if end == Back {
		pos = listpack.Prev(b, len(b))
	}
	e, _ := listpack.Read(b, pos)
	return e
}

// first is the region at an end.
func (v View) first(end End) []byte {
	if v.large != nil {
		return v.large.ends[end].region()
	}
	return listpack.Elements(v.pack)
}

// Get returns the element at an index.
func (v View) Get(i int) listpack.Element {
	if v.live && v.large.squeezed > 0 {
		if p, off := v.large.find(i); v.large.chunkAt(p).head().form == compressed {
			v.large.used(p)
			return v.large.chunkAt(p).peek(off, v.large.a)
		}
	}
	c := v.At(i)
	e, _ := c.Next()
	return e
}

// Find returns the index of the first element that has these bytes.
func (v View) Find(value []byte) (index int, ok bool) {
	c, index, ok := v.search(value)
	if ok {
		index += listpack.Count(c.region[:c.pos])
	}
	return index, ok
}

// search returns a cursor before the first element that has these bytes, and how many
// elements the chunks before its own have.
func (v View) search(value []byte) (c Cursor, before int, ok bool) {
	for c = v.At(0); ; {
		if c.pos, ok = listpack.Find(c.region, 0, value, 0); ok {
			return c, before, true
		}
		if v.large == nil {
			return c, 0, false
		}
		before += int(v.large.chunkAt(c.at).head().count)
		if !c.forward() {
			return c, 0, false
		}
	}
}

// holds reports whether an element has these bytes, looking from the end.
func (l *large) holds(value []byte) bool {
	var buf []byte
	for p, ok := l.place(Back), l.n > 0; ok; p, ok = l.prev(p) {
		if _, found := listpack.Find(l.chunkAt(p).read(&buf), 0, value, 0); found {
			return true
		}
	}
	return false
}

// Cursor is a place between two elements of a list, or at one of its ends. It is
// valid until the list is changed; an element that it hands out, until it hands out the
// next one, unless it is told to Keep them. A copy of it takes its place.
type Cursor struct {
	region []byte // of the chunk, or of the packed list
	pos    int
	large  *large
	at     place
	buf    []byte // what a compressed chunk is expanded into
	keeps  bool   // it is not used again
	live   bool   // see Read
}

// Frozen returns the cursor for going on when the lock is let go, while a snapshot keeps the value.
func (c Cursor) Frozen() Cursor {
	if c.live && c.buf != nil { // it is the shard's
		c.buf, c.region = nil, slices.Clone(c.region)
	}
	c.live = false
	return c
}

// At returns a cursor before the element at an index; at Len it is behind all.
func (v View) At(i int) Cursor {
	l := v.large
	switch {
	case l != nil && l.n == 0:
		return Cursor{}
	case l != nil && i == l.n:
		p := l.place(Back)
		b := l.chunkAt(p).region()
		return Cursor{region: b, pos: len(b), large: l, at: p, live: v.live}
	case l != nil:
		p, off := l.find(i)
		c := Cursor{large: l, live: v.live}
		c.enter(p)
		c.pos = seek(c.region, int(l.chunkAt(p).head().count), off)
		return c
	case v.pack == nil:
		return Cursor{}
	}
	b := listpack.Elements(v.pack)
	if n := listpack.Len(v.pack); i > n/2 && i < n {
		return Cursor{region: b, pos: listpack.SeekBack(b, n-1-i)}
	}
	return Cursor{region: b, pos: listpack.Seek(b, i)}
}

// Keep makes elements that are handed out from now on valid until the list is changed.
func (c *Cursor) Keep() {
	*c = c.Frozen()
	c.keeps, c.buf = true, nil
}

// enter moves to the beginning of the chunk at a place.
func (c *Cursor) enter(p place) {
	switch {
	case c.keeps:
		c.buf = nil
	case c.live && c.buf == nil && c.large.squeezed > 0:
		c.buf = c.large.a.Buffer(defaultBytes)
	}
	c.at, c.region, c.pos = p, c.large.chunkAt(p).read(&c.buf), 0
	if c.live {
		c.large.used(p)
	}
}

// Next returns the element behind the cursor, if there is one, and moves over it.
func (c *Cursor) Next() (e listpack.Element, ok bool) {
	if c.pos == len(c.region) && !c.forward() {
		return e, false
	}
	e, c.pos = listpack.Read(c.region, c.pos)
	return e, true
}

// Prev returns the element before the cursor, if there is one, and moves over it.
func (c *Cursor) Prev() (e listpack.Element, ok bool) {
	if c.pos == 0 && !c.backward() {
		return e, false
	}
	c.pos = listpack.Prev(c.region, c.pos)
	e, _ = listpack.Read(c.region, c.pos)
	return e, true
}

// Run returns the elements behind the cursor that lie together, as a region, and
// moves over them; ok is false if there are none. It is Next for whoever wants many.
func (c *Cursor) Run() (region []byte, ok bool) {
	if c.pos == len(c.region) && !c.forward() {
		return nil, false
	}
	region = c.region[c.pos:]
	c.pos = len(c.region)
	return region, true
}

// Step is Next if away is Back, and Prev if it is Front.
func (c *Cursor) Step(away End) (e listpack.Element, ok bool) {
	if away == Back {
		return c.Next()
	}
	return c.Prev()
}

// forward moves to the beginning of the next chunk.
func (c *Cursor) forward() bool {
	if c.large == nil {
		return false
	}
	p, ok := c.large.next(c.at)
	if ok {
		c.enter(p)
	}
	return ok
}

// backward moves to the end of the chunk before.
func (c *Cursor) backward() bool {
	if c.large == nil {
		return false
	}
	p, ok := c.large.prev(c.at)
	if ok {
		c.enter(p)
		c.pos = len(c.region)
	}
	return ok
}

// Pattern is a value to compare many elements with.
type Pattern struct {
	text []byte
	n    int64
	num  bool
}

// PatternOf prepares a value, which must stay as it is while the Pattern is used.
func PatternOf(value []byte) Pattern {
	n, num := decimal.Parse(value)
	return Pattern{value, n, num}
}

// Matches reports whether an element has the bytes of the value.
func (p Pattern) Matches(e listpack.Element) bool {
	if n, ok := e.Int(); ok {
		return p.num && n == p.n
	}
	return string(e.Text(nil)) == string(p.text)
}
