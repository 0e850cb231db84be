package keyspace

import (
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/dict"
)

// DB is one database. Its methods that take a key want the lock of the key's
// shard held; see the package comment.
type DB struct {
	ks     *Keyspace
	index  int
	tables *tables
	due    [Shards]uint64 // where the expiry cycle goes on

	members    [Shards]*dict.Table // see members.go
	membersDue [Shards]uint64
}

// tables are those of a database. Each has lines of the cache to itself: a new key is counted in its table, and others look theirs
// up at the same time in those beside it.
type tables [Shards]struct {
	dict.Table
	_ [16]byte
}

func newDB(ks *Keyspace, index int) *DB {
	return &DB{ks: ks, index: index, tables: ks.newTables()}
}

func (ks *Keyspace) newTables() *tables {
	tables := new(tables)
	for i := range tables {
		tables[i].Init(ks.shards[i].arena, ks.seed, shardBits)
		if ks.slots {
			tables[i].BySlots()
		}
	}
	return tables
}

// Index returns the database's number.
func (db *DB) Index() int { return db.index }

// Keyspace returns what the database is part of.
func (db *DB) Keyspace() *Keyspace { return db.ks }

// Mode says how a key is looked up.
type Mode uint8

const (
	// Touch records the access in the entry's clock.
	Touch Mode = 1 << iota
	// Count adds to the hits or misses of INFO.
	Count
	// KeepExpired finds keys whose time has come instead of deleting them.
	KeepExpired

	// ForRead is the mode of a command that reads, ForWrite of one that changes.
	ForRead  = Touch | Count
	ForWrite = Touch
)

// Entry is an open key. It is valid until the next change of any key of its
// shard, but for the changes made through it. The zero Entry is a missing key.
//
// It is four words, which is as many as the compiler keeps in registers: a fifth
// would have each call that passes one on copy it through memory, a few nanoseconds
// each time, since what was written word by word is read back by two at once.
type Entry struct {
	db  *DB
	pos dict.Pos
	ref arena.Ref
}

// Find looks a key up; now is the time in milliseconds that decides whether
// its expiry has come. A key that has expired is deleted and reported missing;
// as in Redis it has expired when its time is past, not in that millisecond.
func (db *DB) Find(key []byte, now int64, mode Mode) Entry {
	return db.FindHashed(db.ks.Hash(key), key, now, mode)
}

// FindHashed is Find for a key whose hash is known.
func (db *DB) FindHashed(h uint64, key []byte, now int64, mode Mode) Entry {
	sh := ShardOf(h)
	t := &db.tables[sh]
	pos, ok := t.Find(h, key)
	if !ok {
		if mode&Count != 0 {
			db.ks.shards[sh].stats.Misses++
		}
		return Entry{}
	}
	ref := t.At(pos)
	if mode&KeepExpired == 0 && expired(ref, now) && db.expire(sh, pos, ref, mode) {
		if mode&Count != 0 {
			db.ks.shards[sh].stats.Misses++
		}
		return Entry{}
	}
	if mode&Touch != 0 {
		old := dict.Clock(ref)
		if c := db.ks.clock.touched(old, now); c != old {
			dict.SetClock(ref, c)
		}
	}
	if mode&Count != 0 {
		db.ks.shards[sh].stats.Hits++
	}
	return Entry{db, pos, ref}
}

// OK reports whether the key exists.
func (e Entry) OK() bool { return e.ref != 0 }

// Kind returns the value's kind.
func (e Entry) Kind() Kind { return Kind(dict.Kind(e.ref)) }

// Type returns the value's type.
func (e Entry) Type() Type { return e.Kind().Type() }

// Key returns the key, in the arena.
func (e Entry) Key() []byte { return dict.Key(e.ref) }

// Data returns the packed value, in the arena. It must not be written to; see Grow.
func (e Entry) Data() []byte { return dict.Value(e.ref) }

// Expire returns when the key expires, in Unix milliseconds; 0 means never.
func (e Entry) Expire() int64 {
	return max(dict.Expire(e.ref), 0)
}

// Expired reports whether the key's time has come at now, so that a lookup
// would not find it.
func (e Entry) Expired(now int64) bool {
	return expired(e.ref, now) && e.db.expiryAt(e.shardIndex()) != ShowExpired
}

// Idle returns the time since the last access in milliseconds.
func (e Entry) Idle(now int64) int64 { return e.db.ks.clock.idle(dict.Clock(e.ref), now) }

// Freq returns the access frequency counter (0 to 255), decayed to now.
func (e Entry) Freq(now int64) int64 { return int64(e.db.ks.clock.decayed(dict.Clock(e.ref), now)) }

// SetIdle and SetFreq set the access clock (RESTORE's IDLETIME and FREQ). Each
// has an effect only in the clock mode that it belongs to.
func (e Entry) SetIdle(now, idle int64) {
	if e.db.ks.clock.mode == LRU {
		dict.SetClock(e.ref, seconds(now-idle))
	}
}

// SetFreq: see SetIdle.
func (e Entry) SetFreq(now, freq int64) {
	if e.db.ks.clock.mode == LFU {
		dict.SetClock(e.ref, minutes(now)<<8|uint32(freq&255))
	}
}

// Object returns the value as an Object for reading, nil if it is packed.
func (e Entry) Object() Object {
	if !e.Kind().IsObject() {
		return nil
	}
	return e.shard().objects.slot(handleOf(e.Data())).obj
}

// Value returns a view of the value.
func (e Entry) Value() Value {
	if o := e.Object(); o != nil {
		return Value{Kind: e.Kind(), Object: o}
	}
	return Value{Kind: e.Kind(), Data: e.Data()}
}

// MemoryUsage returns the bytes that the key takes: its entry, its share of
// the table, and its Object.
func (e Entry) MemoryUsage() int64 {
	n := int64(e.shard().arena.Cap(e.ref)) + slotCost
	if o := e.Object(); o != nil {
		n += o.MemoryUsage()
	} else if blob := dict.Outside(e.ref); blob != 0 {
		n += int64(e.shard().arena.Cap(blob))
	}
	return n
}

// slotCost is a key's share of its table: a slot at the mean load.
const slotCost = 13

func (e Entry) shardIndex() int    { return ShardOf(e.pos.Hash()) }
func (e Entry) shard() *shard      { return &e.db.ks.shards[e.shardIndex()] }
func (e Entry) table() *dict.Table { return &e.db.tables[e.shardIndex()].Table }

// Len returns the number of keys; the caller holds all locks.
func (db *DB) Len() int {
	n := 0
	for i := range db.tables {
		n += db.tables[i].Len()
	}
	return n
}

// Expires returns the number of keys with an expiry; the caller holds all locks.
func (db *DB) Expires() int {
	n := 0
	for i := range db.tables {
		n += db.tables[i].Expires()
	}
	return n
}

// Swap exchanges the contents of two databases; the caller holds all locks.
func (db *DB) Swap(other *DB) {
	db.tables, other.tables = other.tables, db.tables
	db.due, other.due = other.due, db.due
	db.members, other.members = other.members, db.members
	db.membersDue, other.membersDue = other.membersDue, db.membersDue
}
