package stream

import (
	"math"
	"unsafe"
)

// Commands that change much of what is pending go through it chunk by chunk: each is looked for, copied if a snapshot
// may see it, and surveyed once, whatever becomes of its records. Where the same becomes of all of them, as is usual, not even
// they are looked at one by one.

// Verdict says what becomes of a record that GroupEditor.Change has come to.
type Verdict uint8

// What may become of a record.
const (
	Leave Verdict = iota
	Set           // it is what has been made of it, under the same ID
	Drop
	Stop // it stays, and so do all behind it
)

// Each is no verdict on a record but on a Run: each of its records is to be looked at.
const Each Verdict = 255

// Run is records that stand together. What its fields and MayHave tell is known without a look at them.
type Run struct {
	First ID // of the first of them
	Len   int
	Least int64 // none was delivered earlier
	c     *chunk
}

// MayHave reports whether some of them may be that consumer's.
func (r *Run) MayHave(n Consumer) bool { return r.c.owners&n.bit() != 0 }

// AllOf reports whether all of them are that consumer's, Latest when the last was delivered.
func (r *Run) AllOf(n Consumer) bool {
	for i := int(r.c.n) - r.Len; i < int(r.c.n); i++ {
		if r.c.consumerOf(i) != n {
			return false
		}
	}
	return true
}

// Latest: see AllOf.
func (r *Run) Latest() int64 {
	most := int64(math.MinInt64)
	for i := int(r.c.n) - r.Len; i < int(r.c.n); i++ {
		most = max(most, r.c.timeOf(i))
	}
	return most
}

// Stamp is what becomes of records of which all become the same.
type Stamp struct {
	Time     int64
	Consumer Consumer
	More     uint64 // deliveries
}

// Takes reports whether the records can tell what a stamp says.
func (r *Run) Takes(stamp Stamp) bool {
	if r.c.wide || !r.c.fits(Pending{ID: r.c.first, Time: stamp.Time, Consumer: stamp.Consumer}) {
		return false
	}
	for _, x := range r.c.narrows(int(r.c.n) - r.Len) {
		if uint64(x.count)+stamp.More > math.MaxUint16 {
			return false
		}
	}
	return true
}

// Change goes through what is pending from an ID on. whole, which may be nil, says what becomes of runs as a whole: Leave,
// Set (to what stamp says, which the run Takes), Drop, or Each: then visit says what becomes of each record. Neither may
// change what is pending.
func (e GroupEditor) Change(from ID, stamp Stamp, whole func(*Run) Verdict, visit func(*Pending) Verdict) {
	d := &e.g.pending
	if d.n == 0 {
		return
	}
	at, _ := lookup(d, from)
	var r Run // of all, since it is on the heap
	for more := true; more; at.i = 0 {
		c := d.at(at.place)
		if at.i == int(c.n) {
			at.place, more = d.next(at.place)
			continue
		}
		v := Each
		if whole != nil {
			r = Run{c.id(at.i), int(c.n) - at.i, c.least, c}
			v = whole(&r)
		}
		switch {
		case v == Leave:
			at.place, more = d.next(at.place)
		case v == Set:
			e.setChunk(at, stamp)
			at.place, more = d.next(at.place)
		case v == Drop && at.i == 0:
			at.place, more = e.dropChunk(at.place)
		case v == Drop:
			at.place, more = e.changeChunk(at, func(*Pending) Verdict { return Drop })
		default:
			at.place, more = e.changeChunk(at, visit)
		}
	}
}

// setChunk gives the records of a chunk, from a place on, what stamp says.
func (e GroupEditor) setChunk(at spot, stamp Stamp) {
	d, s := &e.g.pending, &e.o.store
	c := writable(d, s, at.place, 0)
	records := c.narrows(at.i)
	e.uncount(records)
	e.count(stamp.Consumer, len(records))
	time, to, more := uint32(stamp.Time-c.time), uint16(stamp.Consumer), uint16(stamp.More)
	for i := range records {
		r := &records[i]
		r.time, r.consumer = time, to
		r.count += more
	}
	if at.i > 0 {
		c.survey()
	} else {
		c.least, c.owners = stamp.Time, stamp.Consumer.bit()
	}
}

// narrows is the narrow records from a place on.
func (c *chunk) narrows(from int) []narrow { return unsafe.Slice(c.narrow(0), int(c.n))[from:] }

// uncount takes records from what their consumers have pending.
func (e GroupEditor) uncount(records []narrow) {
	for len(records) > 0 {
		n := 1
		for n < len(records) && records[n].consumer == records[0].consumer {
			n++
		}
		e.count(Consumer(records[0].consumer), -n)
		records = records[n:]
	}
}

// dropChunk removes a chunk with all of its records. It returns the one behind it, if there is one.
func (e GroupEditor) dropChunk(p place) (next place, ok bool) {
	d, s := &e.g.pending, &e.o.store
	c := d.at(p)
	if c.wide {
		for i := range int(c.n) {
			e.count(c.consumerOf(i), -1)
		}
	} else {
		e.uncount(c.narrows(0))
	}
	e.g.n -= int(c.n)
	s.free(c.ref, c.epoch)
	d.remove(s, p)
	return d.tidy(p)
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
		next, ok = e.dropChunk(at.place)
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

// ChangeAll is Change for what is pending under IDs, which are in order.
func (e GroupEditor) ChangeAll(ids []ID, visit func(*Pending) Verdict) {
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
			return visit(p)
		})
	}
}

// RemoveAll is Remove for many IDs, which are in order, and returns how many were there.
func (e GroupEditor) RemoveAll(ids []ID) (n int) {
	e.ChangeAll(ids, func(*Pending) Verdict {
		n++
		return Drop
	})
	return n
}
