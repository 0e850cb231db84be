package engine

import (
	"sync/atomic"

	"github.com/ferrousdb/ferrous/core/keyspace"
)

// reach says how far the serving of waiters may lead. Who makes a key ready serves
// its waiters before the key's lock is released: let go, the lock might be taken by
// somebody who finds what the waiter was to have. But a waiter may need the locks of
// further shards (BLMOVE of the other list, BLPOP of its other keys), locks are
// never taken later, and what it does may make other keys ready. So whoever locks a
// shard also locks those that its waiters need, and theirs, before the command runs.
// While nobody waits for keys of several shards, that is one load.
type reach struct {
	wide atomic.Int32 // waiters that need several shards
	from [keyspace.Shards]atomic.Uint64
	n    [keyspace.Shards][keyspace.Shards]int32 // why: how many waiters of keys of one shard need another
}

// add counts a waiter of keys of some shards that needs others; n is 1 or -1. The
// caller holds blocking.mu and, to add one, the locks that it needs.
func (r *reach) add(keys, needs keyspace.Locks, n int32) {
	if needs&^keys == 0 && keys&(keys-1) == 0 {
		return
	}
	for i := range keyspace.Shards {
		if !keys.HasShard(i) {
			continue
		}
		set := keyspace.Locks(r.from[i].Load())
		for j := range keyspace.Shards {
			if needs.HasShard(j) {
				if r.n[i][j] += n; r.n[i][j] > 0 {
					set |= 1 << j
				} else {
					set &^= 1 << j
				}
			}
		}
		r.from[i].Store(uint64(set))
	}
	r.wide.Add(n)
}

// widen returns a set of shards with all that the waiters of its keys may need.
// With the locks of the result held the answer stays the same: nobody can begin to
// wait for keys of these shards.
func (r *reach) widen(set keyspace.Locks) keyspace.Locks {
	if r.wide.Load() == 0 {
		return set
	}
	for seen := keyspace.Locks(0); seen != set; {
		fresh := set &^ seen
		seen = set
		for i := range keyspace.Shards {
			if fresh.HasShard(i) {
				set |= keyspace.Locks(r.from[i].Load())
			}
		}
	}
	return set
}

// lock takes the locks of a set and of all that the waiters of its keys need, and
// notes what is held. It returns false, having locked nothing, if somebody else
// holds all of them and takes long over it, unless the caller is patient.
func (w *worker) lock(set keyspace.Locks, patient bool) bool {
	r := &w.eng.blocked.reach
	for {
		set = r.widen(set)
		if patient {
			w.lane.Lock(set)
		} else if !w.lane.LockUnlessLong(set) {
			return false
		}
		w.locked = set
		if r.widen(set) == set { // else somebody has begun to wait
			return true
		}
		w.unlockBatch()
	}
}
