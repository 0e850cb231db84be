package streams

import (
	"math"
	"slices"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/resp"
	"github.com/ferrousdb/ferrous/core/stream"
)

// xack is XACK key group id [id ...].
func xack(c *core.Ctx) error {
	ed, err := editFound(c, c.Args[1])
	if err != nil {
		return err
	}
	if _, ok := ed.View().Group(c.Args[2]); !ok {
		c.Int(0)
		return nil
	}
	var few [8]stream.ID
	ids := few[:0]
	if n := len(c.Args) - 3; n > len(few) {
		ids = make([]stream.ID, 0, n)
	}
	for _, text := range c.Args[3:] {
		id, err := exactID(text)
		if err != nil {
			return err
		}
		ids = append(ids, id)
	}
	g, _ := ed.Group(c.Args[2])
	slices.SortFunc(ids, stream.ID.Compare) // the answer is a number
	n := g.RemoveAll(ids)
	c.Int(int64(n))
	if n > 0 {
		ackedBy(c, n)
	}
	return nil
}

// xpending is XPENDING key group [[IDLE min-idle-time] start end count [consumer]].
func xpending(c *core.Ctx) error {
	n := len(c.Args)
	if n == 3 {
		return pendingSummary(c)
	}
	if n < 6 || n > 9 {
		return core.ErrSyntax
	}
	i, idle := 3, int64(0)
	var err error
	if c.Is(3, "idle") {
		if idle, err = c.ArgInt(4); err != nil {
			return err
		}
		if n < 8 {
			return core.ErrSyntax
		}
		i = 5
	}
	count, err := argCount(c, i+2)
	if err != nil {
		return err
	}
	from, err := startID(c.Args[i])
	if err != nil {
		return err
	}
	to, err := endID(c.Args[i+1])
	if err != nil {
		return err
	}
	g, e, err := viewGroup(c)
	if err != nil {
		return err
	}
	cur := g.PendingFrom(from)
	if i+3 < n {
		owner, ok := g.Consumer(c.Args[i+3])
		if !ok {
			c.Array(0)
			return nil
		}
		cur.Of(owner)
	}
	if idle != 0 {
		cur.Until(latest(c.Now, idle))
	}
	left, now := cur.Count(to, int(count)), c.Now
	c.Array(left)
	replyMany(c, e, left, func(w *resp.Writer) {
		p, _ := cur.Next()
		w.Array(4)
		replyID(w, p.ID)
		w.BulkString(g.State(p.Consumer).Name)
		w.Int(max(now-p.Time, 0))
		w.Int(int64(p.Count))
	})
	return nil
}

// latest is the last time of a delivery that was so many milliseconds ago.
func latest(now, idle int64) int64 {
	if idle < 0 && now > math.MaxInt64+idle {
		return math.MaxInt64
	}
	return now - idle
}

// viewGroup opens the group of arguments 1 and 2 for reading.
func viewGroup(c *core.Ctx) (g stream.Group, e keyspace.Entry, err error) {
	v, e, err := view(c, c.Args[1])
	if err != nil {
		return g, e, err
	}
	g, ok := v.Group(c.Args[2])
	if !ok {
		return g, e, errNoKeyOrGroup(c.Args[1], c.Args[2])
	}
	return g, e, nil
}

func pendingSummary(c *core.Ctx) error {
	g, e, err := viewGroup(c)
	if err != nil {
		return err
	}
	c.Array(4)
	c.Int(int64(g.Pending()))
	if g.Pending() == 0 {
		c.Null()
		c.Null()
		c.NullArray()
		return nil
	}
	replyID(c.Writer, g.FirstPending())
	replyID(c.Writer, g.LastPending())
	n := 0
	for _, s := range g.AllConsumers() {
		if s.Pending > 0 {
			n++
		}
	}
	c.Array(n)
	cur := g.ConsumersFrom()
	replyMany(c, e, n, func(w *resp.Writer) {
		_, s := cur.Next()
		for s.Pending == 0 {
			_, s = cur.Next()
		}
		w.Array(2)
		w.BulkString(s.Name)
		w.BulkInt(int64(s.Pending))
	})
	return nil
}

// claiming is what XCLAIM is asked for, and how it goes.
type claiming struct {
	idle   int64
	ids    []stream.ID
	time   int64 // of the delivery
	count  int64 // of deliveries; -1 for one more
	force  bool
	justid bool
	last   stream.ID

	c    *core.Ctx
	g    stream.GroupEditor
	to   stream.Consumer
	name string
	m    stream.Merge
	kept stream.Kept
	feed claims
	got  ids // what is claimed of them
	done bool
}

// xclaim is XCLAIM key group consumer min-idle-time id [id ...] [IDLE ms] [TIME unix-time-milliseconds]
// [RETRYCOUNT count] [FORCE] [JUSTID] [LASTID last-id].
func xclaim(c *core.Ctx) error {
	ed, err := editFound(c, c.Args[1])
	if err != nil {
		return err
	}
	if _, ok := ed.View().Group(c.Args[2]); !ok {
		return errNoKeyOrGroup(c.Args[1], c.Args[2])
	}
	x, err := parseClaiming(c)
	if err != nil {
		return err
	}
	c.PropagateNothing() // but what it comes to
	x.g, _ = ed.Group(c.Args[2])
	v := ed.View()
	x.m, x.kept = v.Merge(), v.Kept()
	moved := x.g.View().Last().Less(x.last)
	if moved {
		x.g.SetLast(x.last)
	}
	made := false
	x.to, made = consumer(c, x.g, c.Args[1], c.Args[3])
	x.g.Saw(x.to, c.Now)
	x.feed = claims{c: c, key: c.Args[1], group: c.Args[2]}
	x.name = string(c.Args[3])
	x.claim()
	if made && x.got.n == 0 {
		feedConsumer(c, c.Args[1], c.Args[2], c.Args[3])
	}
	x.feed.flush()
	if moved && !x.done {
		feedLast(c, c.Args[1], c.Args[2], x.g.View())
		acked(c)
	}
	replyIDs(c, &ed, &x.got, x.justid)
	return nil
}

// claim goes through the IDs: through those that are in order, as they usually are, in one go.
func (x *claiming) claim() {
	for ids := x.ids; len(ids) > 0; {
		n := 1
		for !x.force && n < len(ids) && ids[n-1].Less(ids[n]) {
			n++
		}
		if _, known := x.g.Find(ids[0]); x.force && !known {
			x.make(ids[0])
		} else {
			x.g.ChangeAll(ids[:n], x.visit)
		}
		ids = ids[n:]
	}
	if x.got.n > 0 {
		x.g.Served(x.to, x.c.Now)
	}
}

// make makes an entry pending that is not, but is there.
func (x *claiming) make(id stream.ID) {
	if x.m.Has(id) {
		p := stream.Pending{ID: id, Count: 1}
		x.set(&p)
		x.g.Put(p)
	}
}

// visit claims an entry that is pending, if it is there and has been idle for long enough.
func (x *claiming) visit(p *stream.Pending) stream.Verdict {
	switch {
	case !x.kept.Has(p.ID) && !x.m.Has(p.ID):
		g := x.g.View()
		x.feed.add(*p, g.State(p.Consumer).Name, g.Last()) // which removes it there, too
		acked(x.c)
		x.done = true
		return stream.Drop
	case x.idle > 0 && x.c.Now-p.Time < x.idle:
		return stream.Leave
	}
	x.set(p)
	return stream.Set
}

// set makes p the consumer's.
func (x *claiming) set(p *stream.Pending) {
	p.Time, p.Consumer = x.time, x.to
	if x.count >= 0 {
		p.Count = uint64(x.count)
	} else if !x.justid {
		p.Count++
	}
	x.feed.add(*p, x.name, x.g.View().Last())
	acked(x.c)
	x.done = true
	x.got.add(p.ID)
}

// ids is a list that grows without being copied.
type ids struct {
	full [][]stream.ID
	list []stream.ID
	n    int
}

func (l *ids) add(id stream.ID) {
	const most = 4096
	if len(l.list) == most {
		l.full = append(l.full, l.list)
		l.list = make([]stream.ID, 0, most)
	}
	l.list = append(l.list, id)
	l.n++
}

// next takes the first out of the list, which is not added to any more.
func (l *ids) next() (id stream.ID) {
	list := &l.list
	if len(l.full) > 0 {
		list = &l.full[0]
	}
	id, *list = (*list)[0], (*list)[1:]
	if len(l.full) > 0 && len(*list) == 0 {
		l.full = l.full[1:]
	}
	l.n--
	return id
}

// replyIDs writes the entries of IDs, which are there, or only the IDs.
func replyIDs(c *core.Ctx, ed *stream.Editor, list *ids, justid bool) {
	c.Array(list.n)
	m := ed.View().Merge()
	replyMany(c, ed.Entry(), list.n, func(w *resp.Writer) {
		id := list.next()
		if justid {
			replyID(w, id)
			return
		}
		m.Has(id)
		e := m.Entry()
		replyEntry(w, &e)
	})
}

// parseClaiming reads the arguments of XCLAIM from the idle time on. IDs end where something is none.
func parseClaiming(c *core.Ctx) (x claiming, err error) {
	x.c = c
	if x.idle, err = c.ArgInt(4); err != nil {
		return x, core.Err("Invalid min-idle-time argument for XCLAIM")
	}
	x.idle = max(x.idle, 0)
	i := 5
	x.ids = make([]stream.ID, 0, len(c.Args)-i)
	for ; i < len(c.Args); i++ {
		id, err := exactID(c.Args[i])
		if err != nil {
			break
		}
		x.ids = append(x.ids, id)
	}
	x.time, x.count = -1, -1
	number := func(option string) (n int64, err error) {
		i++
		if n, err = c.ArgInt(i); err != nil {
			err = core.Err("Invalid " + option + " option argument for XCLAIM")
		}
		return n, err
	}
	for ; i < len(c.Args) && err == nil; i++ {
		more := i+1 < len(c.Args)
		switch {
		case c.Is(i, "force"):
			x.force = true
		case c.Is(i, "justid"):
			x.justid = true
		case c.Is(i, "idle") && more:
			x.time, err = number("IDLE")
			x.time = c.Now - x.time
		case c.Is(i, "time") && more:
			x.time, err = number("TIME")
		case c.Is(i, "retrycount") && more:
			x.count, err = number("RETRYCOUNT")
		case c.Is(i, "lastid") && more:
			i++
			x.last, err = exactID(c.Args[i])
		default:
			return x, core.Err("Unrecognized XCLAIM option '" + core.Clip(c.Args[i], len(c.Args[i])) + "'")
		}
	}
	if x.time < 0 || x.time > c.Now { // what cannot be is not refused: clients reckon with clocks of their own
		x.time = c.Now
	}
	return x, err
}

var (
	errAutoIdle  = core.Err("Invalid min-idle-time argument for XAUTOCLAIM")
	errAutoCount = core.Err("COUNT must be > 0")
)

// What XAUTOCLAIM does at once if nothing else is said, at most, and how many times as many entries it looks at.
