package stream

// Commands that change much of what is pending go through it chunk by chunk: each is looked for, copied if a snapshot
// may see it, and surveyed once, whatever becomes of its records.

// Verdict says what becomes of a record that GroupEditor.Change has come to.
type Verdict uint8

// What may become of a record.
const (
	Leave Verdict = iota
	Set           // it is what has been made of it, under the same ID
	Drop
	Stop // it stays, and so do all behind it
)

// Run is what is known of records that stand together, without a look at them.
type Run struct {
	First  ID // of the first of them
	Len    int
	Least  int64 // none was delivered earlier
	owners uint64
}

// MayHave reports whether some of them may be that consumer's.
func (r *Run) MayHave(n Consumer) bool { return r.owners&n.bit() != 0 }

// Change goes through what is pending from an ID on. pass, which may be nil, says which runs are passed as a whole; visit
// says what becomes of each other record. Neither may look at what is pending.
func (e GroupEditor) Change(from ID, pass func(Run) bool, visit func(*Pending) Verdict) {
	d := &e.g.pending
	if d.n == 0 {
		return
	}
	at, _ := lookup(d, from)
	for more := true; more; {
		c := d.at(at.place)
		switch {
		case at.i == int(c.n):
			at.place, more = d.next(at.place)
		case pass != nil && pass(Run{c.id(at.i), int(c.n) - at.i, c.least, c.owners}):
			at.place, more = d.next(at.place)
		default:
			at.place, more = e.changeChunk(at, visit)
		}
		at.i = 0
	}
}

// changeChunk is Change for the records of one chunk from a place on. It returns the chunk behind it; ok is false if there
// is none, or all behind it is to stay.
func (e GroupEditor) changeChunk(at spot, visit func(*Pending) Verdict) (next place, ok bool) {
	d, s := &e.g.pending, &e.o.store
	c := d.at(at.place)
	n, i := int(c.n), at.i
	keep := i // where the next one that stays belongs
	changed, stopped := false, false
	var p Pending // of all, since it is on the heap
	for ; i < n && !stopped; i++ {
		p = c.get(i)
		old := p.Consumer
		v := visit(&p)
		if stopped = v == Stop; stopped {
			break
		}
		if v == Leave && keep == i {
			keep++
			continue
		}
		if v != Leave && !changed {
			changed = true
			c = writable(d, s, at.place, 0)
		}
		switch {
		case v == Drop:
			e.count(old, -1)
			continue
		case v == Set:
			c.refit(s, i, p)
			if old != p.Consumer {
				e.count(old, -1)
				e.count(p.Consumer, 1)
			}
		}
		c.move(keep, i, 1)
		keep++
	}
	if !changed {
		next, ok = d.next(at.place)
		return next, ok && !stopped
	}
	c.move(keep, i, n-i)
	c.n = uint16(keep + n - i)
	e.g.n -= n - int(c.n)
	if c.n == 0 {
		s.free(c.ref, c.epoch)
		d.remove(s, at.place)
		next, ok = d.tidy(at.place)
		return next, ok && !stopped
	}
	c.survey()
	at.i = int(c.n)
	if int(c.n) < n && c.n <= chunkMost/4 {
		shrink(d, s, &at)
	}
	next, ok = d.next(at.place)
	return next, ok && !stopped
}

// count adds to what a consumer has pending.
func (e GroupEditor) count(n Consumer, by int) { e.g.editState(&e.o.store, n).Pending += by }

// refit makes p, whose ID it has, the i-th record of a chunk that may be changed; if need be all of them are written anew.
func (c *chunk) refit(s *store, i int, p Pending) {
	if c.fits(p) {
		c.put(i, p)
		return
	}
	var room [chunkMost]Pending
	list := c.unpack(room[:0])
	list[i] = p
	old := *c
	*c = pack(s, list, len(list))
	s.free(old.ref, old.epoch)
}

// RemoveAll is Remove for many IDs, which are in order, and returns how many were there.
func (e GroupEditor) RemoveAll(ids []ID) (n int) {
	for len(ids) > 0 {
		at, ok := lookup(&e.g.pending, ids[0])
		if !ok {
			ids = ids[1:]
			continue
		}
		e.changeChunk(at, func(p *Pending) Verdict {
			for len(ids) > 0 && ids[0].Less(p.ID) {
				ids = ids[1:]
			}
			switch {
			case len(ids) == 0:
				return Stop
			case ids[0] != p.ID:
				return Leave
			}
			ids = ids[1:]
			n++
			return Drop
		})
	}
	return n
}
