package list

import (
	"slices"
	"unsafe"

	"github.com/ferrousdb/ferrous/core/arena"
)

// page is a run of the chunks between the first and the last of a list. What it
// holds is a blob: the epoch of its making, then the slots. A position is found
// by adding up the pages, from the nearer end, and then the slots of one: with a
// million chunks that are some two thousand numbers in one array, and no more than
// 511 in another.
type page struct {
	ref    arena.Ref
	chunks int
	n      int // elements
	rest
}

// slot is a chunk and how many elements it has: the count is in the low 16 bits,
// since an address has no more than 48.
type slot uint64

func makeSlot(c chunk) slot { return slot(c)<<16 | slot(c.head().count) }
func (s slot) chunk() chunk { return chunk(s >> 16) }
func (s slot) count() int   { return int(s & maxEntries) }

// The length of a page's blob: with all slots it is 4 KiB.
const (
	pageHead  = 8
	slotSize  = 8
	pageSlots = (4<<10 - pageHead) / slotSize
	firstRoom = 7 // slots of a page that is new
)

func (p *page) epoch() *arena.Epoch { return (*arena.Epoch)(p.ref.Pointer()) }

// slots is the chunks of the page.
func (p *page) slots() []slot { return p.room(p.chunks) }

func (p *page) room(n int) []slot {
	return unsafe.Slice((*slot)(unsafe.Add(p.ref.Pointer(), pageHead)), n)
}

// place is where a chunk is: the slot of a page, or at an end of the list, before
// the first page or behind the last. An only chunk is at the front.
type place struct{ page, slot int }

func (l *large) place(end End) place {
	if end == Front || l.ends[Front] == l.ends[Back] {
		return place{page: -1}
	}
	return place{page: len(l.pages)}
}

func (l *large) chunkAt(p place) chunk {
	switch {
	case p.page < 0:
		return l.ends[Front]
	case p.page == len(l.pages):
		return l.ends[Back]
	}
	return l.pages[p.page].slots()[p.slot].chunk()
}

// next returns the place of the chunk behind another.
func (l *large) next(p place) (place, bool) {
	switch {
	case p == l.place(Back):
		return p, false
	case p.page < 0 || p.slot+1 == l.pages[p.page].chunks:
		return place{page: p.page + 1}, true
	}
	return place{p.page, p.slot + 1}, true
}

// prev returns the place of the chunk before another.
func (l *large) prev(p place) (place, bool) {
	switch {
	case p.page < 0:
		return p, false
	case p.slot > 0:
		return place{p.page, p.slot - 1}, true
	case p.page == 0:
		return place{page: -1}, true
	}
	return place{p.page - 1, l.pages[p.page-1].chunks - 1}, true
}

// find returns the chunk that holds element i, and which of its elements that is.
func (l *large) find(i int) (p place, off int) {
	front, back := l.count(Front), l.count(Back)
	switch {
	case i < front:
		return place{page: -1}, i
	case i >= l.n-back:
		return l.place(Back), i - (l.n - back)
	}
	mid := l.n - front - back
	i -= front
	if i < mid/2 {
		for p.page = 0; i >= l.pages[p.page].n; p.page++ {
			i -= l.pages[p.page].n
		}
	} else {
		p.page = len(l.pages)
		for behind := mid - i; behind > 0; i = -behind { // how many are at or behind it
			p.page--
			behind -= l.pages[p.page].n
		}
	}
	for _, s := range l.pages[p.page].slots() {
		if i < s.count() {
			break
		}
		i -= s.count()
		p.slot++
	}
	return p, i
}

// set puts a chunk into a place, or notes that the one there has changed: the page is used.
func (l *large) set(p place, c chunk) {
	l.put(p, c)
	if p.page >= 0 && p.page < len(l.pages) {
		l.pages[p.page].idle = 0
		l.pages[p.page].again()
	}
}

// put puts a chunk of as many elements into a place, or notes that the one there has changed.
func (l *large) put(p place, c chunk) {
	switch {
	case p.page < 0:
		if l.ends[Front] == l.ends[Back] {
			l.ends[Back] = c
		}
		l.ends[Front] = c
	case p.page == len(l.pages):
		l.ends[Back] = c
	default:
		pg := l.ownPage(p.page, 0)
		s, old := makeSlot(c), pg.slots()[p.slot]
		pg.slots()[p.slot] = s
		pg.n += s.count() - old.count()
	}
}

// insert puts a chunk before the place of another, between the ends of the list, and
// returns its place.
func (l *large) insert(p place, c chunk) place {
	if len(l.pages) == 0 {
		l.pages = append(l.pages, l.newPage(firstRoom))
		p = place{}
	}
	if p.page == len(l.pages) { // behind all
		p = place{p.page - 1, l.pages[p.page-1].chunks}
	}
	if l.pages[p.page].chunks == pageSlots {
		p = l.splitPage(p)
	}
	pg := l.ownPage(p.page, 1)
	pg.chunks++
	slots := pg.slots()
	copy(slots[p.slot+1:], slots[p.slot:])
	slots[p.slot] = makeSlot(c)
	pg.n += slots[p.slot].count()
	pg.again()
	return p
}

// splitPage makes room in a full page for a slot at p and returns where that is
// then. Lists grow at their ends, so a page that is full there stays so.
func (l *large) splitPage(p place) place {
	at := pageSlots / 2
	switch p.slot {
	case 0:
		l.pages = slices.Insert(l.pages, p.page, l.newPage(firstRoom))
		return p
	case pageSlots:
		l.pages = slices.Insert(l.pages, p.page+1, l.newPage(firstRoom))
		return place{page: p.page + 1}
	}
	from := l.ownPage(p.page, 0)
	to := l.newPage(pageSlots - at)
	to.chunks = copy(to.room(pageSlots-at), from.slots()[at:])
	to.idle = from.idle
	from.chunks = at
	for _, s := range to.slots() {
		to.n += s.count()
	}
	from.n -= to.n
	l.pages = slices.Insert(l.pages, p.page+1, to)
	if p.slot > at {
		return place{p.page + 1, p.slot - at}
	}
	return p
}

// remove takes a chunk out of its slot. A page that has become empty goes.
func (l *large) remove(p place) {
	pg := l.ownPage(p.page, 0)
	slots := pg.slots()
	pg.n -= slots[p.slot].count()
	if p.slot < int(pg.next) {
		pg.next--
	}
	copy(slots[p.slot:], slots[p.slot+1:])
	pg.chunks--
	if pg.chunks == 0 {
		l.freePage(p.page)
	}
}

// take removes the chunk next to an end of the list, if there is one between.
func (l *large) take(end End) (chunk, bool) {
	if len(l.pages) == 0 {
		return 0, false
	}
	p := place{}
	if end == Back {
		p.page = len(l.pages) - 1
		p.slot = l.pages[p.page].chunks - 1
	}
	c := l.chunkAt(p)
	l.remove(p)
	return c, true
}

func (l *large) newPage(room int) page {
	p := page{ref: l.a.Alloc(pageHead + room*slotSize)}
	l.mem += int64(l.a.Cap(p.ref))
	*p.epoch() = l.a.Epoch()
	return p
}

func (l *large) freePage(i int) {
	l.free(l.pages[i].ref, *l.pages[i].epoch())
	l.pages = slices.Delete(l.pages, i, i+1)
}

// ownPage returns a page for changing, with room for more slots. One that a
// snapshot may see, or that is too small or far too large, is copied.
func (l *large) ownPage(i, more int) *page {
	p := &l.pages[i]
	have, need := (l.a.Cap(p.ref)-pageHead)/slotSize, p.chunks+more
	if need <= have && (have <= firstRoom || need > have/4) && l.private(*p.epoch()) {
		return p
	}
	room := max(need, firstRoom)
	if need > have {
		room = min(2*room, pageSlots)
	}
	to := l.newPage(room)
	copy(to.room(p.chunks), p.slots())
	to.chunks, to.n, to.rest = p.chunks, p.n, p.rest
	l.free(p.ref, *p.epoch())
	*p = to
	return p
}
