package zset

import (
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
}

// Edit opens the sorted set of a key for changing. e is the key's entry; with the
// zero Entry the key is missing and comes into being with the first member, while
// the expiry of an existing key is kept. key must stay as it is while the Editor
// is in use. Nothing is changed yet; Done ends a change.
func Edit(db *keyspace.DB, key []byte, e keyspace.Entry, now int64) Editor {
	return Editor{db: db, key: key, entry: e, now: now}
}

// Place is where a member is, or belongs. It is valid until the next change.
type Place struct {
	score float64
	pos   int // packed: of the pair
}

// Score returns the score of a member that was found.
func (p Place) Score() float64 { return p.score }

// View returns the set as it is now.
func (ed *Editor) View() View {
	if !ed.entry.OK() {
		return View{}
	}
	return Of(ed.entry.Value())
}

// Find looks a member up. The Place is for what is to be done about it: Add if
// it is not there, Update or Delete if it is.
func (ed *Editor) Find(member []byte) (p Place, ok bool) {
	b := ed.View().pack
	if p.pos, ok = findPair(b, member); ok {
		p.score = scoreAt(b, p.pos)
	}
	return p, ok
}

// Add adds a member that Find has just not found.
func (ed *Editor) Add(p Place, member []byte, score float64) {
	var s [maxScore]byte
	n := putScore(s[:], score)
	size := listpack.Size(member)
	data, pos := ed.gap(member, score, size+n)
	listpack.Put(data[pos:], member)
	copy(data[pos+size:], s[:n])
}

// gap makes room of n bytes for a pair where it belongs, creating the key if need
// be, and returns the value with the place in it.
func (ed *Editor) gap(member []byte, score float64, n int) (data []byte, pos int) {
	if !ed.entry.OK() {
		size := listpack.Overhead + n
		ed.entry = ed.db.Create(ed.db.Keyspace().Hash(ed.key), ed.key, packedKind, size, 0, 0, ed.now)
		data = ed.entry.Data()
		listpack.Frame(data, 2)
		return data, listpack.HeaderSize
	}
	b := ed.View().pack
	pos = listpack.HeaderSize + placeOf(b, member, score)
	count := listpack.Len(ed.entry.Data())
	data = ed.entry.Splice(packedKind, pos, 0, n, 0)
	listpack.Frame(data, count+2)
	return data, pos
}

// Update gives a member that Find has just found another score.
func (ed *Editor) Update(p Place, score float64) {
	if score == p.score {
		return
	}
	b := ed.View().pack
	mid := listpack.Next(b, p.pos)
	var room [128]byte
	raw := append(room[:0], b[p.pos:mid]...) // the member's element
	var scratch [20]byte
	e, _ := listpack.Read(raw, 0)
	ed.cut(p.pos, afterPair(b, p.pos), 1)
	var s [maxScore]byte
	n := putScore(s[:], score)
	data, pos := ed.gap(e.Text(scratch[:]), score, len(raw)+n)
	copy(data[pos:], raw)
	copy(data[pos+len(raw):], s[:n])
}

// cut removes pairs, which lie between two positions of the region.
func (ed *Editor) cut(from, to, pairs int) {
	count := listpack.Len(ed.entry.Data())
	data := ed.entry.Splice(packedKind, listpack.HeaderSize+from, to-from, 0, 0)
	listpack.Frame(data, count-2*pairs)
}

// Delete removes a member that Find has just found.
func (ed *Editor) Delete(p Place) {
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
// each before it goes. member is valid during the call only. fn may be nil.
func (ed *Editor) RemoveRange(from, n int, fn func(member []byte, score float64)) {
	if n <= 0 {
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
	ed.entry = keyspace.Entry{}
	return true
}
