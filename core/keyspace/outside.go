package keyspace

import (
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/dict"
)

// A packed value that is too large for a slab stands outside its entry, in a blob of
// its own. So whatever becomes of the key (another name, another shard, an expiry, a
// copy of it), the value stays where it is: only the entry in front of it is made
// anew. Several keys may have one blob, and those who send or log it; who wants to
// change the value while he is not alone with it makes one of his own (Grow).

// outside reports whether a value of n bytes stands outside.
func outside(klen, n int) bool {
	return n > arena.MaxSmall-outsideHead || klen+n > arena.MaxSmall-outsideHead
}

// outsideHead is more than what an entry takes beside key and value.
const outsideHead = 64

// newValue allocates an entry for a value of n bytes with room for spare more; they
// are still to be filled.
func (s *shard) newValue(key []byte, kind Kind, n, spare int, expire int64, clock uint32) arena.Ref {
	if !outside(len(key), n+spare) {
		ref := s.newEntry(key, kind, n+spare, expire, clock)
		if spare > 0 {
			dict.SetValueLen(ref, n, s.arena.Cap(ref))
		}
		return ref
	}
	blob := s.arena.Alloc(max(n+spare, arena.MaxSmall+1))
	return s.newHead(key, kind, blob, n, expire, clock)
}

// newHead allocates an entry for a value outside.
func (s *shard) newHead(key []byte, kind Kind, blob arena.Ref, n int, expire int64, clock uint32) arena.Ref {
	const layout = dict.WithClock | dict.WithExpire
	ref := s.arena.Alloc(dict.OutsideSize(len(key), layout))
	dict.InitOutside(ref, uint8(kind), len(key), layout, blob, n)
	copy(dict.Key(ref), key)
	dict.SetClock(ref, clock)
	if expire > 0 {
		dict.SetExpire(ref, expire)
	}
	return ref
}

// reaches reports whether the value, which is outside, can be made n bytes long where it is.
func (e Entry) reaches(n int) bool {
	blob, a := dict.Outside(e.ref), e.shard().arena
	return a.Alone(blob) && (n <= a.Cap(blob) || arena.Extends(blob))
}

// resizeOutside sets the length of a value outside that is the entry's alone, as
// resize does. What the system can make larger without copying is.
func (e Entry) resizeOutside(blob arena.Ref, n int) bool {
	a := e.shard().arena
	room := a.Cap(blob)
	if sparse(n, room) && n < len(e.Data()) {
		return false
	}
	if n > room {
		var ok bool
		if blob, ok = a.Extend(blob, n); !ok {
			return false
		}
	}
	dict.SetOutside(e.ref, blob, n)
	return true
}

// dropOutside gives up a value outside, whose entry leaves its table or gets
// another one.
func (s *shard) dropOutside(ref arena.Ref) {
	blob := dict.Outside(ref)
	switch {
	case blob == 0:
	case !s.arena.Seen(blob):
		s.arena.FreeNow(blob)
	case arena.Shared(blob):
		pool := s.arena.Pool()
		s.arena.RetireFunc(func() { pool.Release(blob) })
	default:
		s.arena.Free(blob)
	}
}

// PutCopy gives key the packed value of another entry, and an expiry as in Put,
// whatever it held before. The locks of both are held. A value outside is not copied.
func (db *DB) PutCopy(key []byte, from Entry, expire, now int64) {
	blob := dict.Outside(from.ref)
	if blob == 0 {
		db.PutValue(key, from.Value(), expire, now)
		return
	}
	arena.Keep(blob)
	db.putOutside(db.ks.Hash(key), key, from.Kind(), blob, len(from.Data()), expire, now)
}

// putOutside gives key a value in a blob that the caller has, and the key from now on.
func (db *DB) putOutside(h uint64, key []byte, kind Kind, blob arena.Ref, n int, expire, now int64) {
	sh := ShardOf(h)
	s, t := &db.ks.shards[sh], &db.tables[sh]
	clock := db.ks.clock.fresh(now)
	pos, ok := t.Find(h, key)
	if ok && expired(t.At(pos), now) {
		ok = !db.clear(sh, pos, t.At(pos))
	}
	if !ok {
		db.insert(h, s.newHead(key, kind, blob, n, max(expire, 0), clock))
		return
	}
	e := Entry{db, pos, t.At(pos)}
	if expire == KeepTTL {
		expire = e.Expire()
	}
	e.dropObject(deleted)
	s.dropOutside(e.ref)
	e.replace(s.newHead(key, kind, blob, n, expire, clock))
}
