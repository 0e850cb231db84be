package streams

import (
	"cmp"
	"math"
	"slices"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/resp"
	"github.com/ferrousdb/ferrous/core/stream"
)

// XREADGROUP: what a consumer gets of one stream.

// serveGroup replies what there is of one stream for a consumer of a group.
func (r *reading) serveGroup(c *core.Ctx, a *answer, i int, key []byte) {
	ed, err := edit(c, key)
	if err != nil {
		return
	}
	g, ok := ed.Group(c.Args[r.group])
	if !ok {
		return
	}
	d := delivery{r: r, c: c, key: key, e: ed.Entry(), v: ed.View(), g: g}
	d.claims = claims{c: c, key: key, group: c.Args[r.group]}
	var made bool
	if d.to, made = consumer(c, g, key, c.Args[r.consumer]); made {
		feedConsumer(c, key, c.Args[r.group], c.Args[r.consumer])
	}
	g.Saw(d.to, c.Now)
	if !r.from[i].fresh {
		a.stream(c, key)
		d.history(r.from[i].after)
		return
	}
	last := g.View().Last()
	fresh := last.Less(d.v.Last()) && last.Less(d.v.Top())
	var old []stream.Pending
	if r.claim {
		old = d.claimable()
	}
	if fresh || len(old) > 0 {
		a.stream(c, key)
		d.deliver(old)
	}
}

// delivery is the serving of one consumer.
type delivery struct {
	r   *reading
	c   *core.Ctx
	key []byte
	e   keyspace.Entry
	v   stream.View // as it is with the group open for changing
	g   stream.GroupEditor
	to  stream.Consumer
	claims
}

// claimable returns what has been pending for long enough, the oldest first, as many as are asked for.
func (d *delivery) claimable() (old []stream.Pending) {
	most := math.MaxInt / 2
	if d.r.count > 0 {
		most = int(min(d.r.count, math.MaxInt/2))
	}
	m := d.v.Merge()
	cur := d.g.View().PendingFrom(stream.ID{})
	cur.Until(d.c.Now - d.r.idle)
	for p, ok := cur.Next(); ok; p, ok = cur.Next() {
		if !m.Has(p.ID) {
			continue
		}
		if old = append(old, p); len(old) > most+claimSlack {
			old = oldest(old, most)
			cur.Until(old[most-1].Time - 1) // of two of one time the first comes first
		}
	}
	return oldest(old, most)
}

// claimSlack is how many more than are asked for are collected before the youngest are dropped.
const claimSlack = 256

// oldest returns the oldest of a list, in order, up to most of them.
func oldest(list []stream.Pending, most int) []stream.Pending {
	slices.SortStableFunc(list, func(a, b stream.Pending) int { return cmp.Compare(a.Time, b.Time) })
	return list[:min(len(list), most)]
}

// deliver gives the consumer what others have had for too long, and then new entries, and replies them.
func (d *delivery) deliver(old []stream.Pending) {
	c := d.c
	from, _ := d.g.View().Last().Next()
	for _, p := range old {
		d.give(stream.Pending{ID: p.ID, Time: c.Now, Count: p.Count + 1, Consumer: d.to})
	}
	n := d.take(len(old))
	d.claims.flush()
	if n > 0 {
		feedLast(c, d.key, d.group, d.g.View())
	}
	acked(c)

	c.Array(len(old) + n)
	at := c.Mark()
	if len(old) > 0 {
		d.replyOld(old)
	}
	cur := d.v.Range(from, stream.MaxID)
	for ; n > 0 && !large(c.Writer, at); n-- {
		replyFresh(c.Writer, &cur, d.r.claim)
	}
	if n > 0 {
		laterFresh(c, d.e, cur, d.r.claim, n)
	}
}

// take delivers new entries, as many as are asked for besides others, and returns how many.
func (d *delivery) take(others int) int {
	most := math.MaxInt
	if d.r.count > 0 {
		most = int(d.r.count) - others
	}
	var each func(stream.ID)
	if !d.r.noack && d.c.Hooks.Feeding() {
		each = func(id stream.ID) {
			d.claims.add(stream.Pending{ID: id, Time: d.c.Now, Count: 1}, string(d.c.Args[d.r.consumer]), id)
		}
	}
	return d.g.Take(d.to, d.c.Now, most, !d.r.noack, each)
}

// replyOld writes entries that were pending.
func (d *delivery) replyOld(old []stream.Pending) {
	v, now := d.v, d.c.Now
	replyMany(d.c, d.e, len(old), func(w *resp.Writer) {
		p := old[0]
		old = old[1:]
		e, _ := v.Get(p.ID)
		w.Array(4)
		entryParts(w, &e)
		w.Int(max(now-p.Time, 0))
		w.Int(int64(p.Count))
	})
}

// replyFresh writes the next entry, which nobody has had; claim says that it is one of those that somebody may have had.
func replyFresh(w *resp.Writer, cur *stream.Cursor, claim bool) {
	e, _ := cur.Next()
	if !claim {
		replyEntry(w, &e)
		return
	}
	w.Array(4)
	entryParts(w, &e)
	w.Int(0)
	w.Int(0)
}

func laterFresh(c *core.Ctx, e keyspace.Entry, cur stream.Cursor, claim bool, n int) {
	later(c, e, n, func(w *resp.Writer) { replyFresh(w, &cur, claim) })
}

// give makes an entry pending for the consumer.
func (d *delivery) give(p stream.Pending) {
	d.g.Put(p)
	d.g.Served(d.to, d.c.Now)
	if d.c.Hooks.Feeding() {
		d.claims.add(p, string(d.c.Args[d.r.consumer]), d.g.View().Last())
	}
}

// history replies what is pending for the consumer already. As in Redis, that it was delivered once more is fed to
// nobody.
func (d *delivery) history(after stream.ID) {
	c := d.c
	from, _ := after.Next() // there is one: the greatest ID asks for no history
	n := d.again(from)
	c.Array(n)
	cur := d.g.View().PendingFrom(from)
	cur.Of(d.to)
	m := d.v.Merge()
	replyMany(c, d.e, n, func(w *resp.Writer) {
		p, _ := cur.Next()
		if m.Has(p.ID) {
			e := m.Entry()
			replyEntry(w, &e)
			return
		}
		w.Array(2) // it was deleted since
		replyID(w, p.ID)
		w.NullArray()
	})
}

// again notes that what is pending from an ID on, as much as is asked for, is delivered once more, and returns how much
// that is.
func (d *delivery) again(from stream.ID) (n int) {
	most := math.MaxInt
	if d.r.count > 0 {
		most = int(d.r.count)
	}
	m, kept := d.v.Merge(), d.v.Kept()
	stamp := stream.Stamp{Time: d.c.Now, Consumer: d.to, More: 1}
	whole := func(r *stream.Run) stream.Verdict {
		switch {
		case !r.MayHave(d.to):
			return stream.Leave
		case r.Len > most-n || !kept.Has(r.First) || !r.AllOf(d.to) || !r.Takes(stamp):
			return stream.Each
		}
		n += r.Len
		return stream.Set
	}
	d.g.Change(from, stamp, whole, func(p *stream.Pending) stream.Verdict {
		switch {
		case n == most:
			return stream.Stop
		case p.Consumer != d.to:
			return stream.Leave
		}
		n++
		if !kept.Has(p.ID) && !m.Has(p.ID) {
			return stream.Leave
		}
		p.Time, p.Count = d.c.Now, p.Count+1
		return stream.Set
	})
	return n
}
