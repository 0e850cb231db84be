package list

import (
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/listpack"
)

// splice makes room for ins bytes in the place of del bytes at pos of the region of
// a chunk, in its blob if that is private and suits the new length, else in another
// one. It returns the chunk, for set, and the room. The chunk may hold as much.
func (l *large) splice(c chunk, pos, del, ins int) (chunk, []byte) {
	h := c.head()
	n := h.len() - del + ins
	room := l.a.Cap(arena.Ref(c))
	if l.private(h.epoch) && headSize+n <= room && headSize+n > room/2 && h.shift(c, room, pos, del, ins) {
		return c, c.region()[pos : pos+ins]
	}
	to := l.newChunk(n, Back)
	t := to.head()
	t.end += uint32(n)
	t.count = h.count
	from, b := c.region(), to.region()
	copy(b, from[:pos])
	copy(b[pos+ins:], from[pos+del:])
	l.freeChunk(c)
	for i, x := range l.ends {
		if x == c {
			l.ends[i] = to
		}
	}
	return to, b[pos : pos+ins]
}

// shift is splice in place. It moves what is behind the hole, or else what is
// before it; it fails if the free room is on both sides of the region.
func (h *head) shift(c chunk, room, pos, del, ins int) bool {
	start, end := int(h.start), int(h.end)
	switch more := ins - del; {
	case end+more <= room:
		b := c.bytes(room)[start:]
		copy(b[pos+ins:], b[pos+del:end-start])
		h.end, h.form = uint32(end+more), plain
	case start-more >= headSize:
		b := c.bytes(room)
		copy(b[start-more:], b[start:start+pos])
		h.start, h.form = uint32(start-more), plain
	default:
		return false
	}
	return true
}

// setAt gives the element at an index another value.
func (l *large) setAt(i int, value []byte, lim limits) {
	p, off := l.find(i)
	c := l.plain(p)
	pos := c.seek(off)
	b := c.region()
	del, ins := listpack.Next(b, pos)-pos, listpack.Size(value)
	if ins > del && !lim.fits(&head{end: uint32(len(b) - del)}, ins) && len(b) > del {
		l.divide(p, pos, del, value, lim)
		return
	}
	c, hole := l.splice(c, pos, del, ins)
	listpack.Put(hole, value)
	l.set(p, c)
	l.settle(p, lim)
}

// insertAt makes a value the element at an index; it comes between two elements.
func (l *large) insertAt(i int, value []byte, lim limits) {
	p, off := l.find(i)
	l.insertInto(p, l.plain(p).seek(off), value, lim)
}

// insertInto inserts a value at a position of a chunk.
func (l *large) insertInto(p place, pos int, value []byte, lim limits) {
	c, size := l.plain(p), listpack.Size(value)
	l.n++
	if !lim.fits(c.head(), size) {
		l.divide(p, pos, 0, value, lim)
		return
	}
	c, hole := l.splice(c, pos, 0, size)
	listpack.Put(hole, value)
	c.head().count++
	l.set(p, c)
	l.settle(p, lim)
}

// divide puts a value into the place of del bytes of a chunk that cannot hold it, and
// several chunks into the place of that one, which is plain.
func (l *large) divide(p place, pos, del int, value []byte, lim limits) {
	c := l.chunkAt(p)
	b := c.region()
	all := make([]byte, 0, len(b)-del+listpack.Size(value))
	all = append(all, b[:pos]...)
	all = listpack.Append(all, value)
	all = append(all, b[pos+del:]...)
	pieces := lim.cut(all, listpack.Count(all))
	l.freeChunk(c)
	last := len(pieces) - 1
	at := place{} // of the first that is inserted
	switch {
	case l.ends[Front] == l.ends[Back]:
		l.ends[Front] = l.fill(pieces[0].b, pieces[0].n)
		l.ends[Back] = l.ends[Front]
		if last > 0 {
			l.ends[Back] = l.fill(pieces[last].b, pieces[last].n)
			at = l.insertAll(at, pieces[1:last])
		}
	case p.page == len(l.pages):
		l.ends[Back] = l.fill(pieces[last].b, pieces[last].n)
		at = l.insertAll(p, pieces[:last])
	case p.page < 0:
		l.ends[Front] = l.fill(pieces[0].b, pieces[0].n)
		at = l.insertAll(at, pieces[1:])
	default:
		l.set(p, l.fill(pieces[0].b, pieces[0].n))
		at = l.insertAll(place{p.page, p.slot + 1}, pieces[1:])
	}
	at, _ = l.prev(at)
	for range pieces {
		l.settle(at, lim)
		at, _ = l.next(at) // behind the last it stays there
	}
	l.grown(Front, last, lim)
	l.grown(Back, last, lim)
}

// insertAll inserts chunks made of pieces, in their order, before a place, and returns
// where the first is.
func (l *large) insertAll(p place, pieces []piece) place {
	for i := len(pieces) - 1; i >= 0; i-- {
		p = l.insert(p, l.fill(pieces[i].b, pieces[i].n))
	}
	return p
}

// removeAll removes elements that match a pattern, at most limit of them, beginning
// at an end, and returns how many that were. From the front, the first of all of them is at a cursor.
func (l *large) removeAll(pat Pattern, at Cursor, from End, limit int, lim limits) (removed int) {
	p, pos := at.at, at.pos
	if from == Back {
		p, pos = l.place(Back), 0
	}
	first, last := p.page, p.page // pages with changed chunks
	var buf []byte
	for ok := true; ok && removed < limit; pos = 0 {
		most := limit - removed
		if from == Back {
			most = l.n
		}
		if n := matches(l.chunkAt(p).read(&buf), pat, pos, most); n > 0 {
			if removed == 0 {
				first = p.page
			}
			last = p.page
			take := min(n, limit-removed)
			skip := 0
			if from == Back {
				skip = n - take
			}
			c := l.own(l.plain(p))
			c.compact(pat, pos, skip, take)
			if c.head().count > 0 {
				c = l.fit(c)
			}
			l.set(p, c)
			removed += take
		}
		if from == Front {
			p, ok = l.next(p)
		} else {
			p, ok = l.prev(p)
		}
	}
	if l.n -= removed; l.n > 0 && removed > 0 {
		first, last = max(min(first, last), 0), min(max(first, last), len(l.pages)-1)
		l.tidy(first, last, lim)
		l.settlePages(first, min(last, len(l.pages)-1), lim)
	}
	return removed
}

// matches counts the elements of a region from a position on that match, up to most.
func matches(b []byte, pat Pattern, pos, most int) (n int) {
	for ; n < most; n++ {
		at, ok := listpack.Find(b, pos, pat.text, 0)
		if !ok {
			return n
		}
		pos = listpack.Next(b, at)
	}
	return n
}

// compact removes, of the elements from a position on that match, those after the first skip,
// take of them; there are as many.
func (c chunk) compact(pat Pattern, pos, skip, take int) {
	h := c.head()
	b := c.region()
	w, kept := 0, 0 // up to where the region is written, and read
	for left := take; left > 0; {
		at, _ := listpack.Find(b, pos, pat.text, 0)
		pos = listpack.Next(b, at)
		if skip > 0 {
			skip--
			continue
		}
		if w == kept { // nothing has moved yet
			w = at
		} else {
			w += copy(b[w:], b[kept:at])
		}
		kept = pos
		left--
	}
	w += copy(b[w:], b[kept:])
	h.end = h.start + uint32(w)
	h.count -= uint16(take)
	h.form = plain
}

// tidy takes chunks that have become empty out of the pages from first to last, and
// out of the ends, and unites neighbours that have become sparse. The list is not
// empty.
func (l *large) tidy(first, last int, lim limits) {
	for i := last; i >= first; i-- {
		for s := l.pages[i].chunks - 1; s >= 0; s-- {
			p := place{i, s}
			switch {
			case l.chunkAt(p).head().count == 0:
				l.freeChunk(l.chunkAt(p))
				l.remove(p)
			case s+1 < l.pages[i].chunks:
				l.unite(p, place{i, s + 1}, lim)
			}
		}
	}
	for _, end := range [...]End{Front, Back} {
		for l.count(end) == 0 {
			l.dropChunk(end)
		}
		l.shrunk(end, lim)
	}
}

// unite makes one chunk of two neighbours of one page if that leaves room: it would
// be divided again soon otherwise.
func (l *large) unite(p, q place, lim limits) {
	c, d := l.chunkAt(p), l.chunkAt(q)
	n := c.head().size() + d.head().size()
	count := int(c.head().count) + int(d.head().count)
	if headSize+n > lim.bytes/4*3 || count > (lim.entries+1)/2 {
		return
	}
	c, d = l.plain(p), l.plain(q)
	to := l.newChunk(n, Back)
	h := to.head()
	h.end += uint32(n)
	h.count = uint16(count)
	copy(to.region()[copy(to.region(), c.region()):], d.region())
	l.freeChunk(c)
	l.freeChunk(d)
	l.remove(q)
	l.set(p, to)
}
