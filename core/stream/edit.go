package stream

import (
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/listpack"
)

// Editor changes the stream of a key. It is valid until any other key of the shard changes.
type Editor struct {
	db    *keyspace.DB
	key   []byte
	entry keyspace.Entry
	now   int64
	o     *object // the stream, once it is opened
}

// Edit opens the stream of a key for changing. e is the key's entry; with the zero Entry the key is
// missing, and Make or Append make it. key must stay as it is while the Editor is in use. Nothing is
// changed yet.
func Edit(db *keyspace.DB, key []byte, e keyspace.Entry, now int64) Editor {
	return Editor{db: db, key: key, entry: e, now: now}
}

// View returns the stream as it is now.
func (ed *Editor) View() View {
	switch {
	case ed.o != nil:
		return View{ed.o}
	case !ed.entry.OK():
		return View{}
	}
	return Of(ed.entry.Value())
}

// Entry returns the key's entry.
func (ed *Editor) Entry() keyspace.Entry { return ed.entry }

// open returns the stream for changing; there is one.
func (ed *Editor) open() *object {
	if ed.o == nil {
		ed.o = ed.entry.OpenObject().(*object)
	}
	return ed.o
}

// Make makes an empty stream if there is none.
func (ed *Editor) Make() {
	if ed.o != nil || ed.entry.OK() {
		return
	}
	ks := ed.db.Keyspace()
	h := ks.Hash(ed.key)
	ed.o = &object{store: store{a: ks.Arena(h)}}
	ed.db.PutObject(ed.key, keyspace.Stream, ed.o, 0, ed.now)
	ed.entry = ed.db.FindHashed(h, ed.key, ed.now, keyspace.KeepExpired)
}

// MaxEntry is how many bytes the fields and values of an entry may have together.
const MaxEntry = maxBlock

// Append adds an entry of fields and values; its ID has to be above Last. size is that of the fields and values
// together, MaxEntry at most. If there is no stream it is made.
func (ed *Editor) Append(id ID, args [][]byte, size int) {
	ed.Make()
	ed.open().append(id, args, size, ed.db.Keyspace().Packed(keyspace.Stream))
}

// Last is View().Last() for who is about to append.
func (ed *Editor) Last() ID {
	if ed.o == nil && !ed.entry.OK() {
		return ID{}
	}
	return ed.open().last
}

// SetLast says which ID was the last to be given, SetAdded how many were, SetMaxDeleted which was the
// greatest that was deleted.
func (ed *Editor) SetLast(id ID) { ed.open().last = id }

// SetAdded: see SetLast.
func (ed *Editor) SetAdded(n uint64) { ed.open().added = n }

// SetMaxDeleted: see SetLast.
func (ed *Editor) SetMaxDeleted(id ID) { ed.open().deleted = id }

// Delete deletes an entry, and reports whether it was there.
func (ed *Editor) Delete(id ID) bool { return ed.DeleteAll([]ID{id}) == 1 }

// DeleteAll deletes the entries of IDs, which are in order, and returns how many were there. Each block is looked
// through once.
func (ed *Editor) DeleteAll(ids []ID) (n int) {
	if len(ids) == 0 {
		return 0
	}
	atFirst := !ed.View().First().Less(ids[0])
	var few [64]int
	for v := ed.View(); v.Len() > 0 && len(ids) > 0; v = ed.View() {
		c := v.Range(ids[0], MaxID)
		found, rest, last := c.find(ids, few[:0])
		if len(found) > 0 {
			ed.open().deleteAt(c.in, found)
			ed.noteDeleted(last)
			n += len(found)
		}
		ids = rest
	}
	if n > 0 && atFirst && ed.o.more != nil {
		ed.o.more.first = View{ed.o}.findFirst()
	}
	return n
}

// noteDeleted notes the ID of an entry that was deleted.
func (ed *Editor) noteDeleted(id ID) {
	if ed.o.deleted.Less(id) {
		ed.o.deleted = id
	}
	if ed.o.more != nil && ed.o.more.gone.Less(id) {
		ed.o.more.gone = id
	}
}

// find appends to list where the entries of IDs begin in the block that a cursor from the first of the IDs stands in, and returns
// the IDs that may be in blocks behind it, and which of the others was found last.
func (c *Cursor) find(ids []ID, list []int) (found []int, rest []ID, last ID) {
	for pos := c.pos; pos < len(c.region) && len(ids) > 0; {
		e, flags, next := c.head.scan(c.region, pos, c.first)
		for len(ids) > 0 && ids[0].Less(e.ID) {
			ids = ids[1:]
		}
		if len(ids) > 0 && ids[0] == e.ID && flags&flagDeleted == 0 {
			list = append(list, pos)
			last = e.ID
		}
		pos = next
	}
	behind, ok := c.o.nextBlock(c.in)
	if !ok {
		return list, nil, last
	}
	for first := c.o.block(behind).first; len(ids) > 0 && ids[0].Less(first); {
		ids = ids[1:]
	}
	return list, ids, last
}

// deleteAt marks the entries of a block that begin at these places as deleted; a block of which none is left goes.
func (o *object) deleteAt(w where, list []int) {
	if int(o.block(w).live) == len(list) {
		o.dropBlock(w)
		return
	}
	b, buf := o.editBlock(w)
	h := readHeader(buf)
	for _, at := range list {
		flags, _ := listpack.ReadInt(buf, at)
		listpack.PutInt(buf[at:], flags|flagDeleted)
	}
	b.live -= uint32(len(list))
	b.size = uint32(setCounts(buf, int(b.size), h.live-len(list), h.dead+len(list)))
	o.n -= len(list)
}

// marker walks the entries of a block that are not deleted, and marks some of them as deleted.
type marker struct {
	o     *object
	b     *block
	buf   []byte
	head  header
	entry Entry
	at    int // where the entry begins, and where the next one does
	pos   int
	gone  int
}

// mark begins to change a block; end ends it.
func (o *object) mark(w where) marker {
	b, buf := o.editBlock(w)
	m := marker{o: o, b: b, buf: buf, head: readHeader(buf)}
	m.pos = m.head.entries(buf)
	return m
}

// next goes to the next entry, if there is one.
func (m *marker) next() bool {
	for m.pos < int(m.b.size) {
		var flags int64
		m.at = m.pos
		m.entry, flags, m.pos = m.head.scan(m.buf, m.at, m.b.first)
		if flags&flagDeleted == 0 {
			return true
		}
	}
	return false
}

// delete marks the entry that the marker is at.
func (m *marker) delete() {
	flags, _ := listpack.ReadInt(m.buf, m.at)
	listpack.PutInt(m.buf[m.at:], flags|flagDeleted)
	m.gone++
	m.o.n--
}

// end writes the counts. Some entry is left.
func (m *marker) end() {
	m.b.live -= uint32(m.gone)
	m.b.size = uint32(setCounts(m.buf, int(m.b.size), m.head.live-m.gone, m.head.dead+m.gone))
}

// Refs says what becomes of references to a deleted entry, which are in what is pending for groups.
type Refs uint8

// What may become of them.
const (
	KeepRefs  Refs = iota
	DropRefs       // they are removed
	OnlyAcked      // entries that groups still have to get, or to acknowledge, are not deleted
)

// Trim says what Editor.Trim removes: entries from the first one on.
type Trim struct {
	ByID   bool
	Max    int  // how many are to be left, if not ByID
	Min    ID   // the least that is to be left
	Approx bool // whole blocks only; heeded with KeepRefs
	Limit  int  // remove no more than so many; 0 for no limit
	Refs   Refs
}

// stop reports whether an entry, and all that come behind it, are to be left.
func (t *Trim) stop(id ID, left int) bool {
	if t.ByID {
		return !id.Less(t.Min)
	}
	return left <= t.Max
}

// Trim removes entries and returns how many.
func (ed *Editor) Trim(t Trim) (removed int) {
	if v := ed.View(); v.Len() == 0 || !t.ByID && v.Len() <= t.Max {
		return 0
	}
	o := ed.open()
	first := ID{} // if the last block that is looked into tells
	for w, ok := o.firstBlock(); ok && (t.ByID || o.n > t.Max); {
		b := o.block(w)
		live := int(b.live)
		if t.Limit > 0 && removed+live > t.Limit {
			break
		}
		whole := o.n-live >= t.Max
		if t.ByID {
			whole = b.lastID().Less(t.Min)
		}
		if whole && t.Refs == KeepRefs {
			w, ok = o.dropBlock(w)
			removed += live
			continue
		}
		if t.Approx && t.Refs == KeepRefs {
			break
		}
		var n int
		n, first = ed.trimWithin(w, &t)
		removed += n
		switch {
		case n == live: // even if a deleted entry behind them is to be left
			w, ok = o.dropBlock(w)
		case whole:
			w, ok = o.nextBlock(w)
		default:
			ok = false
		}
	}
	if removed > 0 && o.more != nil {
		if first == (ID{}) || t.Refs == OnlyAcked {
			first = View{o}.findFirst()
		}
		o.more.first = first
	}
	return removed
}

// trimWithin marks entries of a block; if all are marked the block is to be dropped. It returns the ID of the first of which
// it has found that it is to be left, if there is one.
func (ed *Editor) trimWithin(w where, t *Trim) (n int, left ID) {
	o := ed.o
	if t.ByID && !o.block(w).first.Less(t.Min) {
		return 0, left // and nothing is copied for it
	}
	m := o.mark(w)
	for m.next() {
		if t.stop(m.entry.ID, o.n) {
			left = m.entry.ID
			break
		}
		switch t.Refs {
		case OnlyAcked:
			if ed.Referenced(m.entry.ID) {
				continue
			}
		case DropRefs:
			ed.DropRefs(m.entry.ID)
		}
		m.delete()
	}
	if m.gone == m.head.live {
		o.n += m.gone // dropBlock counts them
		return m.gone, left
	}
	m.end()
	return m.gone, left
}

// Referenced reports whether some group still has to get an entry, or to acknowledge it.
func (ed *Editor) Referenced(id ID) bool {
	for _, g := range ed.View().AllGroups() {
		if g.Last().Less(id) {
			return true
		}
		if _, ok := g.Find(id); ok {
			return true
		}
	}
	return false
}

// DropRefs removes what is pending under an ID from all groups.
func (ed *Editor) DropRefs(id ID) {
	for name, g := range ed.View().AllGroups() {
		if _, ok := g.Find(id); ok {
			e, _ := ed.Group([]byte(name))
			e.Remove(id)
		}
	}
}

// Group opens a group for changing.
func (ed *Editor) Group(name []byte) (e GroupEditor, ok bool) {
	if ed.View().Groups() == 0 {
		return e, false
	}
	at, ok := ed.View().o.more.groups.find(name)
	if !ok {
		return e, false
	}
	o := ed.open()
	g := o.more.groups.pages[at.page].items[at.slot].v
	if !o.private(g.epoch) {
		g = g.thaw(o.epoch())
		o.more.groups.set(&o.store, at, g)
	}
	return GroupEditor{o, g}, true
}

// AddGroup makes a group, unless there is one of that name. There is a stream.
func (ed *Editor) AddGroup(name []byte, last ID, read int64) bool {
	o := ed.open()
	groups := &o.rest().groups
	at, ok := groups.find(name)
	if !ok {
		groups.insert(&o.store, at, string(name), &group{epoch: o.epoch(), last: last, read: read})
		o.onHeap(groupCost + int64(len(name)))
	}
	return !ok
}

// DeleteGroup removes a group with all that is pending for it, and reports whether there was one.
func (ed *Editor) DeleteGroup(name []byte) bool {
	e, ok := ed.Group(name)
	if !ok {
		return false
	}
	groups := &e.o.more.groups
	at, _ := groups.find(name)
	groups.remove(&e.o.store, at)
	if e.g.pending.n+e.g.consumers.n > releaseNow {
		ks := ed.db.Keyspace()
		ks.Discard(ks.Hash(ed.key), keyspace.Value{Object: e.o.without(string(name), e.g)})
		return true
	}
	e.g.release(&e.o.store, maxBudget)
	e.o.onHeap(-(groupCost + int64(len(name))))
	return true
}

// releaseNow is how many chunks and consumers of a group are freed with it; those of a larger one are left to the sweeper.
const releaseNow = 64

// without makes a stream of nothing but a group that this one does not have any more, to be released.
func (o *object) without(name string, g *group) *object {
	dead := &object{store: store{a: o.a, mem: g.memory(&o.store) + groupCost + int64(len(name))}}
	o.mem -= dead.mem
	dead.rest().groups.insert(&dead.store, place{}, name, g)
	return dead
}
