package stream

import "unsafe"

// Take delivers the entries that come after the last that was, up to most of them, to a consumer, and returns how many.
// pend makes them pending. each, if it is not nil, hears of each.
func (e GroupEditor) Take(to Consumer, now int64, most int, pend bool, each func(ID)) (n int) {
	from, ok := e.g.last.Next()
	if !ok {
		return 0
	}
	cur := View{e.o}.Range(from, MaxID)
	a := appender{e: e, plain: e.g.pending.n == 0 || e.View().LastPending().Less(from)}
	p := Pending{Time: now, Count: 1, Consumer: to}
	var room [takeAtOnce]ID
	for n < most {
		ids := room[:min(len(room), most-n)]
		if ids = ids[:cur.ids(ids)]; len(ids) == 0 {
			break
		}
		n += len(ids)
		e.deliverAll(ids)
		if pend {
			a.add(ids, p)
		}
		if each == nil {
			continue
		}
		for _, id := range ids {
			each(id)
		}
	}
	if a.n > 0 {
		e.g.editState(&e.o.store, to).Pending += a.n
		e.g.n += a.n
	}
	if n > 0 && pend {
		e.Served(to, now)
	}
	return n
}

// takeAtOnce is how many entries are looked for before they are entered. Most calls want few.
const takeAtOnce = 32

// appender makes entries pending for the first time, many of them in the order of their IDs.
type appender struct {
	e     GroupEditor
	plain bool   // all of them come behind what is pending already
	c     *chunk // the last one, if it has room and may be changed
	room  int    // how many records it may have
	n     int    // how many were added here, and are still to be counted
}

// add makes entries pending as p says, but for the ID.
func (a *appender) add(ids []ID, p Pending) {
	for len(ids) > 0 {
		p.ID = ids[0]
		switch c := a.c; {
		case !a.plain:
			a.e.Put(p)
			ids = ids[1:]
			continue
		case c != nil && int(c.n) < a.room && !c.wide && c.fits(p):
			n := c.extend(ids[:min(len(ids), a.room-int(c.n))], p)
			a.n += n
			ids = ids[n:]
		default:
			a.grow(p)
			a.n++
			ids = ids[1:]
		}
	}
}

// extend puts narrow records behind those that are there, which have room, one for each ID; the first fits. It returns how many do.
func (c *chunk) extend(ids []ID, p Pending) int {
	records := unsafe.Slice(c.narrow(int(c.n)), len(ids))
	r := narrow{time: uint32(p.Time - c.time), count: uint16(p.Count), consumer: uint16(p.Consumer)}
	n := 0
	for i, id := range ids {
		ms := id.Ms - c.first.Ms
		if (ms|id.Seq)>>32 != 0 {
			break
		}
		r.id = ms<<32 | id.Seq
		records[i] = r
		n = i + 1
	}
	c.n += uint16(n)
	c.least = min(c.least, p.Time)
	c.owners |= p.Consumer.bit()
	return n
}

// grow adds a record for which the last chunk may have no room.
func (a *appender) grow(p Pending) {
	d, s := &a.e.g.pending, &a.e.o.store
	var at spot
	if d.n > 0 {
		at.place = d.back()
		at.i = int(d.at(at.place).n)
	}
	addPending(d, s, at, p)
	a.c = d.at(d.back())
	a.room = min(s.a.Cap(a.c.ref)/a.c.size(), chunkMost)
}
