package streams

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/resp"
	"github.com/ferrousdb/ferrous/core/stream"
)

// full is the part of XINFO STREAM FULL that is about groups, in small steps: there may be any number of groups, of
// consumers of a group and of entries that are pending.
type full struct {
	v      stream.View
	count  int64 // how many of what is pending are shown in each list; 0 for all
	groups stream.GroupCursor
	left   int // groups, the one at work included

	stage     fullStage
	g         stream.Group
	consumers stream.ConsumerCursor
	others    int // consumers that are still to come
	pending   stream.PendingCursor
	records   int // of the list that are still to come
}

// fullStage is what a group has come to.
type fullStage uint8

const (
	atGroup     fullStage = iota // its beginning
	atPending                    // what is pending
	atConsumers                  // its consumers, and what is pending for each
)

// reply writes all; e is the key's entry.
func (f *full) reply(c *core.Ctx, e keyspace.Entry) {
	for at := c.Mark(); f.left > 0; f.step(c.Writer) {
		if large(c.Writer, at) {
			c.Later(e, f.piece)
			return
		}
	}
}

func (f *full) piece(w *resp.Writer) bool {
	for at := w.Mark(); f.left > 0 && !large(w, at); {
		f.step(w)
	}
	return f.left > 0
}

// step writes the next piece, if the stage has one left, or goes on to the next stage.
func (f *full) step(w *resp.Writer) {
	switch f.stage {
	case atGroup:
		f.group(w)
		f.stage = atPending
	case atPending:
		if f.records > 0 {
			p := f.next()
			w.Array(4)
			replyID(w, p.ID)
			w.BulkString(f.g.State(p.Consumer).Name)
			w.Int(p.Time)
			w.Int(int64(p.Count))
			return
		}
		f.consumers, f.others = f.g.ConsumersFrom(), f.g.Consumers()
		w.BulkString("consumers")
		w.Array(f.others)
		f.stage = atConsumers
	case atConsumers:
		switch {
		case f.records > 0:
			p := f.next()
			w.Array(3)
			replyID(w, p.ID)
			w.Int(p.Time)
			w.Int(int64(p.Count))
		case f.others > 0:
			f.others--
			f.consumer(w)
		default:
			f.left--
			f.stage = atGroup
		}
	}
}

// group begins the next group.
func (f *full) group(w *resp.Writer) {
	name, g := f.groups.Next()
	f.g, f.pending = g, g.PendingFrom(stream.ID{})
	w.Map(7)
	w.BulkString("name")
	w.BulkString(name)
	w.BulkString("last-delivered-id")
	replyID(w, g.Last())
	replyCounters(w, f.v, g)
	w.BulkString("pel-count")
	w.Int(int64(g.Pending()))
	w.BulkString("pending")
	f.list(w, g.Pending())
}

// consumer begins the next consumer.
func (f *full) consumer(w *resp.Writer) {
	n, s := f.consumers.Next()
	f.pending = f.g.PendingFrom(stream.ID{})
	f.pending.Of(n)
	w.Map(5)
	w.BulkString("name")
	w.BulkString(s.Name)
	w.BulkString("seen-time")
	w.Int(s.Seen)
	w.BulkString("active-time")
	w.Int(s.Active)
	w.BulkString("pel-count")
	w.Int(int64(s.Pending))
	w.BulkString("pending")
	f.list(w, s.Pending)
}

// list begins a list of what is pending, of which there are n.
func (f *full) list(w *resp.Writer, n int) {
	if f.count > 0 {
		n = int(min(int64(n), f.count))
	}
	f.records = n
	w.Array(n)
}

func (f *full) next() stream.Pending {
	p, _ := f.pending.Next()
	f.records--
	return p
}
