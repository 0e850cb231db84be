package host

import (
	"math"
	"math/rand/v2"
	"runtime/metrics"
	"sync"
	"sync/atomic"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// Eviction is approximate, as in Redis: a few random keys are looked at, the
// best candidates ever seen are kept in a small pool, and the best of the pool
// goes. The pool makes a handful of samples behave almost like a full order.

// evictor holds the pool.
type evictor struct {
	mu      sync.Mutex  // comes before the shards' locks
	pool    []candidate // ascending score; the last one goes first
	evicted atomic.Int64
}

type candidate struct {
	score int64 // the higher, the sooner it goes
	db    int
	key   []byte
}

const poolSize = 16

// usedMemory is what maxmemory is compared with: the data, and what the server took
// when it had none. Without the latter a limit below that would be no limit until
// there are data, and an empty server would use no memory at all.
func (srv *Server) usedMemory() int64 { return srv.startup + srv.ks.UsedMemory() }

// startupMemory measures what the server has allocated when everything is in place
// and there are no data yet.
func startupMemory() int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}

// makeRoom evicts keys until the data fit into maxmemory. It returns the error
// for the command if they cannot be made to and the command may add to them.
// No lock of the keyspace is held.
func (srv *Server) makeRoom(c *core.Ctx) error {
	limit := srv.params.maxMemory.Load()
	if limit == 0 || srv.usedMemory() <= limit {
		return nil
	}
	policy := srv.params.policy.Load()
	if policy != policyNone {
		srv.evictTo(limit, policy, c.Now)
	}
	if c.Cmd.Flags&core.DenyOOM != 0 && srv.usedMemory() > limit {
		return core.ErrOOM
	}
	return nil
}

// evictTo evicts until the data fit or there is nothing to evict.
func (srv *Server) evictTo(limit int64, policy int, now int64) {
	srv.evict.mu.Lock()
	defer srv.evict.mu.Unlock()
	for srv.usedMemory() > limit && srv.evictOne(policy, now) {
	}
}

// evictOne deletes one key; it returns false if there is none to delete.
func (srv *Server) evictOne(policy int, now int64) bool {
	e := &srv.evict
	for range 4 {
		srv.fillPool(policy, now)
		for len(e.pool) > 0 {
			last := e.pool[len(e.pool)-1]
			e.pool = e.pool[:len(e.pool)-1]
			if srv.evictKey(last.db, last.key, policy, now) {
				e.evicted.Add(1)
				return true
			}
		}
	}
	return false
}

// evictKey deletes a candidate if it still is one.
func (srv *Server) evictKey(db int, key []byte, policy int, now int64) bool {
	locks := keyspace.Locks(0).Add(srv.ks.Hash(key))
	srv.ks.Lock(locks)
	defer srv.ks.Unlock(locks)
	entry := srv.ks.DB(db).Find(key, now, keyspace.KeepExpired)
	if !entry.OK() || policy&policyVolatile != 0 && entry.Expire() == 0 {
		return false
	}
	(*keyEvents)(srv).gone(db, key, core.EventEvicted, "evicted", "lazyfree-lazy-eviction")
	entry.Delete()
	return true
}

// fillPool looks at a few keys of one random shard of every database.
func (srv *Server) fillPool(policy int, now int64) {
	first := int(rand.Uint64N(keyspace.Shards))
	for i := range srv.ks.Databases() {
		srv.sampleDB(i, first, policy, now)
	}
}

// sampleDB looks at keys of the first shard from first on that has any.
func (srv *Server) sampleDB(i, first, policy int, now int64) {
	db := srv.ks.DB(i)
	for k := range keyspace.Shards {
		sh := (first + k) % keyspace.Shards
		if srv.sampleShard(db, sh, policy, now) {
			return
		}
	}
}

func (srv *Server) sampleShard(db *keyspace.DB, sh, policy int, now int64) (found bool) {
	lock := keyspace.Locks(1) << sh
	srv.ks.Lock(lock)
	defer srv.ks.Unlock(lock)
	n := int(srv.params.samples.Load())
	look := func(entry keyspace.Entry) {
		if policy&policyVolatile != 0 && entry.Expire() == 0 {
			return
		}
		found = true
		srv.evict.offer(candidate{score(entry, policy, now), db.Index(), entry.Key()})
	}
	if policy&policyVolatile == 0 {
		db.Sample(sh, rand.Uint64(), n, look)
		return found
	}
	if db.ShardExpires(sh) == 0 {
		return false
	}
	// Keys with an expiry may be few among many: look at as many keys as it
	// takes on average to meet n of them, and at all of the shard's if that
	// meets none.
	want := n * (db.ShardLen(sh)/db.ShardExpires(sh) + 1)
	if db.Sample(sh, rand.Uint64(), want, look); !found {
		db.Sample(sh, rand.Uint64(), db.ShardLen(sh), look)
	}
	return found
}

// score says how good a victim a key is.
func score(e keyspace.Entry, policy int, now int64) int64 {
	switch {
	case policy&policyTTL != 0:
		return math.MaxInt64 - e.Expire()
	case policy&policyLFU != 0:
		return 255 - e.Freq(now)
	case policy&policyRandom != 0:
		return rand.Int64()
	}
	return e.Idle(now)
}

// offer puts a candidate into its place in the pool, if it is good enough.
func (e *evictor) offer(c candidate) {
	at := 0
	for at < len(e.pool) && e.pool[at].score < c.score {
		at++
	}
	if len(e.pool) == poolSize {
		if at == 0 {
			return
		}
		copy(e.pool, e.pool[1:])
		e.pool = e.pool[:poolSize-1]
		at--
	}
	c.key = append([]byte(nil), c.key...)
	e.pool = append(e.pool, candidate{})
	copy(e.pool[at+1:], e.pool[at:])
	e.pool[at] = c
}
