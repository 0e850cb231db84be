package core

import (
	"bytes"
	"unsafe"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// A large string value that a command makes is made as a draft, by a Job, in a place
// where it can stay.

// PutOffFrom is the number of bytes from which moving them is worth a Job. One takes a few
// milliseconds for it.
const PutOffFrom = 4 << 20

// draftStep is how many bytes of a draft are made at once.
const draftStep = 1 << 20

// Draft is a string value that was made before it is stored.
type Draft struct {
	made *keyspace.Arrival
	n    int
	from []source
	args []func() // release arguments that are held
}

// source is the text of a key as it was.
type source struct {
	text    []byte // nil if there was no such key
	release func() // nil if text is a copy
}

func sourceOf(e keyspace.Entry) source {
	if !e.OK() {
		return source{}
	}
	text := e.Text(make([]byte, 0, 20))
	if release, ok := e.Hold(); ok {
		return source{text, release}
	}
	return source{text: append([]byte{}, text...)}
}

// same reports whether a key is as it was. What is held is not changed in place.
func (s source) same(e keyspace.Entry) bool {
	switch {
	case !e.OK() || s.text == nil:
		return !e.OK() && s.text == nil
	case s.release != nil:
		data := e.Data()
		return len(data) == len(s.text) && unsafe.SliceData(data) == unsafe.SliceData(s.text)
	}
	var tmp [20]byte
	return bytes.Equal(e.Text(tmp[:]), s.text)
}

// Draft puts the command off until a string of n bytes is made from the texts of some keys,
// which may be missing: fill makes the bytes of dst, which begin at the offset at.
func (c *Ctx) Draft(n, spare int, from []keyspace.Entry, fill func(dst []byte, at int, from [][]byte)) error {
	return c.draft(&Draft{n: n}, spare, from, fill)
}

func (c *Ctx) draft(d *Draft, spare int, from []keyspace.Entry, fill func(dst []byte, at int, from [][]byte)) error {
	d.made = c.Exec.Arrivals().Make(d.n, spare)
	texts := make([][]byte, 0, len(from))
	for _, e := range from {
		s := sourceOf(e)
		d.from = append(d.from, s)
		texts = append(texts, s.text)
	}
	at := 0
	return c.Prepare(&Job{Made: d, Drop: d.Drop, Step: func() bool {
		dst := d.made.Room()
		dst = dst[:min(draftStep, d.n-at)]
		fill(dst, at, texts)
		d.made.Added(len(dst))
		at += len(dst)
		return at < d.n
	}})
}

// Drop gives up what the draft has, whether it was stored or not.
func (d *Draft) Drop() {
	d.made.Release()
	for _, s := range d.from {
		if s.release != nil {
			s.release()
		}
	}
	for _, release := range d.args {
		release()
	}
}

// Drafted returns the draft that the command was put off for, if the keys that it was
// made of are as they were; else nil.
func (c *Ctx) Drafted(from ...keyspace.Entry) *Draft {
	if c.Prepared == nil {
		return nil
	}
	d, ok := c.Prepared.Made.(*Draft)
	if !ok || len(d.from) != len(from) {
		return nil
	}
	for i, s := range d.from {
		if !s.same(from[i]) {
			return nil
		}
	}
	return d
}

// Len is how long the string is.
func (d *Draft) Len() int { return d.n }

// Put gives a key the string; expire is as in keyspace.DB.Put. It is called once.
func (d *Draft) Put(c *Ctx, key []byte, expire int64) {
	c.DB.PutMade(c.HashOf(key), key, d.made, expire, c.Now)
}

// HoldArg holds an argument that has been received where it can stay, beyond the call
// and for a Job.
func (c *Ctx) HoldArg(arg []byte) (release func(), ok bool) {
	for _, a := range c.Arrivals {
		if unsafe.SliceData(a.Bytes()) == unsafe.SliceData(arg) {
			return a.Hold(), true
		}
	}
	return nil, false
}

// WriteText writes a piece into the string of a key (e; the zero Entry is a missing
// key, which is created), at an offset, and returns the string for writing. It becomes as
// long as that takes, and n bytes at least, with zeros where there was nothing. If much is to
// be moved for it the command is put off: the error is to be returned.
func (c *Ctx) WriteText(key []byte, e keyspace.Entry, n, at int, piece []byte) ([]byte, error) {
	n = max(n, at+len(piece))
	if moves := e.TextMoves(n); moves >= PutOffFrom || moves+len(piece) >= 4*PutOffFrom {
		if d := c.Drafted(e); d != nil {
			d.Put(c, key, keyspace.KeepTTL)
			e := c.DB.FindHashed(c.HashOf(key), key, c.Now, keyspace.KeepExpired)
			data := e.Writable()
			if len(d.args) == 0 {
				copy(data[at:], piece)
			}
			return data, nil
		}
		if c.MayPrepare() {
			return nil, c.draftText(e, n, at, piece)
		}
	}
	data := c.DB.PadText(c.HashOf(key), key, e, n, c.Now)
	arena.Copy(data[at:], piece)
	return data, nil
}

func (c *Ctx) draftText(e keyspace.Entry, n, at int, piece []byte) error {
	old := 0
	if e.OK() {
		old = e.TextLen()
	}
	d := &Draft{n: max(n, old)}
	if release, ok := c.HoldArg(piece); ok {
		d.args = append(d.args, release)
	} else {
		piece = nil
	}
	spare := 0
	if e.OK() && n > old {
		spare = n / 8
	}
	return c.draft(d, spare, []keyspace.Entry{e}, func(dst []byte, from int, texts [][]byte) {
		clear(dst[copy(dst, texts[0][min(from, len(texts[0])):]):])
		if lo, hi := max(from, at), min(from+len(dst), at+len(piece)); lo < hi {
			copy(dst[lo-from:], piece[lo-at:hi-at])
		}
	})
}

// DraftOf makes a draft of a string that lies elsewhere, for the Job that calls it. in is where
// (Executor.Arrivals).
func DraftOf(text []byte, in *keyspace.Arrivals, pause func()) *Draft {
	d := &Draft{n: len(text), made: in.Make(len(text), 0)}
	for at := 0; at < d.n; at += draftStep {
		copy(d.made.Bytes()[at:min(at+draftStep, d.n)], text[at:])
		pause()
	}
	return d
}
