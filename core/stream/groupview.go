package stream

import (
	"iter"
)

// Groups, their consumers and what is pending of them, to read from. See group.go for those who change them.

// Group is a group of consumers to read from.
type Group struct {
	o *object
	g *group
}

// Groups returns the number of groups.
func (v View) Groups() int {
	if v.o == nil || v.o.more == nil {
		return 0
	}
	return v.o.more.groups.n
}

// AllGroups visits the groups in the order of their names.
func (v View) AllGroups() iter.Seq2[string, Group] {
	return func(yield func(string, Group) bool) {
		if v.Groups() > 0 {
			v.o.more.groups.all(func(name string, g *group) bool { return yield(name, Group{v.o, g}) })
		}
	}
}

// Group returns the group of a name.
func (v View) Group(name []byte) (g Group, ok bool) {
	if v.Groups() == 0 {
		return g, false
	}
	x, ok := v.o.more.groups.get(name)
	return Group{v.o, x}, ok
}

// GroupCursor walks the groups of a stream in the order of their names. It is valid until the stream is changed.
type GroupCursor struct {
	o  *object
	at place
}

// GroupsFrom returns a cursor over all groups.
func (v View) GroupsFrom() GroupCursor { return GroupCursor{o: v.o} }

// Next returns the next group, of which there is one.
func (c *GroupCursor) Next() (name string, g Group) {
	name, x := c.o.more.groups.next(&c.at)
	return name, Group{c.o, x}
}

// Last returns the ID of the last entry that was delivered to the group.
func (g Group) Last() ID { return g.g.last }

// Read returns how many entries were delivered, as far as that is known, or Unread.
func (g Group) Read() int64 { return g.g.read }

// Pending returns how many entries are pending.
func (g Group) Pending() int { return g.g.n }

// Consumers returns the number of consumers.
func (g Group) Consumers() int { return g.g.consumers.n }

// AllConsumers visits the consumers in the order of their names.
func (g Group) AllConsumers() iter.Seq2[Consumer, *ConsumerState] {
	return func(yield func(Consumer, *ConsumerState) bool) {
		g.g.consumers.all(func(_ string, n Consumer) bool { return yield(n, g.g.state(n)) })
	}
}

// Consumer returns the consumer of a name.
func (g Group) Consumer(name []byte) (n Consumer, ok bool) { return g.g.consumers.get(name) }

// State returns what is known of a consumer. It must not be changed.
func (g Group) State(n Consumer) *ConsumerState { return g.g.state(n) }

// ConsumerCursor walks the consumers of a group in the order of their names. It is valid until the group is changed.
type ConsumerCursor struct {
	g  *group
	at place
}

// ConsumersFrom returns a cursor over all consumers.
func (g Group) ConsumersFrom() ConsumerCursor { return ConsumerCursor{g: g.g} }

// Next returns the next consumer, of which there is one. What is known of it must not be changed.
func (c *ConsumerCursor) Next() (Consumer, *ConsumerState) {
	_, n := c.g.consumers.next(&c.at)
	return n, c.g.state(n)
}

// Find returns what is pending under an ID.
func (g Group) Find(id ID) (p Pending, ok bool) {
	at, ok := lookup(&g.g.pending, id)
	if !ok {
		return p, false
	}
	return g.g.pending.at(at.place).get(at.i), true
}

// FirstPending and LastPending return the ends of what is pending, which is not nothing.
func (g Group) FirstPending() ID { return g.g.pending.at(g.g.pending.front()).id(0) }

// LastPending: see FirstPending.
func (g Group) LastPending() ID {
	c := g.g.pending.at(g.g.pending.back())
	return c.id(int(c.n) - 1)
}

// PendingCursor walks what is pending, in the order of IDs. It is valid until the group is changed.
type PendingCursor struct {
	d     *pending
	at    spot
	c     *chunk // nil at the end
	owner uint64 // the bit of the only consumer that is asked for, 0 for all
	of    Consumer
	until int64 // the latest time that is asked for
}

// PendingFrom returns a cursor over what is pending from an ID on.
func (g Group) PendingFrom(id ID) PendingCursor {
	c := PendingCursor{d: &g.g.pending, until: maxTime}
	if c.d.n == 0 {
		return c
	}
	c.at, _ = lookup(c.d, id)
	c.c = c.d.at(c.at.place)
	return c
}

const maxTime = 1<<63 - 1

// Of makes the cursor pass what is not that consumer's, and Until what was delivered later. Chunks
// without anything of interest are passed as a whole.
func (c *PendingCursor) Of(n Consumer) { c.of, c.owner = n, n.bit() }

// Until: see Of.
func (c *PendingCursor) Until(time int64) { c.until = time }

// Next returns the next of what is asked for, if there is one.
func (c *PendingCursor) Next() (p Pending, ok bool) {
	for c.c != nil {
		if c.owner&^c.c.owners == 0 && c.c.least <= c.until {
			for n := int(c.c.n); c.at.i < n; {
				i := c.at.i
				c.at.i++
				if c.c.timeOf(i) <= c.until && (c.owner == 0 || c.c.consumerOf(i) == c.of) {
					return c.c.get(i), true
				}
			}
		}
		c.nextChunk()
	}
	return p, false
}

// Count returns how many the cursor is still to come to whose IDs are not behind to, but for no more than
// limit. It stays where it is.
func (c *PendingCursor) Count(to ID, limit int) (n int) {
	for w := *c; w.c != nil && n < limit && !to.Less(w.c.first); w.nextChunk() {
		end := int(w.c.n)
		if to.Less(w.c.id(end - 1)) {
			if end = w.c.search(to); end < int(w.c.n) && w.c.id(end) == to {
				end++
			}
		}
		switch {
		case w.at.i >= end || w.owner&^w.c.owners != 0 || w.c.least > w.until:
		case w.owner == 0 && w.until == maxTime:
			n += end - w.at.i
		default:
			n += w.inChunk(end)
		}
	}
	return min(n, limit)
}

// inChunk counts the records of the chunk, up to a place, that are asked for.
func (c *PendingCursor) inChunk(end int) (n int) {
	for i := c.at.i; i < end; i++ {
		if c.c.timeOf(i) <= c.until && (c.owner == 0 || c.c.consumerOf(i) == c.of) {
			n++
		}
	}
	return n
}

func (c *PendingCursor) nextChunk() {
	next, ok := c.d.next(c.at.place)
	if c.at, c.c = (spot{place: next}), nil; ok {
		c.c = c.d.at(next)
	}
}

// PendingSince reports whether something that is pending may have been delivered at a time or before.
func (g Group) PendingSince(time int64) bool {
	d := &g.g.pending
	for p, more := d.front(), d.n > 0; more; p, more = d.next(p) {
		if d.at(p).least <= time {
			return true
		}
	}
	return false
}

// NextAfter returns the earliest time of a delivery, of what is pending, that comes after another time, ok is false if
// there is none.
func (g Group) NextAfter(time int64) (next int64, ok bool) {
	next = maxTime
	d := &g.g.pending
	for p, more := d.front(), d.n > 0; more; p, more = d.next(p) {
		c := d.at(p)
		if c.least > time {
			next = min(next, c.least)
			continue
		}
		for i := range int(c.n) {
			if t := c.timeOf(i); t > time {
				next = min(next, t)
			}
		}
	}
	return next, next != maxTime
}

// Kept tells, of most entries that are pending for a group, that they are still there, without a look at them:
// they were when they were delivered, entries are trimmed from the first one on (or not at all, if they are pending), and
// others go one by one, which is noted.
type Kept struct{ first, gone ID }

// Kept returns what is to be asked.
func (v View) Kept() Kept {
	if v.Groups() == 0 || v.Len() == 0 {
		return Kept{first: MaxID, gone: MaxID}
	}
	return Kept{v.First(), v.o.more.gone}
}

// Has reports whether an entry that is pending is known to be there. If not, it may be.
func (k *Kept) Has(id ID) bool { return k.gone.Less(id) && !id.Less(k.first) }

// Merge tells of IDs whether the stream has entries of them. Those that are asked for in order it finds in one pass over the
// entries between, or by looking for the next one where that is shorter. It is valid until entries are changed.
type Merge struct {
	v     View
	c     Cursor
	e     Entry
	ok    bool
	begun bool
	asked ID // the last one
}

// Merge returns what is to be asked.
func (v View) Merge() Merge { return Merge{v: v} }

// mergeSteps is how many entries are passed before the next ID is looked for.
const mergeSteps = 64

// Has reports whether there is an entry of an ID.
func (m *Merge) Has(id ID) bool {
	if !m.begun || id.Less(m.asked) {
		m.seek(id)
	}
	m.begun, m.asked = true, id
	for n := 0; m.ok && m.e.ID.Less(id); n++ {
		if n == mergeSteps {
			m.seek(id)
		} else {
			m.e, m.ok = m.c.Next()
		}
	}
	return m.ok && m.e.ID == id
}

// seek goes to the first entry that does not come before an ID.
func (m *Merge) seek(id ID) {
	m.c = m.v.Range(id, MaxID)
	m.e, m.ok = m.c.Next()
}

// Entry returns the entry that Has has just found.
func (m *Merge) Entry() Entry { return m.e }
