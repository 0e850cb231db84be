package stream

// How many entries come before an ID is known without counting in a few cases only. Where it is not, Redis says
// so instead of counting, and so do we: the rules are those of Redis 7.2.

// Before returns how many entries that were ever added do not come after an ID; ok is false if that cannot be
// told.
func (v View) Before(id ID) (n int64, ok bool) {
	o := v.o
	switch {
	case o.added == 0:
		return 0, true
	case o.n == 0 && !o.last.Less(id):
		return int64(o.added), true
	case id == o.last:
		return int64(o.added), true
	case o.last.Less(id):
		return Unread, false
	}
	first := v.First()
	if o.deleted == (ID{}) || o.deleted.Less(first) { // no gaps among those that are there
		switch id.Compare(first) {
		case -1:
			return int64(o.added) - int64(o.n), true
		case 0:
			return int64(o.added) - int64(o.n) + 1, true
		}
	}
	return Unread, false
}

// gapFrom reports whether there is a gap among the entries that do not come before an ID. An entry that was deleted
// makes none if all before it, and it is before the first, have gone.
func (o *object) gapFrom(id ID) bool {
	return o.n > 0 && o.deleted != (ID{}) && !o.deleted.Less(id) && !o.deleted.Less(View{o}.First())
}

// Lag returns how many entries are still to be delivered to a group; ok is false if that cannot be told.
func (v View) Lag(g Group) (n int64, ok bool) {
	if v.o.added == 0 {
		return 0, true
	}
	read := g.Read()
	if read == Unread || v.o.gapFrom(g.Last()) {
		if read, ok = v.Before(g.Last()); !ok {
			return 0, false
		}
	}
	return int64(v.o.added) - read, true
}

// deliverAll is Deliver for some entries that follow the last one that was delivered.
func (e GroupEditor) deliverAll(ids []ID) {
	if e.g.read != Unread && !e.o.gapFrom(ids[0]) { // nor is there a gap from any later one
		e.g.read += int64(len(ids))
		e.g.last = ids[len(ids)-1]
		return
	}
	for _, id := range ids {
		e.Deliver(id)
	}
}

// Deliver notes that an entry of the stream has been delivered, if it comes after the last that was, and reports
// whether it does.
func (e GroupEditor) Deliver(id ID) bool {
	if !e.g.last.Less(id) {
		return false
	}
	switch {
	case e.g.read != Unread && !e.o.gapFrom(id):
		e.g.read++
	case e.o.added > 0:
		e.g.read, _ = View{e.o}.Before(id)
	}
	e.g.last = id
	return true
}
