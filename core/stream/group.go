package stream

import (
	"slices"
	"unsafe"

	"github.com/ferrousdb/ferrous/core/arena"
)

// Unread says that a group does not know how many entries come before its last one.
const Unread = -1

// group is a group of consumers. One that a snapshot may see is copied before it is changed.
type group struct {
	epoch   arena.Epoch
	last    ID    // the last entry that was delivered
	read    int64 // entries that were delivered, as far as that is known, else Unread
	n       int   // pending entries
	pending pending
	near    spot // of the record that was changed last, if it is still there: who changes many does so in order

	consumers names[Consumer]
	states    []*statePage // of the consumers, by their numbers
	free      []Consumer   // numbers that may be given again
}

// ConsumerState is what is known of a consumer.
type ConsumerState struct {
	Name    string
	Seen    int64 // when it last asked for something, Unix milliseconds
	Active  int64 // when it last got something; -1 for never
	Pending int   // how many entries
}

// statePage is the states of up to statesInPage consumers, whose numbers follow each other.
type statePage struct {
	epoch arena.Epoch
	list  []ConsumerState
}

const statesInPage = 32

// What groups and consumers take in Go's memory, about.
const (
	groupCost    = int64(unsafe.Sizeof(group{})+unsafe.Sizeof(named[*group]{})) + 16
	consumerCost = int64(unsafe.Sizeof(ConsumerState{}) + unsafe.Sizeof(named[Consumer]{}))
)

func (g *group) thaw(e arena.Epoch) *group {
	next := *g
	next.epoch = e
	next.pending = g.pending.thaw()
	next.consumers = g.consumers.thaw()
	next.states = slices.Clone(g.states)
	next.free = slices.Clone(g.free)
	return &next
}

// maxBudget is for releasing all at once.
const maxBudget = 1 << 40

// release frees up to budget chunks and returns what is left of it, which is below 0 if there are
// chunks left.
func (g *group) release(s *store, budget int) int {
	budget = releaseSlots(&g.pending, s, budget, func(c *chunk) { s.free(c.ref, c.epoch) })
	if g.pending.n > 0 {
		return -1
	}
	g.consumers.all(func(name string, _ Consumer) bool {
		s.onHeap(-(consumerCost + int64(len(name))))
		return true
	})
	return budget
}

// memory returns what release gives back.
func (g *group) memory(s *store) (n int64) {
	for i := range g.pending.pages {
		n += int64(s.a.Cap(g.pending.pages[i].ref))
		for _, c := range g.pending.slots(i) {
			n += int64(s.a.Cap(c.ref))
		}
	}
	g.consumers.all(func(name string, _ Consumer) bool {
		n += consumerCost + int64(len(name))
		return true
	})
	return n
}

func (g *group) state(n Consumer) *ConsumerState {
	return &g.states[n/statesInPage].list[n%statesInPage]
}

// editState is state for changing it.
func (g *group) editState(s *store, n Consumer) *ConsumerState {
	p := g.states[n/statesInPage]
	if !s.private(p.epoch) {
		p = &statePage{s.epoch(), slices.Clone(p.list)}
		g.states[n/statesInPage] = p
	}
	return &p.list[n%statesInPage]
}

// addConsumer makes a consumer whose name is not there yet.
func (g *group) addConsumer(s *store, at place, state ConsumerState) Consumer {
	var n Consumer
	if k := len(g.free); k > 0 {
		n = g.free[k-1]
		g.free = g.free[:k-1]
	} else if k := len(g.states); k > 0 && len(g.states[k-1].list) < statesInPage {
		n = Consumer((k-1)*statesInPage + len(g.states[k-1].list))
	} else {
		n = Consumer(k * statesInPage)
		g.states = append(g.states, &statePage{epoch: s.epoch()})
	}
	if p := g.states[n/statesInPage]; int(n%statesInPage) == len(p.list) {
		if !s.private(p.epoch) {
			p = &statePage{s.epoch(), slices.Clone(p.list)}
			g.states[n/statesInPage] = p
		}
		p.list = append(p.list, ConsumerState{})
	}
	*g.editState(s, n) = state
	g.consumers.insert(s, at, state.Name, n)
	s.onHeap(consumerCost + int64(len(state.Name)))
	return n
}

// removeConsumer takes a consumer out that has nothing pending any more.
func (g *group) removeConsumer(s *store, at place, n Consumer) {
	s.onHeap(-(consumerCost + int64(len(g.state(n).Name))))
	*g.editState(s, n) = ConsumerState{}
	g.consumers.remove(s, at)
	g.free = append(g.free, n)
}

// GroupEditor changes a group of a stream. It is valid until the group is deleted or the stream is
// opened by another Editor.
type GroupEditor struct {
	o *object
	g *group
}

// View returns the group as it is now.
func (e GroupEditor) View() Group { return Group(e) }

// SetLast says which entry was delivered last.
func (e GroupEditor) SetLast(id ID) { e.g.last = id }

// SetRead says how many entries were delivered, or Unread.
func (e GroupEditor) SetRead(n int64) { e.g.read = n }

// Consumer returns a consumer, which is made if it is not there: then made is true.
func (e GroupEditor) Consumer(name []byte, now int64) (n Consumer, made bool) {
	at, ok := e.g.consumers.find(name)
	if ok {
		return e.g.consumers.pages[at.page].items[at.slot].v, false
	}
	return e.g.addConsumer(&e.o.store, at, ConsumerState{Name: string(name), Seen: now, Active: -1}), true
}

// Saw says that a consumer has asked for something.
func (e GroupEditor) Saw(n Consumer, now int64) {
	if e.g.state(n).Seen != now {
		e.g.editState(&e.o.store, n).Seen = now
	}
}

// Served says that a consumer has got something.
func (e GroupEditor) Served(n Consumer, now int64) {
	if e.g.state(n).Active != now {
		e.g.editState(&e.o.store, n).Active = now
	}
}

// DeleteConsumer removes a consumer with all that is pending for it, and returns how much that was;
// ok is false if there is no such consumer.
func (e GroupEditor) DeleteConsumer(name []byte) (dropped int, ok bool) {
	at, ok := e.g.consumers.find(name)
	if !ok {
		return 0, false
	}
	n := e.g.consumers.pages[at.page].items[at.slot].v
	if dropped = e.g.state(n).Pending; dropped > 0 {
		e.dropPendingOf(n)
	}
	e.g.removeConsumer(&e.o.store, at, n)
	return dropped, true
}

// dropPendingOf removes the records of a consumer.
func (e GroupEditor) dropPendingOf(n Consumer) {
	e.Change(ID{}, Stamp{}, func(r *Run) Verdict {
		switch {
		case !r.MayHave(n):
			return Leave
		case r.AllOf(n):
			return Drop
		}
		return Each
	}, func(p *Pending) Verdict {
		if p.Consumer == n {
			return Drop
		}
		return Leave
	})
}

// lookup is lookup of a record, which looks first where the last one was, and behind it.
func (e GroupEditor) lookup(id ID) (at spot, ok bool) {
	d := &e.g.pending
	if at = e.g.near; at.page < len(d.pages) && at.slot < d.length(at.page) {
		c := d.at(at.place)
		for i := at.i; i < min(at.i+2, int(c.n)); i++ {
			if c.id(i) == id {
				e.g.near.i = i
				return e.g.near, true
			}
		}
	}
	if at, ok = lookup(d, id); ok {
		e.g.near = at
	}
	return at, ok
}

// Find returns what is pending under an ID.
func (e GroupEditor) Find(id ID) (p Pending, ok bool) {
	at, ok := e.lookup(id)
	if !ok {
		return p, false
	}
	return e.g.pending.at(at.place).get(at.i), true
}

// Put makes p pending, whose entry is there (see Kept), or gives what is pending under its ID another consumer, time and count.
func (e GroupEditor) Put(p Pending) {
	d, s := &e.g.pending, &e.o.store
	at, behind := e.end(p.ID)
	known := false
	if !behind {
		at, known = e.lookup(p.ID)
	}
	if !known {
		addPending(d, s, at, p)
		e.g.n++
		e.count(p.Consumer, 1)
		return
	}
	if old := d.at(at.place).consumerOf(at.i); old != p.Consumer {
		e.count(old, -1)
		e.count(p.Consumer, 1)
	}
	setPending(d, s, at, p)
}

// end returns the place behind all records, if that is where an ID belongs: nearly always when
// entries are delivered for the first time.
func (e GroupEditor) end(id ID) (at spot, ok bool) {
	d := &e.g.pending
	if d.n == 0 {
		return at, false
	}
	at.place = d.back()
	c := d.at(at.place)
	at.i = int(c.n)
	return at, c.id(at.i - 1).Less(id)
}

// Remove takes what is pending under an ID away.
func (e GroupEditor) Remove(id ID) (ok bool) {
	d, s := &e.g.pending, &e.o.store
	at, ok := e.lookup(id)
	if !ok {
		return false
	}
	e.count(d.at(at.place).consumerOf(at.i), -1)
	e.g.n--
	removePending(d, s, &at)
	return true
}
