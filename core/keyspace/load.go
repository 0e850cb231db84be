package keyspace

import (
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/dict"
)

// What loading much data at once needs beside the commands' ways to write.

// Add gives a value, made for this key, to a key that does not exist, and
// reports whether that was so: an existing key, even one whose time has come, is
// left alone, and then the value is still the caller's to release. Packed bytes
// are copied; an Object has its members in the arena that Arena returned for the
// key. h is the key's hash, whose shard is locked; expire is in Unix
// milliseconds, 0 for none. Events are not told: as in Redis, data that are
// loaded are no news to anybody.
func (db *DB) Add(h uint64, key []byte, v Value, expire, now int64) bool {
	sh := ShardOf(h)
	if _, ok := db.tables[sh].Find(h, key); ok {
		return false
	}
	s := &db.ks.shards[sh]
	clock := db.ks.clock.fresh(now)
	if v.Object == nil {
		ref := s.newValue(key, v.Kind, len(v.Data), 0, expire, clock)
		arena.Copy(dict.Value(ref), v.Data)
		db.tables[sh].Insert(h, ref)
		return true
	}
	ref := s.newEntry(key, v.Kind, handleSize, expire, clock)
	putHandle(dict.Value(ref), s.addObject(v.Object, s.arena.Epoch()))
	db.tables[sh].Insert(h, ref)
	if at := nextDue(v.Object); at != NeverDue {
		db.noteDue(h, key, at)
	}
	return true
}

// MakeRoom makes room for a packed value of n bytes, more than arena.MaxSmall, of a key that is
// not there yet. Whoever asks fills it, under no lock, and then calls AddMade or DropRoom. The
// lock of the key's shard is held.
func (db *DB) MakeRoom(h uint64, n int) (arena.Ref, []byte) {
	ref := db.ks.shards[ShardOf(h)].arena.Alloc(n)
	return ref, arena.Bytes(ref, n)
}

// AddMade is Add of a value of n bytes that MakeRoom has made room for.
func (db *DB) AddMade(h uint64, key []byte, kind Kind, room arena.Ref, n int, expire, now int64) bool {
	sh := ShardOf(h)
	if _, ok := db.tables[sh].Find(h, key); ok {
		return false
	}
	ref := db.ks.shards[sh].newHead(key, kind, room, n, expire, db.ks.clock.fresh(now))
	db.tables[sh].Insert(h, ref)
	return true
}

// DropRoom gives up what MakeRoom has made for a key of hash h.
func (db *DB) DropRoom(h uint64, room arena.Ref) { db.ks.shards[ShardOf(h)].arena.FreeNow(room) }

// Reserve prepares one shard of an empty database for n keys. The caller holds
// the shard's lock. It does nothing if there are keys.
func (db *DB) Reserve(shard, n int) {
	db.tables[shard].Reserve(n)
}

// PrefetchAdd asks the processor for what Add is going to touch for a key of hash h.
// The lock of its shard is held.
func (db *DB) PrefetchAdd(h uint64) { db.tables[ShardOf(h)].PrefetchBucket(h) }
