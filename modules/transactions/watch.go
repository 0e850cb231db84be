package transactions

import (
	"bytes"
	"sync"
	"sync/atomic"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// watch is one key that one session watches. Expired is guarded by the lock of
// the key's shard in the keyspace, the place in the table by its stripe.
type watch struct {
	session *core.Session
	hash    uint64
	db      int
	key     []byte
	expired bool // its time had come already when it was watched: it counts as missing
	next    *watch
}

// table knows who watches what. Like the keyspace it is striped by the hash, so
// event loops that write to different shards do not meet here. A stripe's mutex
// is a leaf: sessions that end or forget their keys hold no lock of the keyspace.
type table struct {
	server   core.Server
	dirty    core.Mark    // of a session: a key that it watches has changed
	sw       *core.Switch // on while anyone watches
	mu       sync.Mutex
	watchers int // sessions with watched keys
	stripes  [keyspace.Shards]stripe
}

type stripe struct {
	n    atomic.Int32
	mu   sync.Mutex
	keys map[uint64]*watch // by hash, chained
	_    [40]byte
}

func (tb *table) stripe(hash uint64) *stripe { return &tb.stripes[keyspace.ShardOf(hash)] }

// watch is WATCH key [key ...].
func (m *module) watch(c *core.Ctx) error {
	t := m.make(c.Session)
	if t.open {
		return core.Err("WATCH inside MULTI is not allowed")
	}
	if !c.Session.Marks.Has(m.watched.dirty) { // else the next EXEC fails in any case
		for _, key := range c.Args[1:] {
			m.watched.add(t, c, key)
		}
	}
	t.tell()
	c.OK()
	return nil
}

// unwatch is UNWATCH.
func (m *module) unwatch(c *core.Ctx) error {
	if t := m.of(c.Session); t != nil {
		m.watched.forget(t)
		t.tell()
	}
	c.OK()
	return nil
}

// add makes t watch a key, whose lock is held.
func (tb *table) add(t *tx, c *core.Ctx, key []byte) {
	hash, db := c.HashOf(key), c.DB.Index()
	for _, w := range t.watches {
		if w.hash == hash && w.db == db && bytes.Equal(w.key, key) {
			return
		}
	}
	w := t.newWatch()
	e := c.DB.FindHashed(hash, key, c.Now, keyspace.KeepExpired)
	*w = watch{
		session: t.session, hash: hash, db: db, key: append(w.key[:0], key...),
		expired: e.OK() && e.Expired(c.Now),
	}
	if len(t.watches) == 0 {
		tb.count(1)
	}
	t.watches = append(t.watches, w)
	st := tb.stripe(hash)
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.keys == nil {
		st.keys = map[uint64]*watch{}
	}
	w.next = st.keys[hash]
	st.keys[hash] = w
	st.n.Add(1)
}

func (t *tx) newWatch() *watch {
	n := len(t.spare)
	if n == 0 {
		return &watch{}
	}
	w := t.spare[n-1]
	t.spare = t.spare[:n-1]
	return w
}

// forget makes t watch nothing. Nobody marks its session any more afterwards.
func (tb *table) forget(t *tx) {
	if len(t.watches) > 0 {
		for i, w := range t.watches {
			tb.remove(w)
			t.watches[i] = nil
			if len(t.spare) < 16 && cap(w.key) < 256 {
				t.spare = append(t.spare, w)
			}
		}
		t.watches = t.watches[:0]
		tb.count(-1)
	}
	t.session.Marks.Set(tb.dirty, false)
}

func (tb *table) remove(w *watch) {
	st := tb.stripe(w.hash)
	st.mu.Lock()
	defer st.mu.Unlock()
	st.n.Add(-1)
	head := st.keys[w.hash]
	if head == w {
		if w.next == nil {
			delete(st.keys, w.hash)
		} else {
			st.keys[w.hash] = w.next
		}
		return
	}
	for ; head != nil; head = head.next {
		if head.next == w {
			head.next = w.next
			return
		}
	}
}

// count adds to the number of sessions that watch something.
func (tb *table) count(by int) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	tb.watchers += by
	tb.sw.Set(tb.watchers > 0)
}

// haveChanged reports whether a key of t has changed since it was watched, or
// has expired without having been deleted yet. The locks of all are held.
func (tb *table) haveChanged(t *tx, now int64) bool {
	if t.session.Marks.Has(tb.dirty) {
		return true
	}
	for _, w := range t.watches {
		if e := tb.find(w.db, w); !w.expired && e.OK() && e.Expired(now) {
			return true
		}
	}
	return false
}

// find looks a watched key up in a database, expired or not.
func (tb *table) find(db int, w *watch) keyspace.Entry {
	return tb.server.Keyspace().DB(db).FindHashed(w.hash, w.key, 0, keyspace.KeepExpired)
}

func (tb *table) spoil(w *watch) { w.session.Marks.Set(tb.dirty, true) }

// changed is the hook for changed keys; the key's lock is held.
func (tb *table) changed(c *core.Ctx, ch core.Change) {
	if ch.Only() {
		return
	}
	var hash uint64
	if c != nil {
		hash = c.HashOf(ch.Key)
	} else {
		hash = tb.server.Keyspace().Hash(ch.Key)
	}
	st := tb.stripe(hash)
	if st.n.Load() == 0 {
		return
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	// The hook for keys that expire and are evicted comes before their deletion.
	goes := ch.Class&(core.EventExpired|core.EventEvicted) != 0
	for w := st.keys[hash]; w != nil; w = w.next {
		if w.db != ch.DB || !bytes.Equal(w.key, ch.Key) {
			continue
		}
		if w.expired && (goes || !tb.find(w.db, w).OK()) {
			w.expired = false // that it is gone now is no change: it was missing before
			continue
		}
		tb.spoil(w)
	}
}

// flushed is the hook for databases that are about to be emptied, with all
// locks held: it is a change for the keys that are there.
func (tb *table) flushed(_ *core.Ctx, db int) {
	tb.each(func(w *watch) {
		switch {
		case db >= 0 && w.db != db || !tb.find(w.db, w).OK():
		case w.expired:
			w.expired = false
		default:
			tb.spoil(w)
		}
	})
}

// swapped is the hook for databases that have changed places, with all locks
// held: it is a change for the keys that either of them has, but an expired one
// is as good as missing.
func (tb *table) swapped(c *core.Ctx, a, b int) {
	now := tb.server.Now()
	if c != nil {
		now = c.Now
	}
	tb.each(func(w *watch) {
		other := a + b - w.db
		if a == b || w.db != a && w.db != b {
			return
		}
		before, after := tb.find(other, w).OK(), tb.find(w.db, w)
		gone := after.OK() && after.Expired(now)
		switch {
		case !before && !after.OK():
		case w.expired && !after.OK():
			w.expired = false
		case w.expired && gone:
		case !before && gone:
			w.expired = true
		default:
			tb.spoil(w)
		}
	})
}

// each visits every watched key.
func (tb *table) each(visit func(w *watch)) {
	for i := range tb.stripes {
		st := &tb.stripes[i]
		if st.n.Load() == 0 {
			continue
		}
		st.mu.Lock()
		for _, w := range st.keys {
			for ; w != nil; w = w.next {
				visit(w)
			}
		}
		st.mu.Unlock()
	}
}
