package engine

import (
	"cmp"
	"slices"
	"sync/atomic"

	"github.com/ferrousdb/ferrous/core"
)

// Clients whose buffers take more than maxmemory-clients in all are disconnected,
// those first that take the most. What a session takes is weighed when it has
// received or been sent something, and summed up for all event loops; while there
// is no limit nothing of this happens.

// crowd is the sum, and the limit it is compared with.
type crowd struct {
	limit   atomic.Int64 // bytes, 0 for none
	sum     atomic.Int64 // as far as sessions have been weighed
	stuck   atomic.Int64 // a sum that nobody was left to be disconnected for
	evicted atomic.Int64
}

// leastClients is the lowest limit that is taken at its word, as in Redis: with
// less nobody could send a command.
const leastClients = 128 << 10

// over reports whether somebody has to go.
func (c *crowd) over() bool {
	n := c.sum.Load()
	if n > c.limit.Load() {
		return n > c.stuck.Load()
	}
	if c.stuck.Load() != 0 {
		c.stuck.Store(0)
	}
	return false
}

// LimitClients puts maxmemory-clients in force, which may be a part of maxmemory;
// every worker stands still.
func (eng *Engine) LimitClients(maxMemory int64) {
	limit := eng.params.ClientMemory.Bytes(maxMemory)
	if limit > 0 {
		limit = max(limit, leastClients)
	}
	eng.crowd.limit.Store(limit)
	eng.crowd.stuck.Store(0)
	eng.setGuard(guardClients, limit > 0)
	eng.weighAll()
}

// evictable reports whether a session counts: buffers of replicas have limits of
// their own.
func (s *session) evictable() bool {
	return s.closing == open && (s.kind == core.ClientNormal || s.kind == core.ClientPubSub)
}

// weigh takes a session's buffers into the sum. The worker's lock is held.
func (w *worker) weigh(s *session) {
	if w.eng.guard.Load()&guardClients == 0 {
		return
	}
	n := 0
	if s.evictable() {
		n = s.memory()
	}
	w.eng.crowd.sum.Add(int64(n - s.weighed))
	s.weighed = n
}

// weighAll makes the sum exact and returns it, and who may be disconnected for
// it. Every worker stands still.
func (eng *Engine) weighAll() (sum int64, may []*session) {
	for _, w := range eng.workers {
		for _, s := range w.sessions {
			if s.weighed = 0; !s.evictable() || eng.crowd.limit.Load() == 0 {
				continue
			}
			s.weighed = s.memory()
			sum += int64(s.weighed)
			if !s.NoEvict {
				may = append(may, s)
			}
		}
	}
	eng.crowd.sum.Store(sum)
	return sum, may
}

// fitClients disconnects clients until the others fit. The lock of the worker,
// which is given up for a moment, is held, and none of the keyspace.
func (w *worker) fitClients() {
	w.stopOthers()
	defer w.resumeOthers()
	w.eng.evictClients()
}

// evictClients is fitClients while every worker stands still.
func (eng *Engine) evictClients() {
	sum, may := eng.weighAll()
	limit := eng.crowd.limit.Load()
	slices.SortFunc(may, func(a, b *session) int { return cmp.Compare(b.weighed, a.weighed) })
	for _, s := range may {
		if sum <= limit {
			break
		}
		eng.log.Info("Evicting client", "id", s.ID, "addr", s.Addr, "name", s.Name, "memory", s.weighed)
		s.Close(false, "maxmemory-clients")
		sum -= int64(s.weighed)
		s.weighed = 0
		eng.crowd.evicted.Add(1)
	}
	eng.crowd.sum.Store(sum)
	if stuck := eng.crowd.stuck.Swap(max(sum, limit)); sum > max(stuck, limit) {
		eng.log.Warn("Over client maxmemory after evicting all evictable clients", "sum", sum, "limit", limit)
	}
}

// WatchClients is for buffers that grow by what others send, and for clients that
// may be disconnected now and might not before.
func (eng *Engine) WatchClients() {
	c := &eng.crowd
	if eng.guard.Load()&guardClients == 0 || c.sum.Load() <= c.limit.Load() {
		return
	}
	for _, w := range eng.workers {
		w.mu.Lock()
	}
	eng.evictClients()
	for _, w := range eng.workers {
		w.wakeIfTouched()
		w.mu.Unlock()
	}
}
