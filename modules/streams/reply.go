package streams

import (
	"strconv"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/listpack"
	"github.com/ferrousdb/ferrous/core/resp"
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

func replyID(w *resp.Writer, id stream.ID) {
	var text [stream.MaxIDText]byte
	w.Bulk(id.Append(text[:0]))
}

func replyElement(w *resp.Writer, e listpack.Element) {
	if n, ok := e.Int(); ok {
		w.BulkInt(n)
		return
	}
	w.Bulk(e.Text(nil))
}

// replyEntry writes an entry: its ID, and its fields and values.
func replyEntry(w *resp.Writer, e *stream.Entry) {
	w.Array(2)
	entryParts(w, e)
}

// entryParts is replyEntry without the head of the array.
func entryParts(w *resp.Writer, e *stream.Entry) {
	replyID(w, e.ID)
	w.Array(2 * e.Fields)
	p := e.Pairs()
	for range e.Fields {
		field, value := p.Next()
		replyElement(w, field)
		replyElement(w, value)
	}
}

// large reports whether so much has been written since a mark that the rest is to be left for later.
func large(w *resp.Writer, since int) bool { return w.Mark()-since >= resp.PieceSize }

// later leaves n elements of a reply to one, which writes the next of them from what the key of e holds now.
func later(c *core.Ctx, e keyspace.Entry, n int, one func(w *resp.Writer)) {
	c.Later(e, func(w *resp.Writer) bool {
		for at := w.Mark(); n > 0 && !large(w, at); n-- {
			one(w)
		}
		return n > 0
	})
}

// replyMany writes n elements by one, which writes the next of them, as many as is good at once. e is the key's entry.
func replyMany(c *core.Ctx, e keyspace.Entry, n int, one func(w *resp.Writer)) {
	for at := c.Mark(); n > 0; n-- {
		if large(c.Writer, at) {
			later(c, e, n, one)
			return
		}
		one(c.Writer)
	}
}

// replyEntries writes the entries that a cursor comes to, up to count of them if it is not 0; guess is how many there
// probably are. e is the key's entry.
func replyEntries(c *core.Ctx, e keyspace.Entry, cur *stream.Cursor, count int64, guess int) {
	a := begin(c, guess)
	for count == 0 || int64(a.n) < count {
		x, ok := cur.Next()
		if !ok {
			break
		}
		replyEntry(c.Writer, &x)
		if a.n++; large(c.Writer, a.at) {
			left := cur.Left(x.ID)
			if count > 0 {
				left = int(min(int64(left), count-int64(a.n)))
			}
			a.n += left
			a.end(c)
			laterEntries(c, e, *cur, left)
			return
		}
	}
	a.end(c)
}

// laterEntries leaves n entries that a cursor comes to for later.
func laterEntries(c *core.Ctx, e keyspace.Entry, cur stream.Cursor, n int) {
	later(c, e, n, func(w *resp.Writer) {
		x, _ := cur.Next()
		replyEntry(w, &x)
	})
}
