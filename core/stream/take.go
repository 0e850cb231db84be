package stream

// Take delivers the entries that come after the last that was, up to most of them, to a consumer, and returns how many.
// pend makes them pending. each, if it is not nil, hears of each.
func (e GroupEditor) Take(to Consumer, now int64, most int, pend bool, each func(ID)) (n int) {
	from, ok := e.g.last.Next()
	if !ok {
		return 0
	}
	cur := View{e.o}.Range(from, MaxID)
	a := appender{e: e, plain: e.g.pending.n == 0 || e.View().LastPending().Less(from)}
	for ; n < most; n++ {
		x, ok := cur.Next()
		if !ok {
			break
		}
		e.Deliver(x.ID)
		if pend {
			a.add(Pending{ID: x.ID, Time: now, Count: 1, Consumer: to})
		}
		if each != nil {
			each(x.ID)
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

// appender makes entries pending for the first time, many of them in the order of their IDs.
type appender struct {
	e     GroupEditor
	plain bool   // all of them come behind what is pending already
	c     *chunk // the last one, if it has room and may be changed
	room  int    // how many records it may have
	n     int    // how many were added here, and are still to be counted
}

func (a *appender) add(p Pending) {
	switch c := a.c; {
	case !a.plain:
		a.e.Put(p)
		return
	case c != nil && int(c.n) < a.room && c.fits(p):
		c.put(int(c.n), p)
		c.n++
	default:
		a.grow(p)
	}
	a.n++
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
