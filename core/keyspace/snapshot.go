package keyspace

import (
	"sync"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/dict"
)

// Snapshot is a frozen view of all databases. Walking it takes no lock and
// holds up nobody; writers copy what it may still read. It is to be ended, for
// what it holds on to is freed only then.
type Snapshot struct {
	ks      *Keyspace
	epoch   arena.Epoch
	dbs     [][Shards]dict.View
	objects [Shards][]*objectChunk
	end     sync.Once
}

// Freeze begins a snapshot. The caller holds all locks and releases them right
// afterwards: only directories are copied, one word for some 700 keys.
func (ks *Keyspace) Freeze() *Snapshot {
	s := &Snapshot{ks: ks, epoch: ks.epochs.Begin(), dbs: make([][Shards]dict.View, len(ks.dbs))}
	for i, db := range ks.dbs {
		for sh := range db.tables {
			if db.tables[sh].Len() > 0 {
				s.dbs[i][sh] = db.tables[sh].Freeze()
			}
		}
	}
	for sh := range ks.shards {
		s.objects[sh] = append([]*objectChunk(nil), ks.shards[sh].objects.chunks...)
	}
	return s
}

// End gives the snapshot up; its views must not be used any more. What only it
// held on to is reclaimed in steps by Sweep.
func (s *Snapshot) End() { s.end.Do(func() { s.ks.epochs.End(s.epoch) }) }

// Frozen is a key as a snapshot sees it. Its slices point into the arena and
// are valid until the snapshot ends.
type Frozen struct {
	Key    []byte
	Value  Value
	Expire int64  // Unix milliseconds, 0 for none
	Clock  uint32 // the access clock; see ClockMode
}

// Databases returns the number of databases.
func (s *Snapshot) Databases() int { return len(s.dbs) }

// Len returns the number of keys of one shard of a database.
func (s *Snapshot) Len(db, shard int) int { return s.dbs[db][shard].Len() }

// Walk visits every key of one shard of a database, once, until fn returns
// false. Several goroutines may walk at once.
func (s *Snapshot) Walk(db, shard int, fn func(Frozen) bool) {
	s.dbs[db][shard].Walk(func(ref arena.Ref) bool {
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
