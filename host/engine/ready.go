package engine

import (
	"cmp"
	"slices"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// How a waiter is served: a key that somebody waits for has changed, the worker
// of the change puts it on its list, and retries those who wait before its locks go.

// changed is the hook for changed keys: a key that somebody waits for is put on
// the list of the worker whose command changed it.
func (b *blocking) changed(c *core.Ctx, ch core.Change) {
	if ch.Only() {
		return
	}
	at := waitKey{ch.DB, string(ch.Key)}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.keys[at] == nil {
		return
	}
	if c == nil {
		b.vanished(at)
	} else if w, ok := c.Exec.(*worker); ok {
		w.addReady(at)
	}
}

// addReady puts a key on the list of those whose waiters are to be served.
func (w *worker) addReady(at waitKey) {
	if !slices.Contains(w.ready[max(len(w.ready)-8, 0):], at) { // twice does no harm
		w.ready = append(w.ready, at)
	}
}

// vanished is for a key that was deleted by no command, because of its expiry
// or for lack of memory: some worker tells those that wait for that. mu is held.
func (b *blocking) vanished(at waitKey) {
	if b.keys[at].forEnd() {
		b.tellGone(at)
	}
}

// goneAgain is after how long what cannot be told of a vanished key is tried again.
const goneAgain = 10 * time.Millisecond

func (b *blocking) tellGone(at waitKey) {
	w := b.eng.workers[0]
	w.Post(func() {
		if !w.lock(keyspace.Locks(0).Add(b.eng.ks.Hash([]byte(at.key))), false) {
			time.AfterFunc(goneAgain, func() { b.tellGone(at) }) // a command takes long
			return
		}
		w.addReady(at)
		w.serveReady()
		w.unlockBatch()
	})
}

// swapped is the hook for two databases that have changed places: every key
// that is waited for in one of them may have come into being, or gone.
func (b *blocking) swapped(c *core.Ctx, one, other int) {
	b.allReady(c, func(at waitKey) bool { return at.db == one || at.db == other })
}

// flushed is the hook for databases that are about to be emptied.
func (b *blocking) flushed(c *core.Ctx, db int) {
	b.allReady(c, func(at waitKey) bool { return db < 0 || at.db == db })
}

// allReady puts keys on the list of the worker that executes c, in the order in
// which their first waiters blocked.
func (b *blocking) allReady(c *core.Ctx, which func(at waitKey) bool) {
	if c == nil {
		return
	}
	w, ok := c.Exec.(*worker)
	if !ok {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	old := len(w.ready)
	for at := range b.keys {
		if which(at) {
			w.ready = append(w.ready, at)
		}
	}
	slices.SortFunc(w.ready[old:], func(x, y waitKey) int { return cmp.Compare(b.keys[x].first(), b.keys[y].first()) })
}

// serveReady retries the waiters of the keys that the command just executed has
// changed, in the order in which they blocked, before anything else can touch
// the keys: what they need is locked (reach). What a retry changes may make other
// keys ready: they are served in the same loop.
func (w *worker) serveReady() {
	b := w.eng.blocked
	for len(w.ready) > 0 {
		at := w.ready[0]
		w.ready = slices.Delete(w.ready, 0, 1)
		key := []byte(at.key)
		var few [4]head
		t := b.begin(at, few[:])
		for x := b.claim(at, &t); x != nil; x = b.claim(at, &t) {
			b.retry(w, x, key)
		}
	}
}

// begin begins a pass over the waiters of a key, whose lock is held.
func (b *blocking) begin(at waitKey, room turn) turn {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.keys[at]
	if l == nil {
		return nil
	}
	return l.turn(room)
}

// claim finds the next waiter of a key that is worth a retry: when the key is gone, most are not. From now on
// nobody but the caller ends its wait. The key's lock is held.
func (b *blocking) claim(at waitKey, t *turn) *waiter {
	e := b.eng.ks.DB(at.db).Find([]byte(at.key), b.eng.clock.Load(), 0)
	b.mu.Lock()
	defer b.mu.Unlock()
	for w := t.next(); w != nil; w = t.next() {
		switch {
		case !e.OK() && !w.wait.Gone, e.OK() && w.wait.Wants != nil && !w.wait.Wants(e):
			t.pass(true)
		case w.state == serving:
			// By another worker, which has seen another key of it and may be
			// waiting for the lock of this one.
			w.again = append(w.again, at)
			t.pass(false)
		default:
			w.state = serving
			t.pass(false)
			return w
		}
	}
	return nil
}

// retry runs a claimed waiter's command again. Its locks are held.
func (b *blocking) retry(by *worker, w *waiter, key []byte) {
	c := b.context(w, by) // what it changes makes others ready on this worker
	by.serving = w
	if by.timing { // what the running command took is its own
		by.within.nanos += by.elapsed()
	}
	served, err := false, by.admitRetry(&c.Ctx) // rights and states may have changed
	permitted := err == nil
	if permitted {
		served, err = w.wait.Retry(&c.Ctx, key)
	}
	by.serving = nil
	if err != nil {
		c.Truncate(0)
		c.Error(errorText(err))
		served = true
	}
	if c.Dirty > 0 {
		by.stats.dirty += c.Dirty
	}
	if c.Feeds() {
		c.Feed()
	}
	if permitted {
		b.eng.registry.Hooks.Ran(&c.Ctx)
	}
	if !b.giveBack(by, w, served) {
		c.drop()
		return
	}
	done := core.Done{Failed: c.Errors() > 0, Ran: permitted}
	if by.timing && permitted {
		done.Nanos = by.elapsed()
	}
	by.record(w.cmd, &c.Ctx, done)
	// Through the mailbox even if it is a session of this worker: it goes on
	// when the running batch is done.
	made := by.breaks
	resume := func() {
		if b.eng.breaks() != made {
			w.s.Close(false, unsafeReply)
		}
		w.s.wrote = c.Dirty > 0
		b.resume(w, c)
	}
	if w.s.worker == by {
		by.note(resume)
	} else {
		w.s.worker.Post(resume)
	}
	for _, m := range c.TakeAfterReply() {
		w.s.DeliverMessage(m)
	}
}

// giveBack ends the claim of a waiter after its retry and reports whether to send its
// reply. What came too late counts if the retry has come to nothing.
func (b *blocking) giveBack(by *worker, w *waiter, served bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if served {
		b.remove(w)
		w.stopTimers()
		return true
	}
	w.state = waiting
	for _, at := range w.again {
		by.addReady(at)
	}
	w.again = nil
	if w.late != onTime {
		b.remove(w)
		if w.late == lateExpired {
			w.s.worker.Post(func() { b.wake(w, w.wait.Expired) })
		}
	}
	return false
}
