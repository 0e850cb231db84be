package engine

import (
	"cmp"
	"container/heap"
	"math"
	"slices"
)

// line is those who wait for one key, in lanes of those who are alike (core.Wait.Alike): what one of a lane does not want none
// does, so thousands of them cost a look. The order of blocking holds over all lanes.
type line struct {
	loners lane // who is like nobody else
	alike  map[any]*lane
	n      int
}

// lane is a part of a line, in the order of blocking.
type lane struct {
	list  []*waiter
	alike bool
}

// add puts a waiter at the end, unless it stands there already: it waits for the same key twice.
func (l *line) add(w *waiter) {
	at := &l.loners
	if like := w.wait.Alike; like != nil {
		if at = l.alike[like]; at == nil {
			if l.alike == nil {
				l.alike = map[any]*lane{}
			}
			at = &lane{alike: true}
			l.alike[like] = at
		}
	}
	if n := len(at.list); n == 0 || at.list[n-1] != w {
		at.list = append(at.list, w)
		l.n++
	}
}

// remove takes a waiter out, if it is there.
func (l *line) remove(w *waiter) {
	at := &l.loners
	if like := w.wait.Alike; like != nil {
		if at = l.alike[like]; at == nil {
			return
		}
	}
	switch i := at.from(w.order); {
	case i == len(at.list) || at.list[i] != w:
		return
	case i == 0: // nearly always, where there are many
		at.list[0] = nil
		at.list = at.list[1:]
	default:
		at.list = slices.Delete(at.list, i, i+1)
	}
	if l.n--; at.alike && len(at.list) == 0 {
		delete(l.alike, w.wait.Alike)
	}
}

// lanes visits those that are not empty until yield returns false.
func (l *line) lanes(yield func(*lane) bool) {
	if len(l.loners.list) > 0 && !yield(&l.loners) {
		return
	}
	for _, at := range l.alike {
		if !yield(at) {
			return
		}
	}
}

// first is the order of the one who has waited longest.
func (l *line) first() uint64 {
	first := uint64(math.MaxUint64)
	for at := range l.lanes {
		first = min(first, at.list[0].order)
	}
	return first
}

// forEnd reports whether somebody wants to know when the key is gone.
func (l *line) forEnd() bool {
	for at := range l.lanes {
		if at.alike && at.list[0].wait.Gone || !at.alike && slices.ContainsFunc(at.list, func(w *waiter) bool { return w.wait.Gone }) {
			return true
		}
	}
	return false
}

// from returns the place of the first waiter whose order is that or later.
func (at *lane) from(order uint64) int {
	i, _ := slices.BinarySearchFunc(at.list, order, func(w *waiter, order uint64) int { return cmp.Compare(w.order, order) })
	return i
}

// turn is a pass over a line, in order: a heap of lanes by their next waiters. Nobody joins the line meanwhile, since the key is
// locked, but some may leave.
type turn []head

// head is the next waiter of a lane: the first whose order is that or later.
type head struct {
	of    *lane
	order uint64
}

func (l *line) turn(room turn) turn {
	t := room[:0]
	for at := range l.lanes {
		t = append(t, head{at, at.list[0].order})
	}
	heap.Init(&t)
	return t
}

// next returns the waiter whose turn it is, nil at the end.
func (t *turn) next() *waiter {
	for len(*t) > 0 {
		h := &(*t)[0]
		i := h.of.from(h.order)
		if i == len(h.of.list) {
			heap.Pop(t)
			continue
		}
		w := h.of.list[i]
		if w.order == h.order {
			return w
		}
		h.order = w.order // others have left
		heap.Fix(t, 0)
	}
	return nil
}

// pass goes on to the waiter behind the one that next has returned; if none of those who are alike is to be asked, to one of
// another lane.
func (t *turn) pass(alike bool) {
	h := &(*t)[0]
	if alike && h.of.alike {
		heap.Pop(t)
		return
	}
	i := h.of.from(h.order + 1)
	if i == len(h.of.list) {
		heap.Pop(t)
		return
	}
	h.order = h.of.list[i].order
	heap.Fix(t, 0)
}

// Len, Less, Swap, Push and Pop are heap.Interface's.
func (t turn) Len() int           { return len(t) }
func (t turn) Less(i, j int) bool { return t[i].order < t[j].order }
func (t turn) Swap(i, j int)      { t[i], t[j] = t[j], t[i] }
func (t *turn) Push(h any)        { *t = append(*t, h.(head)) }

// Pop is heap.Interface's.
func (t *turn) Pop() any {
	last := (*t)[len(*t)-1]
	*t = (*t)[:len(*t)-1]
	return last
}
