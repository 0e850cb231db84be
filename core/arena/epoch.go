package arena

import (
	"slices"
	"sync"
	"sync/atomic"
)

// Epoch numbers a snapshot. Numbers are never reused.
type Epoch uint64

// Epochs knows the live snapshots of one server. Freed memory that a live snapshot
// may still read is not reused until that snapshot ends; no blob carries a reference
// count for it. Instead a free made while snapshots live is stamped with the number
// of the newest one. The blob can only be visible to snapshots that began before the
// free, which are those with a number up to the stamp; so it is reusable as soon as
// the oldest live snapshot is younger than the stamp.
//
// Methods are safe for concurrent use. Begin must be called with every lock held that
// protects an arena of the pool: so a writer under its own lock sees Current and Live
// constant, and a snapshot sees no write half done.
type Epochs struct {
	current atomic.Uint64
	oldest  atomic.Uint64 // the oldest live snapshot, 0 for none

	mu   sync.Mutex
	live []uint64 // ascending
}

// Begin starts a snapshot and returns its number, which is from now on Current.
// Every Begin needs exactly one End.
func (e *Epochs) Begin() Epoch {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := e.current.Add(1)
	e.live = append(e.live, n)
	e.oldest.Store(e.live[0])
	return Epoch(n)
}

// End ends the snapshot n. The caller has stopped reading what it froze; no locks
// need be held. Ending a snapshot twice panics.
func (e *Epochs) End(n Epoch) {
	e.mu.Lock()
	defer e.mu.Unlock()
	i, found := slices.BinarySearch(e.live, uint64(n))
	if !found {
		panic("arena: End of a snapshot that is not live")
	}
	e.live = slices.Delete(e.live, i, i+1)
	if len(e.live) == 0 {
		e.oldest.Store(0)
	} else {
		e.oldest.Store(e.live[0])
	}
}

// Current is the number of the newest snapshot, live or ended, 0 before the first.
func (e *Epochs) Current() Epoch { return Epoch(e.current.Load()) }

// Live reports whether any snapshot is live. It is one atomic load.
func (e *Epochs) Live() bool { return e.oldest.Load() != 0 }

// ripe reports whether no live snapshot can see what was freed under stamp.
func (e *Epochs) ripe(stamp uint64) bool {
	o := e.oldest.Load()
	return o == 0 || o > stamp
}
