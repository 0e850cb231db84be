package streams

import (
	"strconv"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/listpack"
	"github.com/ferrousdb/ferrous/core/stream"
)

// array is an array in a reply whose length turns out in the end.
type array struct {
	at    int // where its head is, see resp.Writer.Mark
	guess int
	n     int
}

// begin writes the head of an array that has probably guess elements. A wrong guess costs that what follows is moved.
func begin(c *core.Ctx, guess int) array {
	a := array{at: c.Mark(), guess: guess}
	c.Array(guess)
	return a
}

// end writes the head that is right.
func (a *array) end(c *core.Ctx) {
	if a.n != a.guess {
		a.endAs(c, '*')
	}
}

// endAs is end for another kind of aggregate than an array.
func (a *array) endAs(c *core.Ctx, kind byte) {
	var head, old [24]byte
	h := append(strconv.AppendInt(append(head[:0], kind), int64(a.n), 10), '\r', '\n')
	was := len(append(strconv.AppendInt(append(old[:0], '*'), int64(a.guess), 10), '\r', '\n'))
	c.Replace(a.at, was, h)
}

func replyID(c *core.Ctx, id stream.ID) {
	var text [stream.MaxIDText]byte
	c.Bulk(id.Append(text[:0]))
}

func replyElement(c *core.Ctx, e listpack.Element) {
	if n, ok := e.Int(); ok {
		c.BulkInt(n)
		return
	}
	c.Bulk(e.Text(nil))
}

// replyEntry writes an entry: its ID, and its fields and values.
func replyEntry(c *core.Ctx, e *stream.Entry) {
	c.Array(2)
	entryParts(c, e)
}

// entryParts is replyEntry without the head of the array.
func entryParts(c *core.Ctx, e *stream.Entry) {
	replyID(c, e.ID)
	c.Array(2 * e.Fields)
	p := e.Pairs()
	for range e.Fields {
		field, value := p.Next()
		replyElement(c, field)
		replyElement(c, value)
	}
}

// replyEntries writes the entries that a cursor comes to, up to count of them if it is not 0; guess is how many there
// probably are.
func replyEntries(c *core.Ctx, cur *stream.Cursor, count int64, guess int) {
	a := begin(c, guess)
	for count == 0 || int64(a.n) < count {
		e, ok := cur.Next()
		if !ok {
			break
		}
		replyEntry(c, &e)
		a.n++
	}
	a.end(c)
}
