package keyspace

import (
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/dict"
)

// Sweep does the housekeeping of one shard in a step of bounded length: it
// deletes keys whose time has come, frees members of large dead values and
// what the end of a snapshot has made reclaimable, and lets Tenders have a step. It
// takes the shard's lock itself. The result says that there is more to do at once.
func (ks *Keyspace) Sweep(sh int, now int64, budget int, expire bool) (more bool) {
	set := Locks(1) << sh
	ks.Lock(set)
	defer ks.Unlock(set)
	s := &ks.shards[sh]
	s.settle()
	if expire && ks.expiry == DeleteExpired {
		for _, db := range ks.dbs {
			if db.sweepExpired(sh, now, budget) {
				more = true
			}
			if db.sweepMembers(sh, now, budget) {
				more = true
			}
		}
	}
	s.arena.Settle()
	// Reclaiming first: it gives work to the others.
	if s.arena.Reclaim(budget) >= budget {
		more = true
	}
	if s.drain(budget) {
		more = true
	}
	if s.sweepObjects(budget) {
		more = true
	}
	return ks.tendObjects(s, now) || more
}

// sweepExpired deletes keys that are due, looking into about budget/64
// segments; those in which nothing is due cost a look at their header.
func (db *DB) sweepExpired(sh int, now int64, budget int) (more bool) {
	t := &db.tables[sh]
	if t.Expires() == 0 {
		return false
	}
	db.due[sh] = t.Due(now-1, db.due[sh], max(budget/64, 1), func(ref arena.Ref) bool {
		key := dict.Key(ref)
		pos, ok := t.Find(db.ks.Hash(key), key)
		if ok {
			db.expireNow(sh, pos, ref)
		}
		return ok
	})
	return db.due[sh] != 0
}

// Flush empties the database; the caller holds all locks. The tables are set
// aside as they are and freed in steps by Sweep, so that it takes the same few
// microseconds whatever the size: FLUSHALL SYNC and ASYNC differ in nothing
// but their names.
func (db *DB) Flush() {
	if db.Len() == 0 {
		return
	}
	old := db.tables
	db.tables = db.ks.newTables()
	db.due = [Shards]uint64{}
	for sh := range old {
		s := &db.ks.shards[sh]
		s.setAside(&old[sh].Table)
		if t := db.members[sh]; t != nil {
			db.ks.expiring.Add(-int64(t.Len()))
			s.setAside(t)
		}
	}
	db.members = [Shards]*dict.Table{}
	db.membersDue = [Shards]uint64{}
}

// setAside leaves a table to drain.
func (s *shard) setAside(t *dict.Table) {
	if t.Len() > 0 {
		s.draining = append(s.draining, t)
		s.garbage.Add(int64(t.Len()))
	}
}

// drain frees entries of flushed tables.
func (s *shard) drain(budget int) (more bool) {
	for len(s.draining) > 0 {
		last := len(s.draining) - 1
		t := s.draining[last]
		before, left := t.Len(), len(s.objects.sweep)
		done := t.Drain(budget, func(ref arena.Ref) {
			if k := Kind(dict.Kind(ref)); k.IsObject() {
				s.retireObject(handleOf(dict.Value(ref)), unlinked)
			}
			s.dropOutside(ref)
			s.arena.Free(ref)
		})
		freed := int64(before - t.Len())
		s.garbage.Add(-freed)
		s.stats.Swept += freed - int64(len(s.objects.sweep)-left) // those are still to come
		if !done {
			return true
		}
		s.draining[last] = nil
		s.draining = s.draining[:last]
	}
	return false
}
