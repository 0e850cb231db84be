package keyspace

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/dict"
)

// Snapshot is a frozen view of all databases. Walking it takes no lock and
// holds up nobody; writers copy what it may still read. It is to be ended, for
// what it holds on to is freed only then.
type Snapshot struct {
	ks      *Keyspace
	epoch   arena.Epoch
	dbs     [][Shards]frozenTable
	objects [Shards][]*objectChunk
	members bool
	clock   clock
	end     sync.Once
}

// frozenTable is a table as a snapshot sees it.
type frozenTable struct {
	view    dict.View
	expires int
}

// Freeze begins a snapshot. The caller holds all locks and releases them right
// afterwards: only directories are copied, one word for some 700 keys.
func (ks *Keyspace) Freeze() *Snapshot {
	start := time.Now()
	s := &Snapshot{ks: ks, epoch: ks.epochs.Begin(), dbs: make([][Shards]frozenTable, len(ks.dbs)), clock: ks.clock}
	for i, db := range ks.dbs {
		for sh := range db.tables {
			if t := &db.tables[sh]; t.Len() > 0 {
				s.dbs[i][sh] = frozenTable{t.Freeze(), t.Expires()}
			}
			s.members = s.members || db.members[sh] != nil && db.members[sh].Len() > 0
		}
	}
	for sh := range ks.shards {
		s.objects[sh] = append([]*objectChunk(nil), ks.shards[sh].objects.chunks...)
	}
	ks.snapshots.taken.Add(1)
	ks.snapshots.live.Add(1)
	ks.snapshots.nanos.Store(int64(time.Since(start)))
	return s
}

// Capture is Freeze for a caller who holds no lock.
func (ks *Keyspace) Capture() *Snapshot {
	ks.Lock(AllShards)
	defer ks.Unlock(AllShards)
	return ks.Freeze()
}

// End gives the snapshot up; its views must not be used any more. What only it
// held on to is reclaimed in steps by Sweep.
func (s *Snapshot) End() {
	s.end.Do(func() {
		s.ks.snapshots.live.Add(-1)
		s.ks.epochs.End(s.epoch)
	})
}

// SnapshotStats tell of the snapshots of a keyspace.
type SnapshotStats struct {
	Taken     int64         // since the start
	Live      int64         // not ended yet
	LastPause time.Duration // for how long the last one had all shards locked
}

type snapshotCounters struct{ taken, live, nanos atomic.Int64 }

// Snapshots returns the figures of snapshots, without a lock.
func (ks *Keyspace) Snapshots() SnapshotStats {
	c := &ks.snapshots
	return SnapshotStats{c.taken.Load(), c.live.Load(), time.Duration(c.nanos.Load())}
}

// Retained returns the bytes that writers have copied and that are kept for
// snapshots only, or since they ended are still to be reclaimed by Sweep. It
// takes no lock: a job that is done does not wait for who holds them all, and
// takes long.
func (ks *Keyspace) Retained() (sum int64) {
	for sh := range ks.shards {
		sum += ks.shards[sh].arena.RetiredBytes()
	}
	return sum
}

// Frozen is a key as a snapshot sees it. Its slices point into the arena and
// are valid until the snapshot ends.
type Frozen struct {
	Key    []byte
	Value  Value
	Expire int64  // Unix milliseconds, 0 for none
	Clock  uint32 // the access clock; see ClockMode
}

// Keyspace returns what the snapshot was taken of.
func (s *Snapshot) Keyspace() *Keyspace { return s.ks }

// ClockMode returns what the access clocks mean.
func (s *Snapshot) ClockMode() ClockMode { return s.clock.mode }

// Idle returns the time since a key's last access in milliseconds, in the mode
// LRU.
func (s *Snapshot) Idle(f Frozen, now int64) int64 { return s.clock.idle(f.Clock, now) }

// Freq returns a key's access counter (0 to 255), decayed to now, in the mode
// LFU.
func (s *Snapshot) Freq(f Frozen, now int64) uint8 { return uint8(s.clock.decayed(f.Clock, now)) }

// Databases returns the number of databases.
func (s *Snapshot) Databases() int { return len(s.dbs) }

// Len returns the number of keys of one shard of a database.
func (s *Snapshot) Len(db, shard int) int { return s.dbs[db][shard].view.Len() }

// Expires returns how many of those keys have an expiry.
func (s *Snapshot) Expires(db, shard int) int { return s.dbs[db][shard].expires }

// Keys returns the number of keys of all databases.
func (s *Snapshot) Keys() (n int64) {
	for db := range s.dbs {
		for shard := range Shards {
			n += int64(s.Len(db, shard))
		}
	}
	return n
}

// MembersExpire reports whether there are values with members that expire by
// themselves.
func (s *Snapshot) MembersExpire() bool { return s.members }

// Walk visits every key of one shard of a database, once, until fn returns
// false. Several goroutines may walk at once.
func (s *Snapshot) Walk(db, shard int, fn func(Frozen) bool) {
	s.dbs[db][shard].view.Walk(func(ref arena.Ref) bool {
		f := Frozen{Key: dict.Key(ref), Clock: dict.Clock(ref)}
		f.Expire = max(dict.Expire(ref), 0)
		f.Value.Kind = Kind(dict.Kind(ref))
		if data := dict.Value(ref); f.Value.Kind.IsObject() {
			i := handleOf(data)
			f.Value.Object = s.objects[shard][i>>chunkBits][i&(1<<chunkBits-1)].obj
		} else {
			f.Value.Data = data
		}
		return fn(f)
	})
}
