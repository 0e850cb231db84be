package set

import (
	"slices"
	"strconv"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/decimal"
	"github.com/ferrousdb/ferrous/core/dict"
	"github.com/ferrousdb/ferrous/core/intset"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/listpack"
)

// Editor changes a set. That of a key (Edit) is valid until any other key of the
// shard changes; one that stands alone (New) keeps what it has until Value.
type Editor struct {
	view  View
	lim   keyspace.PackedLimits
	alone *arena.Arena // where a set that stands alone becomes large; nil for a key's

	db    *keyspace.DB
	key   []byte
	entry keyspace.Entry
	now   int64
}

// Edit opens the set of a key for changing. e is the key's entry; with the zero
// Entry the key is missing and comes into being with the first member, while the
// expiry of an existing key is kept. key must stay as it is while the Editor is in
// use. Nothing is changed yet; Done ends a change that removes members.
func Edit(db *keyspace.DB, key []byte, e keyspace.Entry, now int64) Editor {
	ed := Editor{lim: db.Keyspace().Packed(keyspace.Set), db: db, key: key, entry: e, now: now}
	if e.OK() {
		ed.view = Of(e.Value())
	}
	return ed
}

// New begins a set that belongs to no key yet. It takes the form that its members
// need, beginning with form: Ints, or Pack where an intset is not worth while, or
// Large. When it is large its members are in a, the arena of the key that it is
// made for, with room for n of them if it is large from the beginning. Either Value or Discard ends it.
func New(a *arena.Arena, lim keyspace.PackedLimits, form Form, n int) Editor {
	ed := Editor{alone: a, lim: lim}
	switch form {
	case Pack:
		ed.view = View{form: Pack, data: listpack.AppendPack(nil, nil, 0)}
	case Large:
		ed.view = View{form: Large, table: newLarge(a, n)}
	}
	return ed
}

// View returns the set as it is now.
func (ed *Editor) View() View { return ed.view }

// Value returns the set that stands alone, to be stored; packed bytes are the
// caller's. There must be members.
func (ed *Editor) Value() keyspace.Value {
	switch ed.view.form {
	case Ints:
		return keyspace.Value{Kind: intsKind, Data: ed.view.data}
	case Pack:
		return keyspace.Value{Kind: packKind, Data: ed.view.data}
	}
	return keyspace.Value{Kind: largeKind, Object: ed.view.table}
}

// Settle makes an intset of a set that stands alone, if it may be one.
func (ed *Editor) Settle() {
	n := ed.view.Len()
	if ed.view.form == Ints || n > ed.lim.Ints {
		return
	}
	all := make([]int64, 0, n)
	it := ed.view.Iter()
	for it.Next() {
		n, ok := it.Int()
		if !ok {
			return
		}
		all = append(all, n)
	}
	slices.Sort(all)
	ed.Discard()
	for _, n := range all {
		ed.AddInt(n)
	}
}

// Discard frees a set that stands alone and is of no use.
func (ed *Editor) Discard() {
	if ed.view.form == Large {
		for !ed.view.table.Release(1 << 30) {
		}
	}
	ed.view = View{}
}

// Expect chooses the form for n members to come, as Redis does it: first is the
// first of them, and must be added next. A set that is there already becomes large if it cannot stay packed, even
// if then some of the members turn out to be there.
func (ed *Editor) Expect(n int, first []byte) {
	switch ed.view.form {
	case Empty:
		_, number := decimal.Parse(first)
		switch {
		case number && n <= ed.lim.Ints:
		case n > ed.lim.Entries:
			ed.enlarge(n)
		case number: // else Add would begin with an intset
			listpack.Frame(ed.create(Pack, listpack.Overhead), 0)
		}
	case Ints:
		if n > ed.lim.Ints {
			ed.enlarge(n)
		}
	case Pack:
		if n > ed.lim.Entries {
			ed.enlarge(n)
		}
	}
}

// Add adds a member and reports whether it was not there.
func (ed *Editor) Add(member []byte) bool {
	switch ed.view.form {
	case Large:
		return ed.addLarge(ed.view.table.Hash(member), member)
	case Pack:
		if ed.view.Has(member) {
			return false
		}
		return ed.addNew(member)
	}
	n, ok := decimal.Parse(member)
	if !ok {
		return ed.addNew(member)
	}
	return ed.AddInt(n)
}

// AddMember adds the member that an Iter of another set is at.
func (ed *Editor) AddMember(it *Iter) bool {
	switch n, ok := it.num, it.text == nil && it.form != Large; {
	case ed.view.form == Large:
		member := it.Member()
		return ed.addLarge(it.hashIn(ed.view.table, member), member)
	case ok && ed.view.form != Pack:
		return ed.AddInt(n)
	}
	return ed.Add(it.Member())
}

// AddNewMember is AddMember for a member that is known not to be there, which is not looked up.
func (ed *Editor) AddNewMember(it *Iter) {
	switch {
	case ed.view.form == Large:
		member := it.Member()
		ed.open().add(it.hashIn(ed.view.table, member), member)
	case ed.view.form == Pack:
		ed.addNew(it.Member())
	default:
		ed.AddMember(it)
	}
}

func (ed *Editor) addLarge(h uint64, member []byte) bool {
	if _, ok := ed.view.table.Find(h, member); ok {
		return false
	}
	ed.open().add(h, member)
	return true
}

// AddInt adds the member that is the text of n.
func (ed *Editor) AddInt(n int64) bool {
	if ed.view.form > Ints {
		var tmp [20]byte
		return ed.Add(strconv.AppendInt(tmp[:0], n, 10))
	}
	i, found := 0, false
	if ed.view.form == Ints {
		if i, found = intset.Find(ed.view.data, n); found {
			return false
		}
	}
	ed.insertInt(i, n)
	if intset.Len(ed.view.data) > min(ed.lim.Ints, 1<<30) {
		ed.enlarge(0)
	}
	return true
}

// insertInt puts n at index i of an intset.
func (ed *Editor) insertInt(i int, n int64) {
	width := intset.WidthOf(n)
	if ed.view.form == Empty {
		b := ed.create(Ints, intset.Size(width, 1))
		intset.SetHeader(b, width, 1)
		intset.Put(b, 0, n)
		return
	}
	b := ed.view.data
	size, old := intset.Len(b), intset.Width(b)
	if width > old {
		b = ed.splice(len(b), 0, intset.Size(width, size+1)-len(b))
		intset.Widen(b, width, n < 0)
	} else {
		b = ed.splice(intset.Size(old, i), 0, old)
		intset.SetHeader(b, old, size+1)
	}
	intset.Put(b, i, n)
}

// maxPack is the size in bytes that no listpack exceeds.
const maxPack = 1 << 30

// addNew adds a member that is not there to a set that is not large; to an intset,
// one that is no integer.
func (ed *Editor) addNew(member []byte) bool {
	n, room := ed.view.Len(), maxPack-len(member)
	fits := n < ed.lim.Entries && len(member) <= ed.lim.Bytes
	switch ed.view.form {
	case Pack:
		fits = fits && len(ed.view.data) < room
	case Ints:
		fits = fits && longestInt(ed.view.data) <= ed.lim.Bytes && n < room/11
	}
	if !fits {
		ed.enlarge(n + 1)
		h := ed.view.table.Hash(member)
		ed.open().add(h, member)
		return true
	}
	if ed.view.form == Ints {
		ed.repack()
	}
	ed.append(member)
	return true
}

// append appends a member to a listpack, or begins one.
func (ed *Editor) append(member []byte) {
	n := ed.view.Len()
	size := listpack.Size(member)
	if ed.view.form == Empty {
		b := ed.create(Pack, listpack.Overhead+size)
		listpack.Put(b[listpack.HeaderSize:], member)
		listpack.Frame(b, 1)
		return
	}
	end := len(ed.view.data) - 1
	b := ed.splice(end, 0, size)
	listpack.Put(b[end:], member)
	listpack.Frame(b, n+1)
}

// longestInt returns the length of the longest text in an intset: that of the
// greatest or the least.
func longestInt(b []byte) int {
	n := intset.Len(b)
	if n == 0 {
		return 0
	}
	var tmp [20]byte
	return max(len(strconv.AppendInt(tmp[:0], intset.At(b, 0), 10)), len(strconv.AppendInt(tmp[:0], intset.At(b, n-1), 10)))
}

// Remove removes a member and reports whether it was there.
func (ed *Editor) Remove(member []byte) bool {
	p, ok := ed.Find(member)
	if ok {
		ed.Delete(p)
	}
	return ok
}

// Place is where a member is. It is valid until the set next changes.
type Place struct {
	at  int // the index in an intset, the position in a listpack
	pos dict.Pos
}

// Find looks a member up, for deleting it.
func (ed *Editor) Find(member []byte) (p Place, ok bool) {
	switch ed.view.form {
	case Ints:
		var n int64
		if n, ok = decimal.Parse(member); ok {
			p.at, ok = intset.Find(ed.view.data, n)
		}
	case Pack:
		p.at, ok = listpack.Find(listpack.Elements(ed.view.data), 0, member, 0)
	case Large:
		p.pos, ok = ed.view.table.Find(ed.view.table.Hash(member), member)
	}
	return p, ok
}

// Random chooses a member as View.Random does. The set must not be empty.
func (ed *Editor) Random(r uint64) (p Place) {
	switch ed.view.form {
	case Ints:
		p.at = below(r, ed.view.Len())
	case Pack:
		p.at = listpack.Seek(listpack.Elements(ed.view.data), below(r, ed.view.Len()))
	case Large:
		p.pos, _ = ed.view.table.RandomPos(r)
	}
	return p
}

// Member returns the member at p; an integer of a packed set is written to
// scratch, which has room for 20 bytes.
func (ed *Editor) Member(p Place, scratch []byte) []byte {
	switch ed.view.form {
	case Ints:
		return strconv.AppendInt(scratch[:0], intset.At(ed.view.data, p.at), 10)
	case Pack:
		e, _ := listpack.Read(listpack.Elements(ed.view.data), p.at)
		return e.Text(scratch)
	}
	return dict.Key(ed.view.table.At(p.pos))
}

// Delete removes the member at p.
func (ed *Editor) Delete(p Place) {
	switch ed.view.form {
	case Ints:
		b := ed.view.data
		n, width := intset.Len(b), intset.Width(b)
		intset.SetHeader(ed.splice(intset.Size(width, p.at), width, 0), width, n-1)
	case Pack:
		b := listpack.Elements(ed.view.data)
		n := listpack.Len(ed.view.data)
		listpack.Frame(ed.splice(listpack.HeaderSize+p.at, listpack.Next(b, p.at)-p.at, 0), n-1)
	case Large:
		ed.open().remove(p.pos)
	}
}

// Done ends a change. If the set of a key has become empty the key is deleted,
// which is what the result says.
func (ed *Editor) Done() (deleted bool) {
	if !ed.entry.OK() || ed.view.Len() > 0 {
		return false
	}
	ed.Clear()
	return true
}

// Clear deletes the key of the set.
func (ed *Editor) Clear() {
	ed.entry.Delete()
	ed.entry, ed.view = keyspace.Entry{}, View{}
}

// Replace gives the key of the set another one, which was made to stand alone. The
// expiry is kept.
func (ed *Editor) Replace(v keyspace.Value) {
	ed.db.PutValue(ed.key, v, keyspace.KeepTTL, ed.now)
	ed.reopen()
}

func (ed *Editor) reopen() {
	ed.entry = ed.db.Find(ed.key, ed.now, 0)
	ed.view = Of(ed.entry.Value())
}

// What follows knows whether the set is a key's or stands alone.

// create makes the value of an empty set, of n bytes.
func (ed *Editor) create(form Form, n int) []byte {
	if ed.db == nil {
		ed.view = View{form: form, data: make([]byte, n)}
		return ed.view.data
	}
	h := ed.db.Keyspace().Hash(ed.key)
	ed.entry = ed.db.Create(h, ed.key, kindOf(form), n, 0, 0, ed.now)
	ed.view = View{form: form, data: ed.entry.Data()}
	return ed.view.data
}

func kindOf(form Form) keyspace.Kind {
	if form == Ints {
		return intsKind
	}
	return packKind
}

// splice replaces del bytes at the offset at of a packed value by ins undefined
// ones and returns it for writing.
func (ed *Editor) splice(at, del, ins int) []byte {
	b := ed.view.data
	switch {
	case ed.db != nil:
		b = ed.entry.Splice(kindOf(ed.view.form), at, del, ins, 0)
	case ins >= del:
		b = slices.Grow(b, ins-del)
		n := len(b)
		b = b[:n+ins-del]
		copy(b[at+ins:], b[at+del:n])
	default:
		b = slices.Delete(b, at+ins, at+del)
	}
	ed.view.data = b
	return b
}

// repack makes a listpack of an intset.
func (ed *Editor) repack() {
	b := ed.view.data
	n := intset.Len(b)
	size := listpack.Overhead
	for i := range n {
		size += listpack.IntSize(intset.At(b, i))
	}
	pack := make([]byte, listpack.HeaderSize, size)
	for i := range n {
		pack = listpack.AppendInt(pack, intset.At(b, i))
	}
	pack = append(pack, 0)
	listpack.Frame(pack, n)
	ed.view = View{form: Pack, data: pack}
	if ed.db != nil {
		ed.view.data = ed.entry.Grow(packKind, size, 0)
		copy(ed.view.data, pack)
	}
}

// enlarge makes the set large, with room for n members at least.
func (ed *Editor) enlarge(n int) {
	a := ed.alone
	if ed.db != nil {
		ks := ed.db.Keyspace()
		a = ks.Arena(ks.Hash(ed.key))
	}
	s := newLarge(a, max(n, ed.view.Len()))
	it := ed.view.Iter()
	for it.Next() {
		member := it.Member()
		s.add(s.Hash(member), member)
	}
	ed.view = View{form: Large, table: s}
	if ed.db != nil {
		ed.Replace(keyspace.Value{Kind: largeKind, Object: s})
	}
}

// open returns the table of a large set for changing.
func (ed *Editor) open() *large {
	if ed.db != nil {
		ed.view.table = ed.entry.OpenObject().(*large)
	}
	return ed.view.table
}
