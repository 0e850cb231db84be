package stream

import (
	"slices"
	"unsafe"

	"github.com/ferrousdb/ferrous/core/arena"
)

// store is where a stream's blobs come from.
type store struct {
	a   *arena.Arena
	mem int64 // bytes of all blobs, and of groups and consumers
}

// private reports whether what was made in that epoch is seen by no snapshot.
func (s *store) private(e arena.Epoch) bool {
	return !s.a.Live() || e == s.a.Epoch()
}

func (s *store) epoch() arena.Epoch { return s.a.Epoch() }

func (s *store) alloc(n int) arena.Ref {
	ref := s.a.Alloc(n)
	s.mem += int64(s.a.Cap(ref))
	return ref
}

func (s *store) free(ref arena.Ref, e arena.Epoch) {
	s.mem -= int64(s.a.Cap(ref))
	if s.private(e) {
		s.a.FreeNow(ref)
	} else {
		s.a.Free(ref)
	}
}

// onHeap notes that groups and consumers, which are on the Go heap, take n bytes more or fewer.
func (s *store) onHeap(n int64) {
	s.mem += n
	s.a.CountHeap(n)
}

// directory is slots in the order of their IDs, in pages. A slot is of a type without
// Go pointers that begins with its ID. Slots come at the end, go at the front, and now
// and then do either elsewhere; all of it costs one page at most, and finding an ID
// two binary searches. A copy of a directory with a list of pages of its own is a frozen view.
type directory[S any] struct {
	pages []page
	n     int // slots
}

// page is a run of slots: those from from to to of a blob.
type page struct {
	ref      arena.Ref
	epoch    arena.Epoch
	from, to int32
}

// place is where a slot is.
type place struct{ page, slot int }

const (
	pageSize  = 4 << 10 // the bytes of a page with all its slots
	firstRoom = 2       // slots that a page begins with
)

func (d *directory[S]) size() int { var s S; return int(unsafe.Sizeof(s)) }

// most is how many slots a page may have.
func (d *directory[S]) most() int { return pageSize / d.size() }

// slots is the slots of a page.
func (d *directory[S]) slots(i int) []S {
	p := &d.pages[i]
	return unsafe.Slice((*S)(p.ref.Pointer()), int(p.to))[p.from:]
}

// length is how many slots a page has.
func (d *directory[S]) length(i int) int { return int(d.pages[i].to - d.pages[i].from) }

func (d *directory[S]) at(p place) *S { return &d.slots(p.page)[p.slot] }

func slotID[S any](s *S) ID { return *(*ID)(unsafe.Pointer(s)) }

// front and back are the places of the first and the last slot, of which there are some.
func (d *directory[S]) front() place { return place{} }

func (d *directory[S]) back() place {
	i := len(d.pages) - 1
	return place{i, d.length(i) - 1}
}

func (d *directory[S]) next(p place) (place, bool) {
	switch {
	case p.slot+1 < d.length(p.page):
		return place{p.page, p.slot + 1}, true
	case p.page+1 < len(d.pages):
		return place{p.page + 1, 0}, true
	}
	return p, false
}

func (d *directory[S]) prev(p place) (place, bool) {
	switch {
	case p.slot > 0:
		return place{p.page, p.slot - 1}, true
	case p.page > 0:
		return place{p.page - 1, d.length(p.page-1) - 1}, true
	}
	return p, false
}

// find returns the last slot whose ID is not above id; ok is false if there is none.
func (d *directory[S]) find(id ID) (p place, ok bool) {
	lo, hi := 0, len(d.pages) // the first page whose first slot is above
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if id.Less(slotID(&d.slots(mid)[0])) {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	if lo == 0 {
		return p, false
	}
	p.page = lo - 1
	slots := d.slots(p.page)
	lo, hi = 1, len(slots)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if id.Less(slotID(&slots[mid])) {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	p.slot = lo - 1
	return p, true
}

// fresh makes a page with room for n slots and puts these in.
func (d *directory[S]) fresh(s *store, n int, slots []S) page {
	p := page{ref: s.alloc(n * d.size()), epoch: s.epoch(), to: int32(len(slots))}
	copy(unsafe.Slice((*S)(p.ref.Pointer()), n), slots)
	return p
}

// own makes a page one that no snapshot sees, so that its slots may be changed.
func (d *directory[S]) own(s *store, i int) {
	if p := &d.pages[i]; !s.private(p.epoch) {
		d.renew(s, i, d.length(i))
	}
}

// renew moves the slots of a page to a blob with room for n.
func (d *directory[S]) renew(s *store, i, n int) {
	old := d.pages[i]
	d.pages[i] = d.fresh(s, n, d.slots(i))
	s.free(old.ref, old.epoch)
}

// edit returns a slot for changing it.
func (d *directory[S]) edit(s *store, p place) *S {
	d.own(s, p.page)
	return d.at(p)
}

// push appends a slot.
func (d *directory[S]) push(s *store, slot S) {
	d.n++
	i := len(d.pages) - 1
	if i < 0 || d.length(i) == d.most() {
		room := firstRoom
		if i >= 0 {
			room = d.most()
		}
		d.pages = append(d.pages, d.fresh(s, room, []S{slot}))
		return
	}
	d.insertAt(s, i, d.length(i), slot)
}

// insert puts a slot before the one at a place.
func (d *directory[S]) insert(s *store, p place, slot S) {
	d.n++
	if n := d.length(p.page); n == d.most() {
		right := d.fresh(s, d.most(), d.slots(p.page)[n/2:])
		d.own(s, p.page)
		d.pages[p.page].to -= right.to
		d.pages = slices.Insert(d.pages, p.page+1, right)
		if p.slot > n/2 {
			p = place{p.page + 1, p.slot - n/2}
		}
	}
	d.insertAt(s, p.page, p.slot, slot)
}

// insertAt is insert for a page that may have one slot more.
func (d *directory[S]) insertAt(s *store, i, at int, slot S) {
	p := &d.pages[i]
	n := int(p.to - p.from)
	if room := s.a.Cap(p.ref) / d.size(); int(p.to) == room || !s.private(p.epoch) {
		d.renew(s, i, min(max(2*n, firstRoom), d.most()))
	}
	p.to++
	slots := d.slots(i)
	copy(slots[at+1:], slots[at:])
	slots[at] = slot
}

// remove takes a slot out. The place is then that of the slot that came behind it, if
// there is one: see tidy.
func (d *directory[S]) remove(s *store, p place) {
	d.n--
	pg := &d.pages[p.page]
	switch {
	case pg.to-pg.from == 1:
		s.free(pg.ref, pg.epoch)
		d.pages = slices.Delete(d.pages, p.page, p.page+1)
	case p.slot == 0:
		pg.from++
	case p.slot == int(pg.to-pg.from)-1:
		pg.to--
	default:
		d.own(s, p.page)
		slots := d.slots(p.page)
		copy(slots[p.slot:], slots[p.slot+1:])
		pg.to--
	}
}

// tidy returns the place of the slot that is at p or, if p is the end of a page, behind
// it; ok is false if there is none.
func (d *directory[S]) tidy(p place) (place, bool) {
	if p.page < len(d.pages) && p.slot == d.length(p.page) {
		p = place{p.page + 1, 0}
	}
	return p, p.page < len(d.pages)
}

// thaw returns a directory that may be changed while d stays as it is.
func (d *directory[S]) thaw() directory[S] { return directory[S]{slices.Clone(d.pages), d.n} }
