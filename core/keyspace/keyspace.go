package keyspace

import (
	"hash/maphash"
	"math"
	"math/bits"
	"sync"
	"sync/atomic"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/dict"
)

// Shards is the number of stripes of the keyspace.
const Shards = 64

// shardBits is how many leading bits of a key's hash choose its shard.
const shardBits = 6

// Options configure a Keyspace.
type Options struct {
	Databases int           // how many databases; at least 1
	Arena     arena.Options // where the data live
	Events    Events        // told of keys that vanish by themselves; may be nil
	Slots     bool          // keys are in the order of their slots: for a node of a cluster
	Crowded   bool          // all keys are in the first shard: for tests of what neighbours do to each other
}

// Events is told what happens to keys without a command having asked for it.
// Its methods are called with the shard's lock held.
type Events interface {
	// Expired is called before a key is deleted because its time has come.
	Expired(db int, key []byte)
	// MemberExpired is called before a member of a key's value is removed because
	// its time has come.
	MemberExpired(db int, key []byte, v Value, member []byte)
	// MembersExpired is called when some members were, or one is about to be.
	// emptied says that the key is about to be deleted, having none left.
	MembersExpired(db int, key []byte, v Value, emptied bool)
	// Created is called before a key comes into being, whoever makes it, unless
	// it is loaded (DB.Add).
	Created(db int, key []byte)
}

// Keyspace is all data of one server. Several may live in one process.
type Keyspace struct {
	shards [Shards]shard // first, so that each begins a cache line
	gate   gate
	pool   *arena.Pool
	epochs *arena.Epochs
	seed   maphash.Seed
	slots  bool   // Options.Slots
	spread uint64 // which bits of a hash count: all but with Options.Crowded
	events Events
	dbs    []*DB

	packed    [Stream + 1]atomic.Pointer[PackedLimits]
	snapshots snapshotCounters

	_       [64]byte     // what is above and below the next three every access reads
	garbage atomic.Int64 // what Sweep has to free: flushed keys and large dead values

	// Keys whose values have members that expire: those that there are, and that there have been.
	expiring, haveExpiring atomic.Int64
	_                      [64]byte

	// Everything below is written with all locks held and read with any.
	clock clock
	// expiry says what is done with keys whose time has come.
	expiry ExpiryMode
	wishes map[string]ExpiryMode // that are not DeleteExpired, by who has them
}

// shard is one stripe. Its first cache line is what every access needs, the
// lock above all: with several event loops that line travels between cores
// once per command, and nothing else of the shard should.
type shard struct {
	mu    sync.Mutex
	arena *arena.Arena
	stats Stats
	shows bool // who holds mu sees expired keys: see Keyspace.ShowExpired
	_     [7]byte

	objects  objectTable
	draining []*dict.Table // flushed databases on their way out
	garbage  *atomic.Int64 // the keyspace's

	defrag defragState

	// The runtime aligns an object to cache lines only if it is larger than
	// 32 KiB, which this makes a Keyspace.
	_ [512 - 64 - 128 - 8]byte
}

// Stats counts what happens to keys.
type Stats struct {
	Expired int64 // keys deleted because their time had come
	// ExpiredMembers counts the same of members.
	ExpiredMembers int64
	Hits           int64 // lookups by reading commands that found their key
	Misses         int64 // and that did not
	Swept          int64 // flushed keys and large dead values freed by Sweep
}

// New makes an empty keyspace. Close it to give its memory back.
func New(o Options) *Keyspace {
	ks := &Keyspace{
		pool:   arena.NewPool(o.Arena),
		events: o.Events,
		slots:  o.Slots,
		spread: math.MaxUint64,
	}
	if o.Crowded {
		ks.spread >>= shardBits
	}
	ks.gate.init()
	ks.epochs, ks.seed = ks.pool.Epochs(), ks.pool.Seed()
	for i := range ks.shards {
		ks.shards[i].arena = ks.pool.NewArena()
		ks.shards[i].garbage = &ks.garbage
	}
	for i := range max(o.Databases, 1) {
		ks.dbs = append(ks.dbs, newDB(ks, i))
	}
	return ks
}

// Close unmaps all memory. No slice into it may be used afterwards.
func (ks *Keyspace) Close() { ks.pool.Close() }

// DB returns database i; i must be below Databases.
func (ks *Keyspace) DB(i int) *DB { return ks.dbs[i] }

// Databases returns the number of databases.
func (ks *Keyspace) Databases() int { return len(ks.dbs) }

// Hash returns the hash of a key; its top six bits are the shard.
func (ks *Keyspace) Hash(key []byte) uint64 {
	if ks.slots {
		return dict.SlotMajor(ks.seed, key) & ks.spread
	}
	return maphash.Bytes(ks.seed, key) & ks.spread
}

// ShardOf returns the shard of a key's hash.
func ShardOf(hash uint64) int { return int(hash >> (64 - shardBits)) }

// Arena returns where an Object that is made for a key of this hash keeps its
// members; it is used with the lock of the key's shard held.
func (ks *Keyspace) Arena(hash uint64) *arena.Arena { return ks.shards[ShardOf(hash)].arena }

// Stats returns the sums of the shards' counters; the caller holds all locks.
func (ks *Keyspace) Stats() Stats {
	var sum Stats
	for i := range ks.shards {
		sum.add(&ks.shards[i].stats)
	}
	return sum
}

func (s *Stats) add(of *Stats) {
	s.Expired += of.Expired
	s.ExpiredMembers += of.ExpiredMembers
	s.Hits += of.Hits
	s.Misses += of.Misses
	s.Swept += of.Swept
}

// ResetStats sets the counters to zero; the caller holds all locks.
func (ks *Keyspace) ResetStats() {
	for i := range ks.shards {
		ks.shards[i].stats = Stats{}
	}
}

// Locks is a set of shards to lock: bit i is shard i.
type Locks uint64

// AllShards is every shard.
const AllShards = ^Locks(0)

// Add returns the set with the shard of hash added.
func (l Locks) Add(hash uint64) Locks { return l | 1<<(hash>>(64-shardBits)) }

// Has reports whether the set holds the shard of hash.
func (l Locks) Has(hash uint64) bool { return l&(1<<(hash>>(64-shardBits))) != 0 }

// HasShard reports whether the set holds a shard by its number.
func (l Locks) HasShard(sh int) bool { return l&(1<<sh) != 0 }

// Lock takes the locks of the set in index order, behind the gate (gate.go). It
// must not be called by whoever holds one already: that order is what excludes
// deadlock. Executors of commands have a Lane for it.
func (ks *Keyspace) Lock(set Locks) {
	switch {
	case set == 0:
	case set.alone():
		ks.gate.queue()
		ks.gate.enterAlone()
	default:
		ks.gate.enterGuest()
		ks.lockShards(set)
	}
}

// Unlock releases the locks of the set, which is the one that was locked.
func (ks *Keyspace) Unlock(set Locks) {
	switch {
	case set == 0:
	case set.alone():
		ks.gate.leaveAlone()
	default:
		ks.unlockShards(set)
		ks.gate.leaveGuest()
	}
}

func (ks *Keyspace) lockShards(set Locks) {
	for rest := uint64(set); rest != 0; rest &= rest - 1 {
		ks.shards[bits.TrailingZeros64(rest)].mu.Lock()
	}
}

func (ks *Keyspace) unlockShards(set Locks) {
	for rest := uint64(set); rest != 0; rest &= rest - 1 {
		ks.shards[bits.TrailingZeros64(rest)].mu.Unlock()
	}
}

// UsedMemory returns the bytes of all data, from any goroutine and without a
// lock; see Watch. What is kept only because a snapshot may see it does not
// count: as in Redis, where that is in another process.
func (ks *Keyspace) UsedMemory() int64 { return ks.pool.Used() }

// Watch makes UsedMemory exact to a thousandth of a limit that it is going to
// be compared with; without one (0) it may be out by 128 KiB. The caller holds
// all locks.
func (ks *Keyspace) Watch(limit int64) {
	step := int64(arena.PublishStep)
	if limit > 0 {
		step = min(step, limit/1000/Shards)
	}
	for i := range ks.shards {
		ks.shards[i].arena.Publish(step)
	}
}

// ExactMemory is UsedMemory without error; the caller holds all locks.
func (ks *Keyspace) ExactMemory() int64 {
	var sum int64
	for i := range ks.shards {
		ks.shards[i].settle()
		a := ks.shards[i].arena
		sum += a.Used() - a.RetiredBytes()
	}
	return sum
}

// Garbage returns how many flushed keys and large dead values wait for Sweep to
// free them; their memory is still in UsedMemory. It takes no lock.
func (ks *Keyspace) Garbage() int64 { return ks.garbage.Load() }

// PoolStats tells what the arenas have taken from the system.
func (ks *Keyspace) PoolStats() arena.Stats { return ks.pool.Stats() }
