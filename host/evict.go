package host

import (
	"bytes"
	"math"
	"math/rand/v2"
	"runtime/metrics"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// Eviction is approximate, as in Redis: a few random keys are looked at, the
// best candidates ever seen are kept in a small pool, and the best of the pool
// goes. The pool makes a handful of samples behave almost like a full order.

// evictor holds the pool.
type evictor struct {
	mu      sync.Mutex    // comes before the shards' locks
	pool    []candidate   // ascending score; the last one goes first
	swept   int           // the shard that free has swept last
	more    chan struct{} // asks cron to go on
	stale   atomic.Bool   // the policy has changed: the scores in the pool are of another
	evicted atomic.Int64
	over    atomic.Int64 // since when the limit has been exceeded, Unix milliseconds; 0 when it is not
	overFor atomic.Int64 // how long it was, in all, before
	keepAll atomic.Bool  // nothing is evicted: see core.Authority
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

// MakeRoom implements engine.Host: it works for as long as maxmemory-eviction-tenacity
// allows.
func (srv *Server) MakeRoom(now int64) bool {
	limit := srv.params.maxMemory.Load()
	if limit == 0 || srv.usedMemory() <= limit || srv.evict.keepAll.Load() {
		if srv.evict.over.Load() != 0 {
			srv.evict.within(now)
		}
		return true
	}
	srv.evict.over.CompareAndSwap(0, now)
	ok := srv.free(limit, now)
	if srv.usedMemory() <= limit {
		srv.evict.within(srv.eng.ReadClock())
	}
	return ok
}

// within notes that the limit is exceeded no more.
func (e *evictor) within(now int64) {
	if since := e.over.Swap(0); since != 0 {
		e.overFor.Add(max(now-since, 0))
	}
}

// exceeded returns for how many milliseconds the limit was exceeded, in all and
// without an end yet.
func (e *evictor) exceeded(now int64) (total, current int64) {
	if since := e.over.Load(); since != 0 {
		current = max(now-since, 0)
	}
	return e.overFor.Load() + current, current
}

// NearLimit implements engine.Host.
func (srv *Server) NearLimit() bool {
	limit := srv.params.maxMemory.Load()
	return limit > 0 && srv.usedMemory() > limit-limit/64
}

// free makes the data fit, and reports false if there is nothing left to evict.
// When the time is up it goes on in the background. What was deleted already
// and waits for the sweeper goes first.
func (srv *Server) free(limit, now int64) bool {
	e := &srv.evict
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stale.Swap(false) {
		e.pool = nil
	}
	policy := srv.params.policy.Load()
	start, budget := time.Now(), srv.evictionTime()
	if h := srv.registry.Hooks; h.TimesLatency() {
		defer func() { h.Latency("eviction-cycle", time.Since(start)) }()
	}
	for n := 1; srv.usedMemory() > limit; n++ {
		switch {
		case srv.ks.Garbage() > 0:
			e.swept = (e.swept + 1) % keyspace.Shards
			srv.ks.Sweep(e.swept, now, sweepBudget, false)
		case policy == policyNone || !srv.evictOne(policy, now):
			return false
		}
		if n%16 == 0 && time.Since(start) > budget {
			e.ask()
			return true
		}
	}
	return true
}

// ask makes cron go on with the eviction.
func (e *evictor) ask() {
	select {
	case e.more <- struct{}{}:
	default:
	}
}

// evictMore goes on with what free had no time for; cron calls it.
func (srv *Server) evictMore(now int64) {
	if limit := srv.params.maxMemory.Load(); limit > 0 && !srv.eng.Paused() && !srv.evict.keepAll.Load() {
		srv.free(limit, now)
	}
}

// evictionTime is how long a command may be held up by eviction: up to a
// tenacity of 10 in proportion, to half a millisecond; beyond that it grows by
// 15% a step, to some minutes; 100 is no limit.
func (srv *Server) evictionTime() time.Duration {
	const step, atTen = 50 * time.Microsecond, 500 * time.Microsecond
	switch t := srv.params.tenacity.Load(); {
	case t <= 10:
		return step * time.Duration(t)
	case t < 100:
		return time.Duration(float64(atTen) * math.Pow(1.15, float64(t-10)))
	}
	return math.MaxInt64
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
	(*keyEvents)(srv).gone(db, key, core.EventEvicted, "evicted", srv.lazy.evict)
	entry.Unlink() // what is left to the sweeper has free sweep, and with that count what values hold on the heap
	return true
}

// fillPool looks at a few keys of every database, in a random shard or, if it
// has none to offer, in the next one that does.
func (srv *Server) fillPool(policy int, now int64) {
	first := int(rand.Uint64N(keyspace.Shards))
	for k := range keyspace.Shards {
		if srv.sampleAll((first+k)%keyspace.Shards, policy, now) {
			return
		}
	}
}

// sampleAll looks at keys of one shard.
func (srv *Server) sampleAll(sh, policy int, now int64) (found bool) {
	lock := keyspace.Locks(1) << sh
	srv.ks.Lock(lock)
	defer srv.ks.Unlock(lock)
	for i := range srv.ks.Databases() {
		if db := srv.ks.DB(i); db.ShardLen(sh) > 0 && srv.sampleShard(db, sh, policy, now) {
			found = true
		}
	}
	return found
}

func (srv *Server) sampleShard(db *keyspace.DB, sh, policy int, now int64) (found bool) {
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
	for i := range e.pool {
		if e.pool[i].db == c.db && bytes.Equal(e.pool[i].key, c.key) {
			e.pool = slices.Delete(e.pool, i, i+1) // what is new of it counts
			break
		}
	}
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
