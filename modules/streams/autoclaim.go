package streams

import (
	"math"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/resp"
	"github.com/ferrousdb/ferrous/core/stream"
)

// XAUTOCLAIM: it looks at what is pending from an ID on, and takes what has been idle for long enough.

const (
	autoCount    = 100
	autoMost     = math.MaxInt64 / 16
	autoAttempts = 10
)

// xautoclaim is XAUTOCLAIM key group consumer min-idle-time start [COUNT count] [JUSTID].
func xautoclaim(c *core.Ctx) error {
	idle, err := c.ArgInt(4)
	if err != nil {
		return errAutoIdle
	}
	idle = max(idle, 0)
	start, err := startID(c.Args[5])
	if err != nil {
		return err
	}
	count, justid := int64(autoCount), false
	for i := 6; i < len(c.Args); i++ {
		switch {
		case c.Is(i, "count") && i+1 < len(c.Args):
			i++
			if count, err = c.ArgInt(i); err != nil || count < 1 || count > autoMost {
				return errAutoCount
			}
		case c.Is(i, "justid"):
			justid = true
		default:
			return core.ErrSyntax
		}
	}
	ed, err := editFound(c, c.Args[1])
	if err != nil {
		return err
	}
	if _, ok := ed.View().Group(c.Args[2]); !ok {
		return errNoKeyOrGroup(c.Args[1], c.Args[2])
	}
	c.PropagateNothing() // but what it comes to
	g, _ := ed.Group(c.Args[2])
	to, made := consumer(c, g, c.Args[1], c.Args[3])
	g.Saw(to, c.Now)
	v := ed.View()
	l := looking{
		c: c, g: g.View(), stamp: stream.Stamp{Time: c.Now, Consumer: to, More: 1}, until: latest(c.Now, idle), all: idle == 0,
		left: count, attempts: count * autoAttempts,
		name: string(c.Args[3]), feed: claims{c: c, key: c.Args[1], group: c.Args[2]}, m: v.Merge(), kept: v.Kept(),
	}
	if justid {
		l.stamp.More = 0
	}
	g.Change(start, l.stamp, l.whole, l.visit)
	if l.got.n > 0 {
		g.Served(to, c.Now)
	}
	if made && l.got.n == 0 {
		feedConsumer(c, c.Args[1], c.Args[2], c.Args[3])
	}
	l.feed.flush()
	c.Array(3)
	replyID(c.Writer, l.next)
	l.reply(&ed, justid)
	replyIDs(c, &ed, &l.gone, true)
	return nil
}

// looking is how XAUTOCLAIM goes through what is pending.
type looking struct {
	c        *core.Ctx
	g        stream.Group
	stamp    stream.Stamp // what is claimed gets
	until    int64        // what was delivered later has not been idle for long enough
	all      bool         // everything has
	left     int64        // how many are still wanted
	attempts int64        // how many may still be looked at
	name     string
	feed     claims
	m        stream.Merge
	kept     stream.Kept
	got      spans     // what was claimed
	gone     ids       // what was removed because its entry is not there any more
	next     stream.ID // where the next call of the command is to begin
}

// spans is some of what is pending, in order: mostly many that follow each other.
type spans struct {
	list   []span
	n      int  // of all
	broken bool // what is added next does not follow what was added last
}

type span struct {
	first stream.ID
	n     int
}

// add adds n that follow each other.
func (l *spans) add(first stream.ID, n int) {
	if l.broken || len(l.list) == 0 {
		l.list = append(l.list, span{first, 0})
		l.broken = false
	}
	l.list[len(l.list)-1].n += n
	l.n += n
}

// whole passes what was delivered too late and whose entries are known to be there, and claims at once what has been idle for
// long enough. Both count as looked at.
func (l *looking) whole(r *stream.Run) stream.Verdict {
	n := int64(r.Len)
	switch {
	case l.left == 0 || n > l.attempts || !l.kept.Has(r.First):
		return stream.Each
	case !l.all && r.Least > l.until:
		l.attempts -= n
		l.got.broken = true
		return stream.Leave
	case n > l.left || l.c.Hooks.Feeding() || !l.all && r.Latest() > l.until || !r.Takes(l.stamp):
		return stream.Each
	}
	l.attempts -= n
	l.left -= n
	ackedBy(l.c, r.Len)
	l.got.add(r.First, r.Len)
	return stream.Set
}

// visit claims what has been idle for long enough.
func (l *looking) visit(p *stream.Pending) stream.Verdict {
	if l.attempts == 0 || l.left == 0 {
		l.next = p.ID
		return stream.Stop
	}
	l.attempts--
	there := l.kept.Has(p.ID) || l.m.Has(p.ID)
	if there && !l.all && p.Time > l.until {
		l.got.broken = true
		return stream.Leave
	}
	l.left--
	acked(l.c)
	if !there {
		l.feed.add(*p, l.g.State(p.Consumer).Name, l.g.Last()) // which removes it there, too
		l.gone.add(p.ID)
		return stream.Drop
	}
	p.Time, p.Consumer = l.stamp.Time, l.stamp.Consumer
	p.Count += l.stamp.More
	l.feed.add(*p, l.name, l.g.Last())
	l.got.add(p.ID, 1)
	return stream.Set
}

// reply writes what was claimed, which is pending still: the entries, or only their IDs.
func (l *looking) reply(ed *stream.Editor, justid bool) {
	l.c.Array(l.got.n)
	var cur stream.PendingCursor
	m, g, list, left := ed.View().Merge(), l.g, l.got.list, 0
	replyMany(l.c, ed.Entry(), l.got.n, func(w *resp.Writer) {
		if left == 0 {
			cur, left = g.PendingFrom(list[0].first), list[0].n
			list = list[1:]
		}
		left--
		p, _ := cur.Next()
		if justid {
			replyID(w, p.ID)
			return
		}
		m.Has(p.ID)
		e := m.Entry()
		replyEntry(w, &e)
	})
}
