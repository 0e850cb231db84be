package stream

import (
	"slices"

	"github.com/ferrousdb/ferrous/core/arena"
)

// names is a list of things in the order of their names, which are bytes, in pages. A page that a
// snapshot may see is copied before it is changed.
type names[V any] struct {
	pages []*namePage[V]
	n     int
}

type namePage[V any] struct {
	epoch arena.Epoch
	items []named[V] // not empty, at most namesInPage
}

type named[V any] struct {
	name string
	v    V
}

const namesInPage = 64

func (p *namePage[V]) last() *named[V] { return &p.items[len(p.items)-1] }

func (l *names[V]) lastPage() *namePage[V] { return l.pages[len(l.pages)-1] }

// find returns where a name is, or where it belongs.
func (l *names[V]) find(name []byte) (p place, ok bool) {
	lo, hi := 0, len(l.pages) // the first page whose first name is above
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if string(name) < l.pages[mid].items[0].name {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	p.page = max(lo-1, 0)
	if p.page == len(l.pages) {
		return p, false
	}
	items := l.pages[p.page].items
	lo, hi = 0, len(items)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if items[mid].name < string(name) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	p.slot = lo
	return p, lo < len(items) && items[lo].name == string(name)
}

// get returns what has a name.
func (l *names[V]) get(name []byte) (v V, ok bool) {
	p, ok := l.find(name)
	if ok {
		v = l.pages[p.page].items[p.slot].v
	}
	return v, ok
}

// own makes a page one that may be changed.
func (l *names[V]) own(s *store, i int) *namePage[V] {
	p := l.pages[i]
	if !s.private(p.epoch) {
		p = &namePage[V]{s.epoch(), slices.Clone(p.items)}
		l.pages[i] = p
	}
	return p
}

// set gives the thing at a place another value.
func (l *names[V]) set(s *store, p place, v V) { l.own(s, p.page).items[p.slot].v = v }

// insert adds a thing where find has said that it belongs.
func (l *names[V]) insert(s *store, p place, name string, v V) {
	l.n++
	if len(l.pages) == 0 {
		l.pages = append(l.pages, &namePage[V]{s.epoch(), []named[V]{{name, v}}})
		return
	}
	pg := l.own(s, p.page)
	if n := len(pg.items); n == namesInPage {
		right := &namePage[V]{s.epoch(), slices.Clone(pg.items[n/2:])}
		clear(pg.items[n/2:])
		pg.items = pg.items[:n/2]
		l.pages = slices.Insert(l.pages, p.page+1, right)
		if p.slot > n/2 {
			p.slot -= n / 2
			pg = right
		}
	}
	pg.items = slices.Insert(pg.items, p.slot, named[V]{name, v})
}

// remove takes the thing at a place out.
func (l *names[V]) remove(s *store, p place) {
	l.n--
	pg := l.own(s, p.page)
	if pg.items = slices.Delete(pg.items, p.slot, p.slot+1); len(pg.items) == 0 {
		l.pages = slices.Delete(l.pages, p.page, p.page+1)
	}
}

// removeLast takes the last out of a list that is on its way out, without touching what a
// snapshot may see.
func (l *names[V]) removeLast() {
	l.n--
	i := len(l.pages) - 1
	if n := len(l.pages[i].items); n > 1 {
		l.pages[i] = &namePage[V]{l.pages[i].epoch, l.pages[i].items[:n-1]}
	} else {
		l.pages = l.pages[:i]
	}
}

// thaw returns a list that may be changed while l stays as it is.
func (l *names[V]) thaw() names[V] { return names[V]{slices.Clone(l.pages), l.n} }

// next returns the thing at a place, where there is one, and moves the place to the one behind it.
func (l *names[V]) next(p *place) (name string, v V) {
	items := l.pages[p.page].items
	it := &items[p.slot]
	if p.slot++; p.slot == len(items) {
		*p = place{p.page + 1, 0}
	}
	return it.name, it.v
}

// all visits the things in order until yield returns false.
func (l *names[V]) all(yield func(name string, v V) bool) {
	for _, p := range l.pages {
		for i := range p.items {
			if !yield(p.items[i].name, p.items[i].v) {
				return
			}
		}
	}
}
