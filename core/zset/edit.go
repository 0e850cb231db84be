package zset

import (
	"github.com/ferrousdb/ferrous/core/dict"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/listpack"
)

// Editor changes the sorted set of a key. It is valid as long as the entry it
// was made with, that is until any other key of the shard changes.
type Editor struct {
	db    *keyspace.DB
	key   []byte
	entry keyspace.Entry
	now   int64
	many  bool // more members are expected than may be packed

	opened *large // the large form once it is open for changing
}

// Edit opens the sorted set of a key for changing. e is the key's entry; with the
// zero Entry the key is missing and comes into being with the first member, while
// the expiry of an existing key is kept. key must stay as it is while the Editor
// is in use. Nothing is changed yet; Done ends a change.
func Edit(db *keyspace.DB, key []byte, e keyspace.Entry, now int64) *Editor {
	return &Editor{db: db, key: key, entry: e, now: now}
}

// Expect says that n members are about to be given scores. If these alone are more
// than may be packed the set becomes large at once, as in Redis, be they new or not.
func (ed *Editor) Expect(n int) {
	if ed.many = n > ed.limits().Entries; ed.many && ed.entry.OK() && !ed.entry.Kind().IsObject() {
		ed.convert()
	}
}

func (ed *Editor) limits() keyspace.PackedLimits { return ed.db.Keyspace().Packed(keyspace.ZSet) }

// Place is where a member is, or belongs. It is valid until the next change.
type Place struct {
	score float64
	pos   int      // packed: of the pair
	at    dict.Pos // large: of its entry; if it is not there nowhere, with the member's hash
}

// Score returns the score of a member that was found.
func (p Place) Score() float64 { return p.score }

func (z *large) place(member []byte) (p Place, ok bool) {
	h := z.index.Hash(member)
	if p.at, ok = z.index.Find(h, member); !ok {
		return Place{at: dict.Nowhere(h)}, false
	}
	p.score = entryScore(z.index.At(p.at))
	return p, true
}

// View returns the set as it is now.
func (ed *Editor) View() View {
	switch {
	case ed.opened != nil:
		return View{large: ed.opened, n: ed.opened.Len()}
	case !ed.entry.OK():
		return View{}
	}
	return Of(ed.entry.Value())
}

// seen returns the large form as it is, nil if the set is packed or missing.
func (ed *Editor) seen() *large {
	if ed.opened != nil || !ed.entry.OK() {
		return ed.opened
	}
	z, _ := ed.entry.Object().(*large)
	return z
}

// open returns the large form for changing, nil if the set is packed or missing.
func (ed *Editor) open() *large {
	if ed.opened == nil && ed.entry.OK() {
		ed.opened, _ = ed.entry.OpenObject().(*large)
	}
	return ed.opened
}

// Find looks a member up. The Place is for what is to be done about it: Add if
// it is not there, Update or Delete if it is.
func (ed *Editor) Find(member []byte) (p Place, ok bool) {
	if z := ed.seen(); z != nil {
		return z.place(member)
	}
	v := ed.View()
	if p.pos, ok = findPair(v.pack, member); ok {
		p.score = scoreAt(v.pack, p.pos)
	}
	return p, ok
}

// Add adds a member that Find has just not found.
func (ed *Editor) Add(p Place, member []byte, score float64) {
	if z := ed.open(); z != nil {
		z.add(p.at.Hash(), member, score)
		return
	}
	if !ed.fits(member) {
		z := ed.convert()
		z.add(z.index.Hash(member), member, score)
		return
	}
	var s [maxScore]byte
	n := putScore(s[:], score)
	size := listpack.Size(member)
	data, pos := ed.gap(member, score, size+n)
	listpack.Put(data[pos:], member)
	copy(data[pos+size:], s[:n])
}

// fits reports whether the set may still be packed with one member more.
func (ed *Editor) fits(member []byte) bool {
	limits, n, size := ed.limits(), 0, 0
	if ed.entry.OK() {
		size = len(ed.entry.Data())
		n = listpack.Len(ed.entry.Data()) / 2
	}
	return !ed.many && n < limits.Entries && len(member) <= limits.Bytes && size+len(member) <= maxPack
}

// convert gives a packed set, or a missing one, the large form.
func (ed *Editor) convert() *large {
	ks := ed.db.Keyspace()
	h := ks.Hash(ed.key)
	v := ed.View()
	z := newLarge(ks.Arena(h), v.n+1)
	z.addAll(v, nil)
	ed.db.PutObject(ed.key, keyspace.ZSet, z, keyspace.KeepTTL, ed.now)
	ed.entry = ed.db.FindHashed(h, ed.key, ed.now, keyspace.KeepExpired)
	ed.opened = z
	return z
}

// gap makes room of n bytes for a pair where it belongs in a packed set, creating
// the key if need be, and returns the value with the place in it.
func (ed *Editor) gap(member []byte, score float64, n int) (data []byte, pos int) {
	if !ed.entry.OK() {
		size := listpack.Overhead + n
		ed.entry = ed.db.Create(ed.db.Keyspace().Hash(ed.key), ed.key, packedKind, size, 0, 0, ed.now)
		data = ed.entry.Data()
		listpack.Frame(data, 2)
		return data, listpack.HeaderSize
	}
	pos = listpack.HeaderSize + placeOf(ed.View().pack, member, score)
	count := listpack.Len(ed.entry.Data())
	data = ed.entry.Splice(packedKind, pos, 0, n, 0)
	listpack.Frame(data, count+2)
	return data, pos
}

// cut removes pairs of a packed set, which lie between two positions of the region.
func (ed *Editor) cut(from, to, pairs int) {
	count := listpack.Len(ed.entry.Data())
	data := ed.entry.Splice(packedKind, listpack.HeaderSize+from, to-from, 0, 0)
	listpack.Frame(data, count-2*pairs)
}

// Update gives a member that Find has just found another score.
func (ed *Editor) Update(p Place, score float64) {
	if score == p.score {
		return
	}
	if z := ed.open(); z != nil {
		z.update(p.at, score)
		return
	}
	b := ed.View().pack
	var room [128]byte
	raw := append(room[:0], b[p.pos:listpack.Next(b, p.pos)]...) // the member's element
	var scratch [20]byte
	e, _ := listpack.Read(raw, 0)
	ed.cut(p.pos, afterPair(b, p.pos), 1)
	var s [maxScore]byte
	n := putScore(s[:], score)
	data, pos := ed.gap(e.Text(scratch[:]), score, len(raw)+n)
	copy(data[pos:], raw)
	copy(data[pos+len(raw):], s[:n])
}

// Delete removes a member that Find has just found.
func (ed *Editor) Delete(p Place) {
	if z := ed.open(); z != nil {
		z.remove(p.at)
		return
	}
	ed.cut(p.pos, afterPair(ed.View().pack, p.pos), 1)
}

// Set gives a member a score, adding it if it is not there, and returns the score
// it had.
func (ed *Editor) Set(member []byte, score float64) (old float64, existed bool) {
	p, ok := ed.Find(member)
	if ok {
		ed.Update(p, score)
	} else {
		ed.Add(p, member, score)
	}
	return p.score, ok
}

// Remove removes a member and returns the score it had.
func (ed *Editor) Remove(member []byte) (score float64, ok bool) {
	p, ok := ed.Find(member)
	if ok {
		ed.Delete(p)
	}
	return p.score, ok
}

// RemoveRange removes n members from a rank on, all of which exist, calling fn for
// each before it goes. member is valid during the call only. fn may be nil; it must
// not use the Editor.
func (ed *Editor) RemoveRange(from, n int, fn func(member []byte, score float64)) {
	if n <= 0 {
		return
	}
	if z := ed.open(); z != nil {
		z.removeRange(from, n, fn)
		return
	}
	b := ed.View().pack
	var scratch [20]byte
	start := listpack.Seek(b, 2*from)
	pos := start
	for range n {
		var member []byte
		var score float64
		member, score, pos = pairAt(b, pos, scratch[:])
		if fn != nil {
			fn(member, score)
		}
	}
	ed.cut(start, pos, n)
}

// Done ends the change. If the set has become empty the key is deleted, which is
// what the result says.
func (ed *Editor) Done() (deleted bool) {
	if !ed.entry.OK() || ed.View().Len() > 0 {
		return false
	}
	ed.entry.Delete()
	ed.entry, ed.opened = keyspace.Entry{}, nil
	return true
}
