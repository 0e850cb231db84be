package keyspace

import (
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/dict"
)

// KeepTTL as the expiry given to Put keeps the one that the key has.
const KeepTTL = -1

// Put gives key a packed value of n bytes and the expiry (Unix milliseconds,
// 0 for none, KeepTTL), whatever it held before; a key whose time has come at
// now is deleted first, as Find would. It returns the place of the
// value, whose n bytes the caller fills before it does anything else; their
// content is undefined until then.
func (db *DB) Put(key []byte, kind Kind, n int, expire, now int64) []byte {
	return db.PutHashed(db.ks.Hash(key), key, kind, n, expire, now)
}

// PutHashed is Put for a key whose hash is known.
func (db *DB) PutHashed(h uint64, key []byte, kind Kind, n int, expire, now int64) []byte {
	sh := ShardOf(h)
	t := &db.tables[sh]
	clock := db.ks.clock.fresh(now)
	pos, ok := t.Find(h, key)
	if ok && expired(t.At(pos), now) {
		ok = !db.clear(sh, pos, t.At(pos))
	}
	if !ok {
		if expire == KeepTTL {
			expire = 0
		}
		ref := db.ks.shards[sh].newValue(key, kind, n, 0, expire, clock)
		db.insert(h, ref)
		return dict.Value(ref)
	}
	return Entry{db, pos, t.At(pos)}.overwrite(kind, n, expire, clock)
}

// clear deletes an expired key before another value is put in its place, so that
// its expiry is not kept. It reports whether it has: data that are being loaded
// count as they are.
func (db *DB) clear(sh int, pos dict.Pos, ref arena.Ref) bool {
	switch db.expiryAt(sh) {
	case DeleteExpired, DeleteOnWrite:
		db.expireNow(sh, pos, ref) // told of like any other
	case HideExpired:
		// Whoever hides it tells of it, or does not want to know: to do so now
		// would say that the new value has expired.
		Entry{db, pos, ref}.Delete()
	default:
		return false
	}
	return true
}

// insert adds the entry of a key that is new.
func (db *DB) insert(h uint64, ref arena.Ref) {
	if db.ks.events != nil {
		db.ks.events.Created(db.index, dict.Key(ref))
	}
	db.tables[ShardOf(h)].Insert(h, ref)
}

// newEntry allocates an entry whose value is still to be filled.
func (s *shard) newEntry(key []byte, kind Kind, n int, expire int64, clock uint32) arena.Ref {
	layout := dict.WithClock
	if expire > 0 {
		layout |= dict.WithExpire
	}
	ref := s.arena.Alloc(dict.Size(len(key), n, layout))
	dict.Init(ref, uint8(kind), len(key), n, layout)
	copy(dict.Key(ref), key)
	dict.SetClock(ref, clock)
	if expire > 0 {
		dict.SetExpire(ref, expire)
	}
	return ref
}

// overwrite replaces the value, in place where the old entry is private to the
// writer and has the room.
func (e Entry) overwrite(kind Kind, n int, expire int64, clock uint32) []byte {
	if expire == KeepTTL {
		expire = e.Expire()
	}
	if !e.Kind().IsObject() && e.private() && e.resize(n, expire > 0) {
		dict.SetKind(e.ref, uint8(kind))
		dict.SetClock(e.ref, clock)
		e.noteExpire(expire)
		return dict.Value(e.ref)
	}
	e.dropObject(deleted)
	s := e.shard()
	ref := s.newValue(e.Key(), kind, n, 0, expire, clock)
	s.dropOutside(e.ref)
	e.replace(ref)
	return dict.Value(ref)
}

// private reports whether no snapshot can see the entry, so that it may be changed in
// place; whose its value is, if
// that stands outside, is another question.
func (e Entry) private() bool { return e.table().Private(e.pos) }

// resize sets the length of the value in place if it fits the entry as it is
// laid out and, where it shrinks, does not waste too much of the blob (see sparse).
func (e Entry) resize(n int, expiry bool) bool {
	if blob := dict.Outside(e.ref); blob != 0 {
		return e.shard().arena.Alone(blob) && e.resizeOutside(blob, n)
	}
	if expiry && !dict.HasExpire(e.ref) {
		return false
	}
	room := e.shard().arena.Cap(e.ref)
	if n < len(e.Data()) && room > smallBlob && sparse(dict.Size(len(e.Key()), n, dict.LayoutOf(e.ref)), room) {
		return false
	}
	return dict.SetValueLen(e.ref, n, room)
}

// sparse reports whether n bytes are so few in a blob of room that they should move to a smaller
// one. Who takes elements away one at a time pays a copy of five eighths for each three eighths;
// where half of them go at once, no more is kept.
func sparse(n, room int) bool { return n < room/8*5 }

// smallBlob is a size below which shrinking an entry is not worth a move.
const smallBlob = 64

// noteExpire stores an expiry into an entry that has the field for it, or
// knows that there is none.
func (e Entry) noteExpire(expire int64) {
	if !dict.HasExpire(e.ref) {
		return
	}
	if expire == 0 {
		expire = dict.NoExpire
	}
	e.table().SetExpire(e.pos, expire)
}

// replace puts ref in the place of the entry and frees what was there.
func (e *Entry) replace(ref arena.Ref) {
	key := dict.Key(ref)
	t := e.table()
	live := e.shard().arena.Live() // it may end any time
	t.ReplaceFree(e.pos, ref)
	e.ref = ref
	if live { // the segment may have been copied
		e.pos, _ = t.Find(e.pos.Hash(), key)
	}
}

// Grow makes the packed value n bytes long, keeping the bytes that both
// lengths share and the expiry, and returns it for writing; bytes beyond the
// old length are undefined. spare is how many bytes more to have at hand for
// the next Grow. The entry stays valid.
func (e *Entry) Grow(kind Kind, n, spare int) []byte {
	if e.private() && e.resize(n, false) {
		dict.SetKind(e.ref, uint8(kind))
		return dict.Value(e.ref)
	}
	expire := e.Expire()
	s := e.shard()
	ref := s.newValue(e.Key(), kind, n, spare, expire, dict.Clock(e.ref))
	value := dict.Value(ref)
	arena.Copy(value, e.Data())
	s.dropOutside(e.ref)
	e.replace(ref)
	return value
}

// Splice makes room for ins bytes in the place of the del bytes at the offset at
// of the packed value, keeping what is around them and the expiry, and returns
// the whole value for writing; the ins bytes are undefined. spare is as in Grow.
// The entry stays valid.
func (e *Entry) Splice(kind Kind, at, del, ins, spare int) []byte {
	n := len(e.Data())
	if ins >= del {
		data := e.Grow(kind, n+ins-del, spare)
		copy(data[at+ins:], data[at+del:n])
		return data
	}
	data := e.Grow(kind, n, 0) // private to the writer from here on
	copy(data[at+ins:], data[at+del:])
	return e.Grow(kind, n+ins-del, 0)
}

// Create gives a missing key a packed value of n bytes, undefined as with Put,
// with spare bytes more at hand, and opens it for changing. h is the key's hash.
func (db *DB) Create(h uint64, key []byte, kind Kind, n, spare int, expire, now int64) Entry {
	sh := ShardOf(h)
	s := &db.ks.shards[sh]
	if m := db.expiryAt(sh); m == HideExpired || m == DeleteOnWrite { // it looks missing, and need not be
		if pos, ok := db.tables[sh].Find(h, key); ok {
			db.clear(sh, pos, db.tables[sh].At(pos))
		}
	}
	ref := s.newValue(key, kind, n, spare, expire, db.ks.clock.fresh(now))
	db.insert(h, ref)
	pos, _ := db.tables[sh].Find(h, key)
	return Entry{db, pos, ref}
}

// Writable returns the packed value for changing in place without changing its
// length.
func (e *Entry) Writable() []byte {
	if dict.Outside(e.ref) == 0 && e.private() {
		return dict.Value(e.ref)
	}
	return e.Grow(e.Kind(), len(e.Data()), 0)
}

// PutObject gives key an Object as its value, whatever it held before.
func (db *DB) PutObject(key []byte, t Type, o Object, expire, now int64) {
	h := db.ks.Hash(key)
	s := &db.ks.shards[ShardOf(h)]
	data := db.PutHashed(h, key, ObjectKind(t), handleSize, expire, now)
	putHandle(data, s.addObject(o, s.arena.Epoch()))
	if at := nextDue(o); at != NeverDue {
		db.noteDue(h, key, at)
	}
}

// PutValue gives key a value of either form, made for this key: packed bytes
// are copied, an Object has its members in the arena that Arena returned for it.
func (db *DB) PutValue(key []byte, v Value, expire, now int64) {
	if v.Object != nil {
		db.PutObject(key, v.Kind.Type(), v.Object, expire, now)
		return
	}
	arena.Copy(db.Put(key, v.Kind, len(v.Data), expire, now), v.Data)
}

// OpenObject returns the key's Object for changing, nil if the value is
// packed. If a snapshot may be reading it, its successor takes its place first.
// The entry stays valid.
func (e *Entry) OpenObject() Object {
	if !e.Kind().IsObject() {
		return nil
	}
	s := e.shard()
	i := handleOf(e.Data())
	slot := s.objects.slot(i)
	if !s.arena.Live() || slot.epoch == s.arena.Epoch() {
		if slot.heap != notCounted {
			s.changing(i)
		}
		return slot.obj
	}
	next := slot.obj.Thaw()
	j := s.addObject(next, s.arena.Epoch())
	putHandle(e.Writable(), j)
	s.retireObject(i, survived)
	return next
}

// SetExpire gives the key an expiry in Unix milliseconds, 0 for none. The
// entry stays valid.
func (e *Entry) SetExpire(at int64) {
	if dict.HasExpire(e.ref) && e.private() {
		e.noteExpire(at)
		return
	}
	if at == 0 && e.Expire() == 0 {
		return
	}
	s, clock := e.shard(), dict.Clock(e.ref)
	if blob := dict.Outside(e.ref); blob != 0 {
		e.replace(s.newHead(e.Key(), e.Kind(), blob, len(e.Data()), at, clock))
		return
	}
	ref := s.newEntry(e.Key(), e.Kind(), len(e.Data()), at, clock)
	copy(dict.Value(ref), e.Data())
	e.replace(ref)
}

// Delete removes the key and frees its value; a large one in the background.
func (e Entry) Delete() { e.end(deleted) }

// Unlink is Delete for who must not wait: of more than a few members in the background.
func (e Entry) Unlink() { e.end(unlinked) }

func (e Entry) end(how ending) {
	e.dropObject(how)
	e.shard().dropOutside(e.ref)
	e.remove()
}

func (e Entry) remove() { e.table().DeleteFree(e.pos) }

// dropObject gives up the Object of the entry, if it has one.
func (e Entry) dropObject(how ending) {
	if e.Kind().IsObject() {
		if nextDue(e.Object()) != NeverDue {
			e.db.noteDue(e.db.ks.Hash(e.Key()), e.Key(), NeverDue)
		}
		e.shard().retireObject(handleOf(e.Data()), how)
	}
}

// Rename moves the key, with its value and expiry, to another name or
// database; what stood there is deleted. The locks of both are held. The entry
// is not valid afterwards.
func (e Entry) Rename(to *DB, key []byte, now int64) {
	kind, expire, clock := e.Kind(), e.Expire(), dict.Clock(e.ref)
	h := e.db.ks.Hash(key)
	if old := to.FindHashed(h, key, now, KeepExpired); old.OK() {
		old.Delete()
		e = e.db.Find(e.Key(), now, KeepExpired) // deleting may have moved it
	}
	src, dst := e.shard(), &e.db.ks.shards[ShardOf(h)]
	if blob := dict.Outside(e.ref); blob != 0 {
		if dst != src {
			dst.arena.Join(src.arena) // its snapshots see the value
		}
		ref := dst.newHead(key, kind, blob, len(e.Data()), expire, clock)
		e.remove()
		to.insert(h, ref)
		return
	}
	ref := dst.newEntry(key, kind, len(e.Data()), expire, clock)
	due := int64(NeverDue)
	if kind.IsObject() {
		if due = nextDue(e.Object()); due != NeverDue {
			e.db.noteDue(e.db.ks.Hash(e.Key()), e.Key(), NeverDue)
		}
		putHandle(dict.Value(ref), e.moveObject(dst))
	} else {
		copy(dict.Value(ref), e.Data())
	}
	e.remove()
	to.insert(h, ref)
	if due != NeverDue {
		to.noteDue(h, key, due)
	}
}

// moveObject moves the entry's Object to the table of dst and returns its
// index there. A value that a snapshot may be reading stays behind, frozen.
// The entry stays valid, for removing it.
func (e *Entry) moveObject(dst *shard) uint32 {
	o, src := e.OpenObject(), e.shard()
	i := handleOf(e.Data())
	src.retireObject(i, survived)
	if dst != src {
		dst.arena.Join(src.arena)
		o.Rehome(dst.arena)
	}
	return dst.addObject(o, dst.arena.Epoch())
}
