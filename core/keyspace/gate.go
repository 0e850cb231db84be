package keyspace

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

// The gate stands before the shards' locks. Whoever wants some of them goes
// through it beside others; whoever wants many of them goes through it alone, and
// then takes none: to raise one flag costs a twentieth of 64 locks.
//
// It is a reader-writer lock whose readers are spread: each executor of commands
// has a Lane with a line of the cache to itself, in which it notes that it is
// inside, and then looks whether somebody wants to be alone. Who wants that holds
// mu, raises the flag, and waits until no lane is inside. Both sides write first
// and read then, so one of them sees the other. Going in beside others costs a
// write to memory that no other core wants, going in alone a look at each lane.
//
// The gate comes before the locks of the shards, and like these it is taken once:
// nobody who is inside goes in again.
type gate struct {
	_      [64]byte
	alone  atomic.Bool   // somebody is in alone, or waits for the others to leave
	_      [64]byte      // everybody looks at it, those who change what follows are few
	guests atomic.Int32  // how many of those who have no lane are inside
	long   atomic.Bool   // who is in alone takes long; changed with mu held
	mu     sync.Mutex    // of who is in alone, and of those who queue up behind
	over   sync.Cond     // over mu: long has become false
	left   chan struct{} // a token for who waits for the others to leave
	lanes  []*Lane
	_      [64]byte
}

func (g *gate) init() {
	g.over.L = &g.mu
	g.left = make(chan struct{}, 1)
}

// aloneFrom is how many shards one must want to be let in alone: from here on
// their locks cost more than keeping out the few that would not be in the way.
const aloneFrom = 16

// alone reports whether a set of locks is taken by being alone.
func (l Locks) alone() bool { return bits.OnesCount64(uint64(l)) >= aloneFrom }

// queue takes mu behind whoever is in alone.
func (g *gate) queue() {
	g.mu.Lock()
	for g.long.Load() {
		g.over.Wait()
	}
}

// enterAlone makes its caller, who holds mu, the only one inside.
func (g *gate) enterAlone() {
	g.alone.Store(true)
	for g.occupied() {
		<-g.left
	}
}

func (g *gate) leaveAlone() {
	g.alone.Store(false)
	if g.long.Load() {
		g.long.Store(false)
		g.over.Broadcast()
	}
	g.mu.Unlock()
}

func (g *gate) occupied() bool {
	for _, l := range g.lanes {
		if l.inside.Load() {
			return true
		}
	}
	return g.guests.Load() != 0
}

// tell wakes up who waits for the others to leave; the caller has left.
func (g *gate) tell() {
	if g.alone.Load() {
		select {
		case g.left <- struct{}{}:
		default: // there is a token already, and it is looked around after each
		}
	}
}

// enterGuest lets somebody without a lane in beside others.
func (g *gate) enterGuest() {
	g.guests.Add(1)
	if !g.alone.Load() {
		return
	}
	g.leaveGuest()
	g.queue() // who holds mu keeps those out who would raise the flag
	g.guests.Add(1)
	g.mu.Unlock()
}

func (g *gate) leaveGuest() {
	g.guests.Add(-1)
	g.tell()
}

// Lane is the way of an executor of commands to the locks: cheaper than that of
// Keyspace.Lock, and with more to it. It is for one goroutine at a time.
type Lane struct {
	_      [64]byte
	inside atomic.Bool
	_      [63]byte
	ks     *Keyspace
	parked atomic.Bool // its executor waits for mu, or is about to
	free   bool        // whoever uses the lane is in alone already, however it locks
}

// NewLane makes a lane. All are made before any of them is used.
func (ks *Keyspace) NewLane() *Lane {
	l := &Lane{ks: ks}
	ks.gate.lanes = append(ks.gate.lanes, l)
	return l
}

// Lock is Keyspace.Lock.
func (l *Lane) Lock(set Locks) { l.lock(set, true) }

// LockUnlessLong is Lock, but it gives up and returns false, having locked nothing,
// if somebody holds all locks and takes long over it (Yield).
func (l *Lane) LockUnlessLong(set Locks) bool { return l.lock(set, false) }

func (l *Lane) lock(set Locks, patient bool) bool {
	switch g := &l.ks.gate; {
	case set == 0 || l.free:
	case set.alone():
		if !l.queue(patient) {
			return false
		}
		g.enterAlone()
	default:
		if !l.enter() {
			if !l.queue(patient) {
				return false
			}
			l.inside.Store(true)
			g.mu.Unlock()
		}
		l.ks.lockShards(set)
	}
	return true
}

// Unlock releases what was locked.
func (l *Lane) Unlock(set Locks) {
	switch {
	case set == 0 || l.free:
	case set.alone():
		l.ks.gate.leaveAlone()
	default:
		l.ks.unlockShards(set)
		l.leave()
	}
}

// enter goes in beside others, unless somebody is alone there, or wants to be.
func (l *Lane) enter() bool {
	l.inside.Store(true)
	if !l.ks.gate.alone.Load() {
		return true
	}
	l.leave()
	return false
}

func (l *Lane) leave() {
	l.inside.Store(false)
	l.ks.gate.tell()
}

// queue takes the gate's mu; one who is not patient does not wait for what takes
// long.
func (l *Lane) queue(patient bool) bool {
	g := &l.ks.gate
	if !patient && g.long.Load() {
		return false
	}
	l.parked.Store(true)
	defer l.parked.Store(false)
	if patient {
		g.queue()
		return true
	}
	g.mu.Lock()
	if g.long.Load() {
		g.mu.Unlock()
		return false
	}
	return true
}

// Yield is for an executor that holds all locks and takes long. Those who wait at
// the gate are told so, now and from now on until the locks are released: they do
// something else then, or Visit. between is run while they are let in, and may let
// go of locks that come before the gate and take them again; then fn is run, which
// may lock through the lane what it likes: it is alone. Who has waited for more than
// a millisecond is let in before Yield returns (see sync.Mutex).
func (l *Lane) Yield(between, fn func()) {
	g := &l.ks.gate
	g.long.Store(true)
	g.mu.Unlock()
	between()
	g.mu.Lock()
	l.visit(fn)
}

// Visit runs fn during a Yield of who takes long, alone, whatever it locks
// through the lane; its own lane is free of locks. It waits for the next Yield.
// False means that nobody takes long (any more): fn was not run.
func (l *Lane) Visit(fn func()) bool {
	g := &l.ks.gate
	l.parked.Store(true)
	g.mu.Lock()
	l.parked.Store(false)
	defer g.mu.Unlock()
	if !g.long.Load() {
		return false
	}
	l.visit(fn)
	return true
}

// Parked reports whether the lane's executor stands still at the gate, or is about to.
// For who holds all locks, it does so until they are released or Yield is called.
func (l *Lane) Parked() bool { return l.parked.Load() }

func (l *Lane) visit(fn func()) {
	l.free = true
	defer func() { l.free = false }()
	fn()
}
