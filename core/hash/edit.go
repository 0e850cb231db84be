package hash

import (
	"github.com/ferrousdb/ferrous/core/dict"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/listpack"
)

// Editor changes the hash of a key. It is valid as long as the entry it was made
// with, that is until any other key of the shard changes.
type Editor struct {
	db    *keyspace.DB
	key   []byte
	entry keyspace.Entry
	h     *large // nil while the hash is packed, or there is none
	now   int64
	due   int64 // what the sweeper knows of the fields' expiries
	spare int   // bytes to come, for a key that is made
	// expires says that fields whose time is past are removed; where it is false
	// (see keyspace.ExpiryMode) they are fields like any other.
	expires bool
}

// Edit opens the hash of a key for changing at the time now (Unix milliseconds).
// e is the key's entry; with the zero Entry the key is missing and comes into
// being with its first field, while the expiry of an existing key is kept. key
// must stay as it is while the Editor is in use. Done ends the change.
func Edit(db *keyspace.DB, key []byte, e keyspace.Entry, now int64) Editor {
	var ed Editor
	ed.Edit(db, key, e, now)
	return ed
}

// Edit is Edit for a zero Editor that the caller has: one is too large to be handed from
// function to function for each command.
func (ed *Editor) Edit(db *keyspace.DB, key []byte, e keyspace.Entry, now int64) {
	ed.db, ed.key, ed.entry, ed.now, ed.due = db, key, e, now, keyspace.NeverDue
	ed.expires = db.Keyspace().Expiry() == keyspace.DeleteExpired
	if e.OK() && e.Kind().IsObject() {
		ed.open()
	}
}

// open takes the large form that the entry has.
func (ed *Editor) open() {
	ed.h = ed.entry.OpenObject().(*large)
	ed.due = ed.h.NextDue()
}

// View returns the hash as it is now.
func (ed *Editor) View() View {
	now := ed.now
	if !ed.expires {
		now = 0
	}
	switch {
	case ed.h != nil:
		return View{t: &ed.h.table, now: now}
	case ed.entry.OK():
		return Of(ed.entry.Value(), now)
	}
	return View{}
}

// Reserve says what is going to be added, so that a key that is made by it has
// the room at once and none to spare afterwards.
func (ed *Editor) Reserve(field, value []byte) {
	if !ed.entry.OK() {
		ed.spare += listpack.Size(field) + listpack.Size(value)
	}
}

// Set gives a field a value and no expiry. It reports whether the field was not
// there.
func (ed *Editor) Set(field, value []byte) (added bool) { return ed.set(field, value, 0) }

// SetUntil is Set with the time when the field expires, in Unix milliseconds.
func (ed *Editor) SetUntil(field, value []byte, at int64) (added bool) {
	return ed.set(field, value, at)
}

// Update gives a field a value; an expiry that the field has is kept. It reports
// whether the field was not there.
func (ed *Editor) Update(field, value []byte) (added bool) { return ed.set(field, value, keepExpire) }

// keepExpire as an expiry keeps the one that the field has.
const keepExpire = -1

func (ed *Editor) set(field, value []byte, expire int64) (added bool) {
	if ed.h == nil && expire <= 0 {
		if added, done := ed.setPacked(field, value); done {
			return added
		}
	}
	if ed.h == nil {
		ed.convert()
	}
	t := &ed.h.table
	hash := t.Hash(field)
	p, ok := ed.find(hash, field)
	if !ok {
		ed.h.insert(hash, field, value, expire)
		return true
	}
	if expire == keepExpire {
		expire = dict.Expire(t.At(p))
	}
	ed.h.replace(p, value, expire)
	return false
}

// find looks a field of the large form up, and removes it if its time is past.
func (ed *Editor) find(hash uint64, field []byte) (p dict.Pos, ok bool) {
	t := &ed.h.table
	p, ok = t.Find(hash, field)
	if ok && ed.expires && expired(t.At(p), ed.now) {
		ed.entry.TellExpired(field)
		ed.h.remove(p)
		ok = false
	}
	return p, ok
}

// setPacked is set in the packed form; done is false if the field makes the hash
// too large for it.
func (ed *Editor) setPacked(field, value []byte) (added, done bool) {
	limits := ed.db.Keyspace().Packed(keyspace.Hash)
	if len(field) > limits.Bytes || len(value) > limits.Bytes {
		return false, false
	}
	size := listpack.Size(value)
	if !ed.entry.OK() {
		if limits.Entries < 1 {
			return false, false
		}
		ed.create(field, value, listpack.Size(field)+size)
		return true, true
	}
	pack := ed.entry.Data()
	region := listpack.Elements(pack)
	pos, ok := listpack.Find(region, 0, field, 1)
	if ok {
		pos = listpack.Next(region, pos)
		ed.putPacked(pos, listpack.Next(region, pos)-pos, size, value)
		return false, true
	}
	n := listpack.Len(pack)
	more := listpack.Size(field) + size
	if n/2 >= limits.Entries || len(pack)+more > maxPack {
		return false, false
	}
	at := len(pack) - 1
	pack = ed.entry.Splice(packedKind, at, 0, more, 0)
	at += listpack.Put(pack[at:], field)
	listpack.Put(pack[at:], value)
	listpack.Frame(pack, n+2)
	return true, true
}

// maxPack is how large a pack may become, as in Redis.
const maxPack = 1 << 30

// create makes the key with its first field, whose pair takes size bytes.
func (ed *Editor) create(field, value []byte, size int) {
	hash := ed.db.Keyspace().Hash(ed.key)
	ed.entry = ed.db.Create(hash, ed.key, packedKind, listpack.Overhead+size, max(ed.spare-size, 0), 0, ed.now)
	pack := ed.entry.Data()
	at := listpack.HeaderSize
	at += listpack.Put(pack[at:], field)
	listpack.Put(pack[at:], value)
	listpack.Frame(pack, 2)
}

// putPacked writes a value over the element at pos of the region, which takes old
// bytes; the new one takes size.
func (ed *Editor) putPacked(pos, old, size int, value []byte) {
	pos += listpack.HeaderSize
	if size == old {
		listpack.Put(ed.entry.Writable()[pos:], value)
		return
	}
	n := listpack.Len(ed.entry.Data())
	pack := ed.entry.Splice(packedKind, pos, old, size, 0)
	listpack.Put(pack[pos:], value)
	listpack.Frame(pack, n)
}

// convert gives the hash its large form.
func (ed *Editor) convert() {
	ks := ed.db.Keyspace()
	hash := ks.Hash(ed.key)
	v := ed.View()
	h := newLarge(ks.Arena(hash), v.n+1)
	c := v.Fields()
	for c.Next() {
		field := c.Field()
		h.insert(h.table.Hash(field), field, c.Value(), 0)
	}
	ed.db.PutObject(ed.key, keyspace.Hash, h, keyspace.KeepTTL, ed.now)
	ed.entry = ed.db.FindHashed(hash, ed.key, ed.now, keyspace.KeepExpired)
	ed.open()
}

// Delete removes a field and reports whether it was there.
func (ed *Editor) Delete(field []byte) bool {
	if ed.h != nil {
		p, ok := ed.find(ed.h.table.Hash(field), field)
		if ok {
			ed.h.remove(p)
		}
		return ok
	}
	if !ed.entry.OK() {
		return false
	}
	pack := ed.entry.Data()
	region := listpack.Elements(pack)
	pos, ok := listpack.Find(region, 0, field, 1)
	if ok {
		n := listpack.Len(pack)
		size := listpack.Next(region, listpack.Next(region, pos)) - pos
		pack = ed.entry.Splice(packedKind, listpack.HeaderSize+pos, size, 0, 0)
		listpack.Frame(pack, n-2)
	}
	return ok
}

// SetExpire makes a field expire at a time in Unix milliseconds, 0 for never, and
// reports whether the field is there. A hash with a field that expires has the
// large form from then on.
func (ed *Editor) SetExpire(field []byte, at int64) bool {
	if ed.h == nil {
		if at == 0 || !ed.View().Has(field) {
			return ed.View().Has(field)
		}
		ed.convert()
	}
	t := &ed.h.table
	p, ok := ed.find(t.Hash(field), field)
	if !ok {
		return false
	}
	if ref := t.At(p); max(dict.Expire(ref), 0) != at {
		ed.h.replace(p, dict.Value(ref), at)
	}
	return true
}

// Done ends the change. If the hash has become empty the key is deleted, which is
// what the result says.
func (ed *Editor) Done() (deleted bool) {
	if !ed.entry.OK() {
		return false
	}
	if ed.h == nil {
		deleted = len(ed.entry.Data()) == listpack.Overhead
	} else {
		deleted = ed.h.Len() == 0
		if due := ed.h.NextDue(); due != ed.due {
			ed.due = due
			ed.entry.NoteDue()
		}
	}
	if deleted {
		ed.entry.Delete()
		ed.entry, ed.h = keyspace.Entry{}, nil
	}
	return deleted
}
