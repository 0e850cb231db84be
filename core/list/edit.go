package list

import (
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/listpack"
)

// Editor changes the list of a key. It is valid until any other key of the shard
// changes.
type Editor struct {
	db     *keyspace.DB
	key    []byte
	entry  keyspace.Entry
	now    int64
	large  *large // the list, once it is opened and if it is large
	shrunk bool   // it may be worth to pack the list again
}

// Edit opens the list of a key for changing. e is the key's entry; with the zero
// Entry the key is missing and comes into being with the first element, while the
// expiry of an existing key is kept. key must stay as it is while the Editor is in
// use. Nothing is changed yet; Done ends a change.
func Edit(db *keyspace.DB, key []byte, e keyspace.Entry, now int64) *Editor {
	return &Editor{db: db, key: key, entry: e, now: now}
}

// View returns the list as it is now.
func (ed *Editor) View() View {
	switch {
	case ed.large != nil:
		return View{large: ed.large, live: true}
	case !ed.entry.OK():
		return View{}
	}
	return Read(ed.entry.Value())
}

// Len returns the number of elements.
func (ed *Editor) Len() int {
	if ed.large != nil {
		return ed.large.n
	}
	return ed.View().Len()
}

// Peek returns the element at an end of a list that has one. It is for whoever is
// going to change the list: others use the View's.
func (ed *Editor) Peek(end End) listpack.Element {
	ed.open()
	return ed.View().Peek(end)
}

func (ed *Editor) limits() limits { return limitsOf(ed.db.Keyspace().Packed(keyspace.List)) }

// open returns the list for changing if it is a large one, else nil.
func (ed *Editor) open() *large {
	if ed.large == nil && ed.entry.OK() && ed.entry.Kind().IsObject() {
		ed.large = ed.entry.OpenObject().(*large)
	}
	return ed.large
}

// Push adds elements at an end, one after the other: the last comes to lie outermost.
func (ed *Editor) Push(end End, values ...[]byte) {
	lim := ed.limits()
	l := ed.open()
	if l == nil {
		size := 0
		for _, v := range values {
			size += len(v)
		}
		l = ed.outgrow(lim, size, len(values))
	}
	if l == nil {
		ed.pushPacked(end, values)
		return
	}
	for _, v := range values {
		l.push(end, v, lim)
	}
	if l.grew {
		l.grew = false
		ed.entry.Tend()
	}
}

// Drop removes the n elements, of at most all, that are next to an end.
func (ed *Editor) Drop(end End, n int) {
	if n <= 0 {
		return
	}
	if l := ed.open(); l != nil {
		l.drop(end, n, ed.limits())
		ed.shrunk = true
		return
	}
	ed.dropPacked(end, n)
}

// Set gives the element at an index another value.
func (ed *Editor) Set(i int, value []byte) {
	lim := ed.limits()
	if l := ed.openFor(value, lim); l != nil {
		l.setAt(i, value, lim)
		ed.shrunk = true
		return
	}
	ed.setPacked(i, value)
}

// Insert makes a value the element at an index, which is at most Len.
func (ed *Editor) Insert(i int, value []byte) {
	lim := ed.limits()
	l := ed.openFor(value, lim)
	switch {
	case l == nil:
		ed.insertPacked(i, value)
	case i == 0:
		l.push(Front, value, lim)
	case i == l.n:
		l.push(Back, value, lim)
	default:
		l.insertAt(i, value, lim)
	}
}

// InsertNextTo inserts a value before, or behind, the first element that has the bytes of pivot.
// If there is none it reports false, and has done what Grow does.
func (ed *Editor) InsertNextTo(pivot []byte, behind bool, value []byte) bool {
	at, before, ok := ed.View().search(pivot)
	if !ok {
		ed.Grow(value)
		return false
	}
	pos, after := at.pos, 0
	if behind {
		pos, after = listpack.Next(at.region, pos), 1
	}
	l := ed.open()
	switch {
	case l == nil:
		ed.Insert(listpack.Count(at.region[:at.pos])+after, value)
	case pos == 0 && before == 0:
		l.push(Front, value, ed.limits())
	case pos == len(at.region) && at.at == l.place(Back):
		l.push(Back, value, ed.limits())
	default:
		l.insertInto(at.at, pos, value, ed.limits())
	}
	return true
}

// openFor is open for one value more.
func (ed *Editor) openFor(value []byte, lim limits) *large {
	if l := ed.open(); l != nil {
		return l
	}
	return ed.outgrow(lim, len(value), 1)
}

// Grow says that a value is going to be inserted. Redis makes a packed list large
// then if need be, even if it turns out that there is no place for the value.
func (ed *Editor) Grow(value []byte) { ed.openFor(value, ed.limits()) }

// Remove removes elements that have these bytes: the first n of them, or, if n is
// negative, the last -n, or, if it is 0, all. It returns how many it has removed.
func (ed *Editor) Remove(value []byte, n int64) int {
	v := ed.View()
	from, limit := Front, v.Len()
	switch {
	case n < 0 && n > -int64(limit):
		from, limit = Back, int(-n)
	case n > 0 && n < int64(limit):
		limit = int(n)
	}
	var at Cursor
	ok := false
	if from == Back && v.large != nil { // what is to go may be near the end
		ok = v.large.holds(value)
	} else {
		at, _, ok = v.search(value)
	}
	if !ok { // most often there is nothing to change
		return 0
	}
	if l := ed.open(); l != nil {
		ed.shrunk = true
		return l.removeAll(PatternOf(value), at, from, limit, ed.limits())
	}
	return ed.removePacked(listpack.Count(at.region[:at.pos]), value, from, limit)
}

// Done ends the change. If the list has become empty the key is deleted, which is
// what the result says.
func (ed *Editor) Done() (deleted bool) {
	switch {
	case !ed.entry.OK():
		return false
	case ed.Len() == 0:
		ed.entry.Delete()
		ed.entry, ed.large = keyspace.Entry{}, nil
		return true
	case ed.shrunk:
		ed.shrunk = false
		ed.pack()
	}
	return false
}

// outgrow makes a packed list large if it would become too long with n values more,
// of so many bytes together; nil says that it stays packed. As in Redis, their
// encoding is not reckoned with.
func (ed *Editor) outgrow(lim limits, bytes, n int) *large {
	size, count := listpack.Overhead, 0
	if ed.entry.OK() {
		size, count = len(ed.entry.Data()), listpack.Len(ed.entry.Data())
	}
	if size+bytes <= lim.bytes && count+n <= lim.entries {
		return nil
	}
	h := ed.db.Keyspace().Hash(ed.key)
	b := Builder{l: &large{a: ed.db.Keyspace().Arena(h)}, lim: lim}
	if count > 0 {
		b.region(listpack.Elements(ed.entry.Data()), count)
		b.flush()
	}
	ed.db.PutObject(ed.key, keyspace.List, b.l, keyspace.KeepTTL, ed.now)
	ed.entry, ed.large = ed.db.FindHashed(h, ed.key, ed.now, 0), b.l
	return b.l
}

// pack makes a large list packed if it is of one chunk that is at most half as long as
// a packed list may be. The other half keeps lists from changing back and forth.
func (ed *Editor) pack() {
	l := ed.large
	if l.ends[Front] != l.ends[Back] {
		return
	}
	b := l.ends[Front].region()
	p := ed.db.Keyspace().Packed(keyspace.List)
	lim := limitsOf(p)
	if p.Entries > 0 && l.n > lim.entries/2 || p.Entries == 0 && listpack.Overhead+len(b) > lim.bytes/2 {
		return
	}
	packed := listpack.AppendPack(nil, b, l.n) // the chunk goes with the old value
	copy(ed.db.Put(ed.key, packedKind, len(packed), keyspace.KeepTTL, ed.now), packed)
	ed.entry, ed.large = ed.db.Find(ed.key, ed.now, 0), nil
}
