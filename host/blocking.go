package host

import (
	"cmp"
	"slices"
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
	s     *session
	cmd   *core.Command
	args  [][]byte
	keys  [][]byte
	wait  core.Wait
	db    int
	proto int
	locks keyspace.Locks
	timer *time.Timer
	order uint64 // the order of blocking, over all keys
	done  bool   // guarded by blocking.mu
	ready bool   // on some worker's list of those to serve; guarded by blocking.mu
	key   []byte // the key that made it ready; guarded by blocking.mu
}

type waitKey struct {
	db  int
	key string
}

// blocking knows the waiters of every key, in order of blocking. A waiter is
// registered while the shards of its keys are locked, so no write can slip in
// between the look that found nothing and the registration.
type blocking struct {
	srv    *Server
	sw     *core.Switch // on while anyone waits for a key
	mu     sync.Mutex
	keys   map[waitKey][]*waiter
	n      int
	nextID uint64
}

func newBlocking(srv *Server) *blocking {
	b := &blocking{srv: srv, keys: map[waitKey][]*waiter{}}
	b.sw = srv.registry.OnChange(b.changed)
	srv.registry.OnSwap(b.swapped)
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
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.nextID++
	w.order = b.nextID
	for _, k := range w.keys {
		at := waitKey{w.db, string(k)}
		b.keys[at] = append(b.keys[at], w)
	}
	b.n++
	b.sw.Set(true)
	return w
}

// park blocks the session. Its worker's lock is held.
func (b *blocking) park(w *waiter) {
	w.s.wait = w
	if w.wait.Deadline == 0 {
		return
	}
	after := time.Duration(w.wait.Deadline-b.srv.readClock()) * time.Millisecond
	w.timer = time.AfterFunc(after, func() { w.s.worker.post(func() { b.expire(w) }) })
}

// remove takes a waiter off its keys. It reports false if that was done before.
// mu is held.
func (b *blocking) remove(w *waiter) bool {
	if w.done {
		return false
	}
	w.done = true
	for _, k := range w.keys {
		at := waitKey{w.db, string(k)}
		list := b.keys[at]
		for i, x := range list {
			if x == w {
				list = append(list[:i:i], list[i+1:]...)
				break
			}
		}
		if len(list) == 0 {
			delete(b.keys, at)
		} else {
			b.keys[at] = list
		}
	}
	b.n--
	b.sw.Set(b.n > 0)
	return true
}

// cancel forgets a waiter whose session ends or is unblocked.
func (b *blocking) cancel(w *waiter) bool {
	b.mu.Lock()
	ok := b.remove(w)
	b.mu.Unlock()
	if w.timer != nil {
		w.timer.Stop()
	}
	return ok
}

// count returns the number of waiting sessions.
func (b *blocking) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.n
}

// expire ends a wait whose deadline has passed; it runs on the session's worker.
func (b *blocking) expire(w *waiter) {
	if b.cancel(w) {
		b.wake(w, func(c *core.Ctx) { w.wait.Expired(c) })
	}
}

// unblock ends a wait for CLIENT UNBLOCK, all workers standing still.
func (b *blocking) unblock(w *waiter, withError bool) bool {
	if !b.cancel(w) {
		return false
	}
	b.wake(w, func(c *core.Ctx) {
		if withError {
			c.Error(core.ErrUnblocked.Error())
			return
		}
		w.wait.Expired(c)
	})
	return true
}

// wake writes a waiter's reply and lets its session go on, soon.
func (b *blocking) wake(w *waiter, reply func(c *core.Ctx)) {
	c := b.context(w)
	reply(c)
	w.s.worker.post(func() { b.resume(w, c.Buf) })
}

// context is a call like the one that blocked.
func (b *blocking) context(w *waiter) *core.Ctx {
	c := &core.Ctx{
		Writer: &resp.Writer{Proto: w.proto}, DB: b.srv.ks.DB(w.db), Session: &w.s.Session,
		Server: b.srv, Now: b.srv.readClock(), Locks: w.locks, Hooks: b.srv.registry.Hooks, Exec: w.s.worker,
	}
	c.Reset(w.cmd, w.args)
	return c
}

// resume sends a reply and goes on with what the session has sent meanwhile.
// The lock of its worker is held.
func (b *blocking) resume(w *waiter, reply []byte) {
	s := w.s
	if s.closing == closed {
		return
	}
	s.wait = nil
	if s.Reply == core.ReplyOn {
		s.queue(reply, true)
	}
	s.worker.touch(s)
	s.worker.proceed(s)
}

// changed is the hook for changed keys: waiters of the key are put on the list
// of the worker whose command changed it.
func (b *blocking) changed(c *core.Ctx, ch core.Change) {
	if c == nil {
		return
	}
	w, ok := c.Exec.(*worker)
	if !ok {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	makeReady(w, b.keys[waitKey{ch.DB, string(ch.Key)}], ch.Key)
}

// makeReady puts the waiters of a key on w's list. mu is held.
func makeReady(w *worker, waiters []*waiter, key []byte) {
	for _, x := range waiters {
		if !x.ready {
			x.ready = true
			x.key = append(x.key[:0], key...)
			w.ready = append(w.ready, x)
		}
	}
}

// swapped is the hook for two databases that have changed places: every key
// that is waited for in one of them may have come into being.
func (b *blocking) swapped(c *core.Ctx, one, other int) {
	w, ok := c.Exec.(*worker)
	if !ok {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	from := len(w.ready)
	for at, waiters := range b.keys {
		if at.db == one || at.db == other {
			makeReady(w, waiters, []byte(at.key))
		}
	}
	slices.SortFunc(w.ready[from:], func(x, y *waiter) int { return cmp.Compare(x.order, y.order) })
}

// serveReady retries the waiters that the command just executed has made
// ready, in the order in which they blocked, before anything else can touch the
// keys. held are the locks that the command holds; the result are those held
// afterwards. A waiter that needs more of them makes the worker let go of all
// and take the union, in order. What a retry changes may make others ready:
// they are served in the same loop.
func (w *worker) serveReady(held keyspace.Locks) keyspace.Locks {
	b := w.srv.blocked
	for len(w.ready) > 0 {
		x := w.ready[0]
		w.ready = append(w.ready[:0], w.ready[1:]...)
		if x.locks&^held != 0 {
			w.locked = 0
			w.srv.ks.Unlock(held)
			held |= x.locks
			w.srv.ks.Lock(held)
			w.locked = held
		}
		b.mu.Lock()
		x.ready = false
		done, key := x.done, x.key
		b.mu.Unlock()
		if !done {
			b.retry(w, x, key)
		}
	}
	return held
}

// retry runs a waiter's command again. Its locks are held.
func (b *blocking) retry(by *worker, w *waiter, key []byte) {
	c := b.context(w)
	c.Exec = by // what it changes makes others ready on this worker
	by.serving = w
	served, err := w.wait.Retry(c, key)
	by.serving = nil
	if err != nil {
		c.Buf = c.Buf[:0]
		c.Error(errorText(err))
		served = true
	}
	if c.Dirty > 0 {
		by.stats.dirty += c.Dirty
		c.Feed()
	}
	if !served || !b.cancel(w) {
		return
	}
	// Through the mailbox even if it is a session of this worker: it goes on
	// when the running batch is done.
	w.s.worker.post(func() { b.resume(w, c.Buf) })
}
