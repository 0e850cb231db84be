package engine

import (
	"math"
	"sync"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/resp"
)

// waiter is a session parked by Ctx.Block. Its session may belong to another
// worker than the one that serves it, so it carries copies of all that the
// retry needs.
type waiter struct {
	s      *session
	cmd    *core.Command
	args   [][]byte
	keys   [][]byte
	wait   core.Wait
	db     int
	proto  int
	locks  keyspace.Locks // that its command needs
	shards keyspace.Locks // of its keys
	timer  *time.Timer    // of the deadline
	due    *time.Timer    // of Wait.Due
	order  uint64         // the order of blocking, over all keys

	// Guarded by blocking.mu.
	state waitState
	late  lateness  // what has come while it was being served
	again []waitKey // keys that have become ready meanwhile
}

// waitState is how far a waiter is.
type waitState uint8

const (
	waiting waitState = iota
	serving           // a worker is retrying its command: nobody else may end the wait
	done
)

// lateness is an end of a wait that has to give way to a retry under way: what
// the retry takes out of a key must not be lost to a deadline.
type lateness uint8

const (
	onTime lateness = iota
	lateExpired
	lateClosed
)

type waitKey struct {
	db  int
	key string
}

// blocking knows the waiters of every key, in order of blocking. A waiter is
// registered while the shards of its keys are locked, so no write can slip in
// between the look that found nothing and the registration.
type blocking struct {
	eng    *Engine
	sw     *core.Switch // on while anyone waits for a key
	mu     sync.Mutex
	keys   map[waitKey]*line
	n      int
	nextID uint64
	_      [64]byte // every command looks at what follows, those that wait write what is above
	reach  reach
}

func newBlocking(eng *Engine, r *core.Registry) *blocking {
	b := &blocking{eng: eng, keys: map[waitKey]*line{}}
	b.sw = r.OnChange(b.changed)
	r.OnSwap(b.swapped)
	r.OnFlush(b.flushed)
	return b
}

// prepare makes the waiter for a command that asked to block. The locks of its
// keys are held.
func (b *blocking) prepare(s *session, c *core.Ctx, locks keyspace.Locks) *waiter {
	w := &waiter{s: s, cmd: c.Cmd, wait: *c.Waiting, db: c.DB.Index(), proto: s.Proto, locks: locks}
	for _, a := range c.Args {
		w.args = append(w.args, append([]byte(nil), a...))
	}
	for _, k := range c.Waiting.Keys {
		w.keys = append(w.keys, append([]byte(nil), k...))
		w.shards = w.shards.Add(b.eng.ks.Hash(k))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.nextID++
	w.order = b.nextID
	for _, k := range w.keys {
		at := waitKey{w.db, string(k)}
		l := b.keys[at]
		if l == nil {
			l = &line{}
			b.keys[at] = l
		}
		l.add(w)
	}
	b.reach.add(w.shards, w.locks, 1)
	b.n++
	b.sw.Set(true)
	return w
}

// park blocks the session. Its worker's lock is held.
func (b *blocking) park(w *waiter) {
	w.s.wait = w
	if w.wait.Parked != nil {
		by := w.s.worker
		w.wait.Parked(func() { by.Post(func() { b.expire(w) }) })
	}
	if w.wait.Deadline != 0 {
		w.timer = b.at(w.wait.Deadline, w, b.expire)
	}
	b.planLook(w)
}

// at runs fn on the worker of a waiter's session at a time, in Unix milliseconds.
func (b *blocking) at(ms int64, w *waiter, fn func(*waiter)) *time.Timer {
	// A timer can be set for 292 years ahead, a deadline for more.
	after := min(ms-b.eng.ReadClock(), math.MaxInt64/int64(time.Millisecond))
	return time.AfterFunc(time.Duration(after)*time.Millisecond, func() { w.s.worker.Post(func() { fn(w) }) })
}

// planLook sees that the keys of a waiter with Wait.Due are looked at when it is time. The
// keys' locks are held, and that of the session's worker.
func (b *blocking) planLook(w *waiter) {
	if w.wait.Due == nil {
		return
	}
	first := int64(math.MaxInt64)
	for _, k := range w.keys {
		if e := b.eng.ks.DB(w.db).Find(k, b.eng.clock.Load(), 0); e.OK() {
			if at := w.wait.Due(e); at != 0 {
				first = min(first, at)
			}
		}
	}
	if first != math.MaxInt64 {
		w.due = b.at(first, w, b.lookAgain)
	}
}

// lookAgain serves the waiters of those of a waiter's keys that have become what it waits
// for by the passing of time, in their order. The lock of its session's worker is held.
func (b *blocking) lookAgain(w *waiter) {
	by := w.s.worker
	if !b.waits(w) {
		return
	}
	if !by.lock(w.shards, false) {
		w.due = b.at(b.eng.ReadClock()+goneAgain.Milliseconds(), w, b.lookAgain) // a command takes long
		return
	}
	for _, k := range w.keys {
		if e := b.eng.ks.DB(w.db).Find(k, b.eng.clock.Load(), 0); e.OK() && (w.wait.Wants == nil || w.wait.Wants(e)) {
			by.addReady(waitKey{w.db, string(k)})
		}
	}
	by.serveReady()
	if b.waits(w) {
		b.planLook(w)
	}
	by.unlockBatch()
}

// waits reports whether a waiter's wait has not ended yet.
func (b *blocking) waits(w *waiter) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return w.state != done
}

// remove takes a waiter off its keys. mu is held.
func (b *blocking) remove(w *waiter) {
	w.state = done
	b.reach.add(w.shards, w.locks, -1)
	for _, k := range w.keys {
		at := waitKey{w.db, string(k)}
		if l := b.keys[at]; l != nil { // the same key twice
			if l.remove(w); l.n == 0 {
				delete(b.keys, at)
			}
		}
	}
	b.n--
	b.sw.Set(b.n > 0)
}

// cancel ends a wait from the side of the session and reports whether it could:
// not if its retry is under way, which is told what has come too late, or was
// successful before.
func (b *blocking) cancel(w *waiter, late lateness) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch w.state {
	case serving:
		w.late = max(w.late, late)
		return false
	case done:
		return false
	}
	b.remove(w)
	w.stopTimers()
	return true
}

func (w *waiter) stopTimers() {
	for _, t := range [...]*time.Timer{w.timer, w.due} {
		if t != nil {
			t.Stop()
		}
	}
}

// count returns the number of waiting sessions.
func (b *blocking) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.n
}

// keysOf returns for how many keys anybody waits, and for the end of how many.
func (b *blocking) keysOf() (all, onNoKey int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range b.keys {
		if l.forEnd() {
			onNoKey++
		}
	}
	return len(b.keys), onNoKey
}

// expire ends a wait whose deadline has passed; it runs on the session's worker.
func (b *blocking) expire(w *waiter) {
	if b.cancel(w, lateExpired) {
		b.wake(w, w.wait.Expired)
	}
}

// unblock ends a wait, all workers standing still: as its deadline would, or with an
// error.
func (b *blocking) unblock(w *waiter, with error) bool {
	if w.wait.Firm || !b.cancel(w, onTime) {
		return false
	}
	b.wake(w, func(c *core.Ctx) {
		if with != nil {
			c.Error(errorText(with))
			return
		}
		w.wait.Expired(c)
	})
	return true
}

// wake writes a waiter's reply and lets its session go on, soon. The lock of its
// worker is held.
func (b *blocking) wake(w *waiter, reply func(c *core.Ctx)) {
	c := b.context(w, w.s.worker)
	reply(&c.Ctx)
	if c.Dirty > 0 { // somebody else has changed that for the client
		b.eng.registry.Hooks.Ran(&c.Ctx)
		w.s.wrote = true
	}
	w.s.worker.record(w.cmd, &c.Ctx, core.Done{Failed: c.Errors() > 0, Ran: true})
	w.s.worker.Post(func() { b.resume(w, c) })
}

// context is a call like the one that blocked, executed by a worker, which is that
// of the session or not.
func (b *blocking) context(w *waiter, by *worker) *call {
	c := &call{sink: reply{eng: b.eng, s: w.s, by: by}}
	c.out = resp.Writer{Proto: w.proto, Sink: &c.sink}
	c.Ctx = core.Ctx{
		Writer: &c.out, DB: b.eng.ks.DB(w.db), Session: &w.s.Session,
		Server: b.eng.host, Now: b.eng.ReadClock(), Locks: w.locks, Hooks: b.eng.registry.Hooks, Exec: by, Loop: by.id,
	}
	c.Reset(w.cmd, w.args)
	return c
}

// resume sends a reply and goes on with what the session has sent meanwhile.
// The lock of its worker is held.
func (b *blocking) resume(w *waiter, c *call) {
	s := w.s
	if s.closing == closed {
		c.drop()
		return
	}
	s.wait = nil
	switch {
	case s.Reply != core.ReplyOn:
		c.drop()
	case c.out.Sunk():
		s.worker.collect(s, &c.out, &c.sink)
	default:
		s.queue(c.Buf, true)
	}
	s.worker.touch(s)
	s.worker.proceed(s)
}
