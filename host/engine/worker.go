package engine

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/resp"
)

// worker executes the commands of the sessions that belong to it, one at a
// time. An epoll loop is a worker with a poller; connections that have a
// goroutine of their own (other systems) share workers too.
//
// mu is held while anyone looks at a session of the worker. A command with the
// flag AllSessions takes the mu of all workers, in order, for which its own
// worker has to let go of its mu first; turn is what keeps others from
// executing on the worker meanwhile.
//
// # Lock order
//
//  1. a worker's turn; nobody holds two
//  2. workers' mu, by ascending id
//  3. shard locks of the keyspace, by ascending index, all at once
//  4. everything else (mailboxes, the hooks of modules): leaves, under which
//     nothing further is locked
//
// Who wants an earlier lock gives up the later ones first.
type worker struct {
	turn sync.Mutex
	mu   sync.Mutex
	id   int
	eng  *Engine
	*executor
	lane     *keyspace.Lane     // the way to the shards' locks
	arrivals *keyspace.Arrivals // where large arguments are received
	next     *keyspace.Arrival  // what has been prepared for one that is expected
	long     longRun
	crowd    ClientFigures // of its sessions, when they were last looked at
	crowdAt  int64         // when that was, Unix milliseconds
	surveyed *Survey       // for the command that is running, and reused; nil before the first one

	sessions []*session
	touched  []*session // sessions with something to send or to close
	held     []*session // sessions held back by CLIENT PAUSE
	now      int64      // Unix milliseconds, read once per wake-up
	timing   bool       // commands are timed, as of the last wake-up
	broken   bool       // a panic has ended it, see rescue
	stats    workerStats
	dirty    atomic.Int64 // stats.dirty, for others
	waiting  []*session   // sessions whose replies a barrier holds
	making   []*session   // sessions with replies that are still to be made, or jobs to be done
	spent    []*core.Job  // jobs that are to be dropped
	breaks   uint64       // of barriers, when the worker woke up
	hasHeld  atomic.Bool  // there are some

	// wake makes the driver call deliver soon; safe from any goroutine.
	wake func()
	// gap and pump let others go on while a command takes long: see Yield. gap gives
	// the worker's locks away for a moment; pump does what there is to do, if the
	// worker can find out.
	gap  func()
	pump func()

	mailMu  sync.Mutex
	hasMail atomic.Bool
	inbox   []letter
}

// executor is what a worker needs for the command that it executes and for those
// that have been gathered behind it. A command that takes long keeps its own while
// the worker goes on with another one (long.go).
type executor struct {
	ctx     core.Ctx
	inner   []*core.Ctx // for commands within the running one, by depth
	depth   int         // how many of them are in use
	within  nested
	w       resp.Writer
	reply   reply // what there is no room for in w
	args    [][]byte
	batch   []request
	hashes  []uint64          // of the keys of those that share a batch
	members []keyspace.Member // of their values, that they are going to look up
	ready   []waitKey         // keys whose waiters are to be served after the running command
	serving *waiter           // the waiter whose command is being retried
	locked  keyspace.Locks    // shards locked by the running command
	full    bool              // the running batch is refused what takes memory
	stopped bool              // all workers stand still for the running command

	arriving   *session // whose bytes were read before the mail that is being delivered
	delivering bool     // the mail is being delivered
	reading    []letter // that is it: the other half of the double buffer

	outer *executor // of a command that takes long, in whose midst this one is at work
}

// newExecutor makes one with its number, which modules see as Ctx.Loop.
func (eng *Engine) newExecutor(id int) *executor {
	e := &executor{}
	e.reply.eng = eng
	e.w = resp.Writer{Buf: make([]byte, 0, 64<<10), Sink: &e.reply, Proto: 2}
	e.ctx = core.Ctx{Writer: &e.w, Server: eng.host, Hooks: eng.registry.Hooks, Loop: id}
	return e
}

// enter begins a batch of commands on the worker, leave ends it.
func (w *worker) enter() {
	w.turn.Lock()
	w.mu.Lock()
}

func (w *worker) leave() {
	w.publish()
	w.mu.Unlock()
	w.turn.Unlock()
}

// publish shows others how many changes the worker's commands have made.
func (w *worker) publish() {
	if n := w.stats.dirty; n != w.dirty.Load() {
		w.dirty.Store(n)
	}
}

// letter is something for a session from another goroutine.
type letter struct {
	to      *session
	bytes   []byte
	message *core.Message
	fn      func(*core.Session, *resp.Writer)
	run     func() // for the worker itself
}

func (w *worker) mail(l letter) {
	w.mailMu.Lock()
	first := len(w.inbox) == 0
	w.inbox = append(w.inbox, l)
	w.hasMail.Store(true)
	w.mailMu.Unlock()
	if first {
		w.wake()
	}
}

// note is mail from the worker to itself: it is looked after before the batch
// that runs now is settled, and nobody need be woken.
func (w *worker) note(fn func()) {
	w.mailMu.Lock()
	w.inbox = append(w.inbox, letter{run: fn})
	w.hasMail.Store(true)
	w.mailMu.Unlock()
}

// deliver takes the letters out of the mailbox. The lock is held.
func (w *worker) deliver() {
	if w.delivering { // a command that the mail has let go on: the rest of it comes first
		return
	}
	w.delivering = true
	defer func() { w.delivering = false }()
	if w.outer != nil { // what a command that takes long has come in the midst of
		w.deliverAll(w.outer.reading)
	}
	w.mailMu.Lock()
	w.inbox, w.reading = w.reading[:0], w.inbox
	w.hasMail.Store(false)
	w.mailMu.Unlock()
	w.deliverAll(w.reading)
}

// deliverAll delivers letters, and empties each before anything else happens.
func (w *worker) deliverAll(letters []letter) {
	for i := range letters {
		l := letters[i]
		letters[i] = letter{}
		switch {
		case l.run != nil:
			l.run()
		case l.to == nil: // it was taken, see TakeMessages
		case l.to.closing == closed:
		case l.fn != nil:
			tmp := resp.Writer{Proto: l.to.Proto}
			l.fn(&l.to.Session, &tmp)
			l.to.queue(tmp.Buf, true)
			w.touch(l.to)
		case l.message != nil:
			l.to.queue(l.message.For(l.to.Proto), true)
			w.touch(l.to)
		default:
			l.to.queue(l.bytes, true)
			w.touch(l.to)
		}
	}
}

// touch puts a session on the list of those to flush.
func (w *worker) touch(s *session) {
	if !s.dirty {
		s.dirty = true
		w.touched = append(w.touched, s)
	}
}

// flushTouched sends what is pending and closes what is to be closed. The lock
// is held.
func (w *worker) flushTouched() {
	for i := 0; i < len(w.touched); i++ { // the list may grow meanwhile
		s := w.touched[i]
		w.touched[i] = nil
		s.dirty = false
		w.flush(s)
	}
	w.touched = w.touched[:0]
}

// settle ends a turn: it delivers the mail and sends what is pending, until both
// are empty. The lock is held.
func (w *worker) settle() {
	stuck := false
	if len(w.making)+len(w.spent) > 0 {
		stuck = !w.work()
	}
	for {
		w.eng.registry.Hooks.Turn(w.id) // again after the mail, with which commands may have come
		if !w.hasMail.Load() && len(w.touched) == 0 {
			break
		}
		w.deliver()
		w.flushTouched()
	}
	if len(w.making) > 0 && !stuck {
		w.wake() // for the next piece, after whoever has something to say
	}
}

// flush sends what a session has pending and ends it if that is due.
func (w *worker) flush(s *session) {
	if s.closing == closed || s.running {
		return
	}
	if s.closing != closeNow && s.heldAt != nil {
		return
	}
	if s.closing != closeNow && (s.pending.Bytes() > 0 || s.source != nil) {
		if more, err := s.send(); err != nil {
			s.closing, s.reason = closeNow, err.Error()
		} else {
			s.link.WantWrite(more)
		}
	}
	if s.closing != closeNow {
		w.checkOutput(s, 0)
	}
	w.weigh(s)
	if s.closing == closeNow || s.closing == closeAfter && s.pending.Empty() {
		w.end(s)
	}
}

// flushAll is flush as far as the connection takes it, whoever has to wait.
func (w *worker) flushAll(s *session) {
	for left := -1; s.closing != closed && s.pending.Bytes() != left; {
		left = s.pending.Bytes()
		w.flush(s)
	}
}

// begin takes a new session in. The lock is held.
func (w *worker) begin(s *session) {
	s.index = len(w.sessions)
	w.sessions = append(w.sessions, s)
	w.eng.registry.Hooks.Opened(&s.Session)
}

// end closes a session's connection and forgets it. The lock is held.
func (w *worker) end(s *session) {
	if s.closing == closed {
		return
	}
	s.closing = closed
	w.weigh(s)
	w.spend(s)
	if s.wait != nil {
		w.eng.blocked.cancel(s.wait, lateClosed)
		s.wait = nil
	}
	last := len(w.sessions) - 1
	w.sessions[s.index] = w.sessions[last]
	w.sessions[s.index].index = s.index
	w.sessions[last] = nil
	w.sessions = w.sessions[:last]
	s.source = nil
	w.eng.registry.Hooks.Closed(&s.Session)
	w.eng.clients.Add(-1)
	w.eng.log.Debug("client closed", "id", s.ID, "addr", s.Addr, "reason", s.reason)
	s.link.Close()
	s.parser.release()
	s.query = nil
	s.pending.Drop(w.eng.buffers)
}

// endAll ends every session, after what is still to be said as far as the
// connection takes it at once. The lock is held.
func (w *worker) endAll() {
	for len(w.sessions) > 0 {
		s := w.sessions[0]
		w.flushAll(s)
		if s.closing != closed {
			s.reason = "server shutdown"
			w.end(s)
		}
	}
	w.endJobs()
	w.forget()
}

// arrived takes in what was just read of a session, as received does, but first the
// mail: what a message tells of may have been acknowledged to whoever did it before
// the session sent what was read, and then its replies come after the message. The
// lock is held.
func (w *worker) arrived(s *session, fresh []byte) {
	if w.hasMail.Load() {
		w.arriving = s // it goes on below, not when the mail ends its wait
		w.deliver()
		w.arriving = nil
		if s.closing == closed {
			return
		}
	}
	w.received(s, fresh)
}

// proceed goes on with the requests that a session has sent while it was
// blocked or paused. The lock is held.
func (w *worker) proceed(s *session) {
	if s != w.arriving && !s.running && len(s.query) > 0 && s.closing == open && s.heldAt == nil && !s.busy() {
		w.received(s, nil)
		w.finish(s)
	}
}

// holdBack parks a session until the end of a pause.
func (w *worker) holdBack(s *session) {
	s.paused = true
	w.held = queueUp(w.held, s)
}

// queueUp puts s at the end of a list of sessions that wait. Those that end do not
// leave it by themselves: they are thrown out before it would grow, so that those
// who come and go do not make it long.
func queueUp(list []*session, s *session) []*session {
	if len(list) == cap(list) {
		list = slices.DeleteFunc(list, func(s *session) bool { return s.closing == closed })
	}
	return append(list, s)
}

// unpause lets the sessions held back go on. The lock is held.
func (w *worker) unpause() {
	held := w.held
	w.held = nil
	for _, s := range held {
		s.paused = false
		w.proceed(s)
	}
}

// wakeIfTouched makes the driver look after sessions that somebody else has
// given something to send or to close.
func (w *worker) wakeIfTouched() {
	if len(w.touched) > 0 {
		w.wake()
	}
}

// tick refreshes the worker's clocks, once for a batch of commands.
func (w *worker) tick() {
	now := time.Now()
	w.now = now.UnixMilli() + w.eng.ahead.Load()
	w.eng.clock.Store(w.now)
	w.timing = w.eng.params.statsEnabled.Load() || w.eng.registry.Hooks.Following()
	w.stats.lastClock = int64(now.Sub(w.eng.start))
	w.breaks = w.eng.breaks()
}
