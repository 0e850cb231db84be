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
// A snapshot is of all arenas (Begin) or of one (Arena.Begin): writers of the others
// need not know of it. So each arena has an Epoch of its own, the newest snapshot that
// it takes part in, which stamps what is made in it. Where data pass from one arena to
// another, this one takes part in what the first one does (Arena.Join).
//
// Methods are safe for concurrent use. Begin must be called with every lock held that
// protects an arena of the pool: so a writer under its own lock sees its arena's Epoch
// constant, and a snapshot sees no write half done. What is live may end at any time.
type Epochs struct {
	all    atomic.Uint64 // the newest snapshot of all arenas
	oldest atomic.Uint64 // the oldest live snapshot, 0 for none

	mu    sync.Mutex
	count uint64
	live  []uint64 // ascending
}

// Begin starts a snapshot of all arenas and returns its number, which is from now on
// their Epoch. Every Begin needs exactly one End.
func (e *Epochs) Begin() Epoch {
	n := e.begin()
	e.all.Store(n)
	return Epoch(n)
}

func (e *Epochs) begin() uint64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.count++
	e.live = append(e.live, e.count)
	e.oldest.Store(e.live[0])
	return e.count
}

// Begin starts a snapshot of the arena alone, and of what others' blobs there are among
// its data; see Epochs. The arena's lock is held. The snapshot is to be ended once.
func (a *Arena) Begin() Epoch {
	a.seen = a.epochs.begin()
	return Epoch(a.seen)
}

// Join makes the arena take part in the snapshots that another one takes part in, whose
// data it is about to get. The locks of both are held.
func (a *Arena) Join(from *Arena) { a.seen = max(a.seen, from.seen) }

// Epoch is the newest snapshot that the arena has taken part in, live or ended, 0 before
// the first.
func (a *Arena) Epoch() Epoch { return Epoch(max(a.seen, a.epochs.all.Load())) }

// Live reports whether any snapshot that the arena takes part in is live, or perhaps one
// that it does not. It is mostly one atomic load.
func (a *Arena) Live() bool {
	o := a.epochs.oldest.Load()
	return o != 0 && o <= uint64(a.Epoch())
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

// ripe reports whether no live snapshot can see what was freed under stamp.
func (e *Epochs) ripe(stamp uint64) bool {
	o := e.oldest.Load()
	return o == 0 || o > stamp
}
