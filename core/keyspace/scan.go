package keyspace

import (
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/dict"
)

// A scan cursor is a position in the order of the keys' hashes, 48 bits of it:
// the six highest choose the shard, the others the place within. It says
// nothing about the table's shape, so splits, merges and growth between two
// calls lose nothing, and no state is kept.
const cursorBits = dict.CursorBits

// ShardOfCursor returns the shard that a call of Scan with this cursor visits,
// so that only its lock need be held.
func ShardOfCursor(cursor uint64) int {
	return int(cursor >> (cursorBits - shardBits) & (Shards - 1))
}

// Scan visits a few keys from the cursor on and returns the next cursor; 0
// ends the scan, as it begins one. It stays within the shard of the cursor,
// whose lock the caller holds. Every key that exists from the first call to
// the last is visited at least once. fn must not change keys.
func (db *DB) Scan(cursor uint64, fn func(Entry)) (next uint64) {
	cursor &= 1<<cursorBits - 1
	sh := ShardOfCursor(cursor)
	return db.tables[sh].Scan(cursor, func(ref arena.Ref) { fn(db.view(sh, ref)) })
}

// ScanLocks returns the shards that a scan from cursor has to visit until it
// has met about want keys. It takes the locks that it needs itself, one at a
// time: the caller holds none, and the answer is a guess by the time it is
// used. In a database of some size it is the cursor's shard alone.
func (db *DB) ScanLocks(cursor uint64, want int) (set Locks) {
	const span = 1 << (cursorBits - shardBits)
	cursor &= 1<<cursorBits - 1
	rest := span - cursor%span // how much of the first shard lies ahead
	for sh := ShardOfCursor(cursor); sh < Shards && (want > 0 || set == 0); sh++ {
		one := Locks(1) << sh
		set |= one
		db.ks.Lock(one)
		n := db.ShardLen(sh)
		db.ks.Unlock(one)
		want -= int(float64(n) * (float64(rest) / span))
		rest = span
	}
	return set
}

// view is an entry for looking at: it has no place in the table.
func (db *DB) view(sh int, ref arena.Ref) Entry {
	return Entry{db, dict.Nowhere(uint64(sh) << (64 - shardBits)), ref}
}

// Each visits every key of the database; the caller holds all locks. fn must
// not change keys. It stops when fn returns false.
func (db *DB) Each(fn func(Entry) bool) {
	for sh := range db.tables {
		if !db.EachOf(sh, fn) {
			return
		}
	}
}

// EachOf visits every key of one shard, whose lock the caller holds.
func (db *DB) EachOf(sh int, fn func(Entry) bool) bool {
	view := db.tables[sh].Freeze()
	return view.Walk(func(ref arena.Ref) bool { return fn(db.view(sh, ref)) })
}

// Random returns a random key by the random number r, the zero Entry if the
// database is empty. The caller holds all locks. Shards are chosen by their
// number of keys, so that every key has nearly the same chance. The entry is
// for looking at; to change it, Find it.
func (db *DB) Random(r uint64) Entry {
	total := uint64(db.Len())
	if total == 0 {
		return Entry{}
	}
	n := int(r % total)
	for sh := range db.tables {
		t := &db.tables[sh]
		if n < t.Len() {
			return db.view(sh, t.Random(r*0x9E3779B97F4A7C15))
		}
		n -= t.Len()
	}
	return Entry{}
}

// Sample visits about n keys of one shard from a random place on: what
// eviction chooses its victims from. The caller holds the shard's lock.
func (db *DB) Sample(sh int, r uint64, n int, fn func(Entry)) {
	db.tables[sh].SampleFrom(r, n, func(ref arena.Ref) { fn(db.view(sh, ref)) })
}

// ShardLen returns the number of keys in one shard, whose lock the caller holds.
func (db *DB) ShardLen(sh int) int { return db.tables[sh].Len() }

// ShardExpires returns how many of them have an expiry.
func (db *DB) ShardExpires(sh int) int { return db.tables[sh].Expires() }
