package replication

import (
	"sync"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// Keys that clients have given an expiry on a replica that they may write to: the
// master knows nothing of them, so the replica deletes them itself when their time has
// come.

// localKeys are those keys.
type localKeys struct {
	mu   sync.Mutex
	keys map[localKey]bool
}

type localKey struct {
	db  int
	key string
}

func (l *localKeys) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keys = nil
}

func (l *localKeys) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.keys)
}

// noteLocal is the hook for changed keys of a writable replica: it notes those that a
// client has changed and that expire. What the master changes afterwards is its own.
func (m *module) noteLocal(c *core.Ctx, ch core.Change) {
	if c == nil || c.Session == nil || ch.Only() {
		return
	}
	l, at := &m.up.local, localKey{ch.DB, string(ch.Key)}
	e := m.srv.Keyspace().DB(ch.DB).Find(ch.Key, c.Now, keyspace.KeepExpired)
	client := c.Session.Conn != nil && c.Session.Conn.Info().Type != core.ClientMaster
	l.mu.Lock()
	defer l.mu.Unlock()
	if !client || !e.OK() || e.Expire() == 0 {
		delete(l.keys, at)
		return
	}
	if l.keys == nil {
		l.keys = map[localKey]bool{}
	}
	l.keys[at] = true
}

// dropLocal deletes those keys whose time has come.
func (m *module) dropLocal(now int64) {
	l, ks := &m.up.local, m.srv.Keyspace()
	if l.len() == 0 {
		return
	}
	l.mu.Lock()
	all := make([]localKey, 0, len(l.keys))
	for at := range l.keys {
		all = append(all, at)
	}
	l.mu.Unlock()
	for _, at := range all {
		key := []byte(at.key)
		locks := keyspace.Locks(0).Add(ks.Hash(key))
		ks.Lock(locks)
		e := ks.DB(at.db).Find(key, now, keyspace.KeepExpired)
		gone := !e.OK() || e.Expire() == 0
		if !gone && e.Expired(now) {
			ks.DB(at.db).Find(key, now, keyspace.ForWrite) // deletes it
			gone = true
		}
		ks.Unlock(locks)
		if gone {
			l.mu.Lock()
			delete(l.keys, at)
			l.mu.Unlock()
		}
	}
}
