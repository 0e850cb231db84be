package toplist

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// walk goes through all keys, again and again, a little at a time, and remembers the largest:
// by memory and by elements. So every key is seen once in a walk, and what is asked in between
// is answered from the last whole walk and what the present one has seen, measured anew. A
// key that has grown since it was passed is found by the next walk.
//
// It is the background work's own; what others want is under mu, under which nothing else is
// locked, and which is never held while a shard is waited for.
type walk struct {
	db     int
	cursor uint64
	bytes  largest
	elems  largest
	keys   int64 // that this walk has seen
	began  int64 // Unix milliseconds
	rest   int64 // nothing is to be done before
	size   int

	again atomic.Bool // begin anew

	mu       sync.Mutex
	current  [2][]place // candidates by memory and by elements: of the present walk
	complete [2][]place // and of the last whole one
	told     progress
}

// progress is what INFO tells of walks.
type progress struct {
	walks int64 // complete
	keys  int64 // of the last
	took  int64 // milliseconds
}

// place is a key that was large when it was seen.
type place struct {
	db   int
	key  string
	size int64
}

const (
	stepTime  = 500 * time.Microsecond // of each tick
	stepKeys  = 64                     // under one lock
	shortRest = 1000                   // milliseconds between two walks, at least
	longRest  = 30_000                 // at most
)

// forget drops everything, and has the next tick begin anew.
func (w *walk) forget() {
	w.again.Store(true)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.current, w.complete, w.told = [2][]place{}, [2][]place{}, progress{}
}

// step goes on for a moment.
func (w *walk) step(srv core.Server, size int, now int64) {
	if w.again.Swap(false) {
		w.begin(size, now)
		w.rest = 0
	}
	if now < w.rest {
		return
	}
	for end := time.Now().Add(stepTime); time.Now().Before(end); {
		if w.some(srv) {
			began := w.began
			w.finish(now)
			w.begin(size, now)
			w.rest = now + rest(now-began)
			return
		}
	}
	w.show(w.bytes.all, w.elems.all)
}

func (w *walk) begin(size int, now int64) {
	w.db, w.cursor, w.keys, w.began, w.size = 0, 0, 0, now, size
	w.bytes, w.elems = largest{max: size}, largest{max: size}
}

// show lets others see what the present walk has found.
func (w *walk) show(bytes, elems []place) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.again.Load() {
		w.current = [2][]place{slices.Clone(bytes), slices.Clone(elems)}
	}
}

func (w *walk) finish(now int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.again.Load() {
		return
	}
	w.current, w.complete = [2][]place{}, [2][]place{w.bytes.all, w.elems.all}
	w.told = progress{w.told.walks + 1, w.keys, now - w.began}
}

// rest is how long to wait after a walk that took so many milliseconds: nine times that, within
// limits, so that walks are a tenth of the time.
func rest(took int64) int64 { return min(shortRest+9*took, longRest) }

// some looks at some keys of one shard, whose lock it takes; it reports whether the walk
// is complete.
func (w *walk) some(srv core.Server) (done bool) {
	ks, reg := srv.Keyspace(), srv.Registry()
	sh := keyspace.ShardOfCursor(w.cursor)
	lock := keyspace.Locks(1) << sh
	ks.Lock(lock)
	defer ks.Unlock(lock)
	for looked := 0; looked < stepKeys && keyspace.ShardOfCursor(w.cursor) == sh; looked++ {
		w.cursor = ks.DB(w.db).Scan(w.cursor, func(e keyspace.Entry) {
			looked++
			w.look(reg, e)
		})
		if w.cursor == 0 {
			w.db++
			break
		}
	}
	return w.db >= ks.Databases()
}

// look notes a key if it is one of the largest so far.
func (w *walk) look(reg *core.Table, e keyspace.Entry) {
	w.keys++
	w.bytes.offer(w.db, e.Key(), e.MemoryUsage())
	if e.Type() != keyspace.String {
		w.elems.offer(w.db, e.Key(), elements(reg, e))
	}
}

// elements returns how many a value has; 1 for a string.
func elements(reg *core.Table, e keyspace.Entry) int64 {
	v := e.Value()
	t := reg.TypeOf(v)
	if t == nil || e.Type() == keyspace.String {
		return 1
	}
	return int64(t.Len(v))
}

// largest are the max largest that were offered, as a heap with the smallest first.
type largest struct {
	max int
	all []place
}

func (l *largest) offer(db int, key []byte, size int64) {
	if len(l.all) == l.max {
		if size <= l.all[0].size {
			return
		}
		l.all[0] = place{db, string(key), size}
		l.sink()
		return
	}
	l.all = append(l.all, place{db, string(key), size})
	for i := len(l.all) - 1; i > 0 && l.all[i].size < l.all[(i-1)/2].size; i = (i - 1) / 2 {
		l.all[i], l.all[(i-1)/2] = l.all[(i-1)/2], l.all[i]
	}
}

// sink puts the first, which has grown, into its place.
func (l *largest) sink() {
	for i := 0; ; {
		child := 2*i + 1
		if child >= len(l.all) {
			return
		}
		if child+1 < len(l.all) && l.all[child+1].size < l.all[child].size {
			child++
		}
		if l.all[child].size >= l.all[i].size {
			return
		}
		l.all[i], l.all[child] = l.all[child], l.all[i]
		i = child
	}
}
