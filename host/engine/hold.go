package engine

import (
	"sync"
	"sync/atomic"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// heldKeys are the keys that clients may not write to for a while: a command that does so waits as
// in a pause. A command that has gone by admission when the hold begins still comes.
type heldKeys struct {
	shards atomic.Uint64 // of the keys
	mu     sync.Mutex
	keys   map[waitKey]int // how many hold it
}

// HoldKeys implements core.Execution.
func (eng *Engine) HoldKeys(db int, keys [][]byte) (release func()) {
	h := &eng.heldKeys
	names := make([]waitKey, 0, len(keys))
	for _, key := range keys {
		names = append(names, waitKey{db, string(key)})
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.keys == nil {
		h.keys = map[waitKey]int{}
	}
	for _, at := range names {
		h.keys[at]++
	}
	eng.holdingKeys()
	return func() {
		h.mu.Lock()
		for _, at := range names {
			if h.keys[at]--; h.keys[at] == 0 {
				delete(h.keys, at)
			}
		}
		eng.holdingKeys()
		h.mu.Unlock()
		eng.letGoOn()
	}
}

// holdingKeys puts in force what is held. heldKeys.mu is held.
func (eng *Engine) holdingKeys() {
	var shards keyspace.Locks
	for at := range eng.heldKeys.keys {
		shards = shards.Add(eng.ks.Hash([]byte(at.key)))
	}
	eng.heldKeys.shards.Store(uint64(shards))
	eng.setGuard(guardKeys, shards != 0)
}

// holds reports whether a command of s has to wait for a key. One that changes data wherever they are
// (SWAPDB) waits for all of them; a script only for keys that it declares.
func (h *heldKeys) holds(s *session, c *core.Ctx, flags core.Flags) bool {
	if s.InMulti && flags&core.NotQueued == 0 {
		return false // it is only queued
	}
	if flags&(core.Write|core.MayReplicate) == 0 || s.kind == core.ClientReplica || s.kind == core.ClientMaster {
		return false
	}
	locks := c.Cmd.LocksFor(c)
	if uint64(locks)&h.shards.Load() == 0 {
		return false
	}
	if c.Cmd.Flags&core.AllKeys != 0 && flags&core.Write != 0 && len(c.Cmd.Keys) == 0 {
		return true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.names(s.DB, c.Cmd, c.Args) {
		return true
	}
	found := false
	if c.Cmd.Calls != nil {
		own := *c
		own.Cmd.Calls(&own, func(cmd *core.Command, args [][]byte) bool {
			found = cmd.Flags&core.Write != 0 && h.names(s.DB, cmd, args)
			return !found
		})
	}
	return found
}

// names reports whether a call declares a key that is held. mu is held.
func (h *heldKeys) names(db int, cmd *core.Command, args [][]byte) bool {
	var few [16]core.KeyRef
	refs, err := cmd.AppendKeys(few[:0], args)
	if err != nil {
		return false // it will be refused
	}
	for _, r := range refs {
		if h.keys[waitKey{db, string(args[r.Index])}] > 0 {
			return true
		}
	}
	return false
}
