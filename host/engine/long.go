package engine

import (
	"errors"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// Commands that take long: scripts. They hold all shards, so nobody else gets at the
// data; but past busy-reply-threshold everybody is to be answered, on every loop,
// and those who may end them to be heard.
//
// A row with core.Long is watched. Its handler looks at a flag (Ctx.Overdue) that
// the watchdog raises at the threshold, and then calls Ctx.Yield now and again, which
// refuses most commands from now on (a guard) and every yieldEvery lets the others
// go on for a moment: its own loop by a turn of it in the handler's midst, with an
// executor of its own; the other loops, which may be waiting for locks, by telling
// them that they will not get them (keyspace.Lane).
//
// When it is time for that is Yield's to say, by the clock, and not the watchdog's: the
// runtime's timers are good for a millisecond, ten of them where there is one processor.

// longRun is a worker's note of the command with core.Long that it executes.
type longRun struct {
	seq     atomic.Uint64 // odd while there is one
	overdue atomic.Bool   // it is to yield, from now to its end
	yielded bool          // it has
	last    time.Time     // when, last
	session *session      // whose command it is, once it has yielded
}

// watchdog finds out who takes long, without a look at the clock by anybody who does
// not: it looks at the workers' notes now and then, and sleeps while there are none.
type watchdog struct {
	threshold *config.IntVar
	awake     atomic.Bool
	kick      chan struct{}
	quit      chan struct{}
	done      sync.WaitGroup

	busy  atomic.Pointer[error] // the answer to who is refused
	guard *core.Switch
	spare *executor      // for the loop of who yields; there is only one at a time
	mu    sync.Mutex     // of lane
	lane  *keyspace.Lane // for standstill
}

func (d *watchdog) declare(r *core.Registry) {
	d.kick = make(chan struct{}, 1)
	d.threshold = r.Config.Int(config.Param{
		Name: "busy-reply-threshold", Aliases: []string{"lua-time-limit"}, Section: "scripts", Default: "5000",
		Doc: "How many milliseconds a script may run before other clients are answered -BUSY, and SCRIPT KILL, FUNCTION KILL and SHUTDOWN NOSAVE may end it.",
	}, 0, math.MaxInt64)
	d.guard = r.Guard(core.Guard{
		Name: "busy", Order: core.GuardBusy, Spares: core.AllowBusy, Doors: core.At(core.TopLevel, core.InMulti, core.Retried),
		Why: func(*core.Ctx) error { return *d.busy.Load() },
	})
}

func (d *watchdog) begin(eng *Engine) {
	d.quit = make(chan struct{})
	d.done.Add(1)
	go d.run(eng)
}

func (d *watchdog) end() {
	if d.quit != nil {
		close(d.quit)
		d.done.Wait()
	}
}

const (
	watchIdle  = time.Second           // without anything to watch it goes to sleep
	watchEvery = 20 * time.Millisecond // how often it looks at most seldom

	// yieldEvery is how long others wait for an answer. A turn in which there is nothing to
	// do takes about a twentieth of it, from a script that is over its time already.
	yieldEvery = 100 * time.Microsecond
)

func (d *watchdog) run(eng *Engine) {
	defer d.done.Done()
	for {
		select {
		case <-d.quit:
			return
		case <-d.kick:
		}
		if !d.watch(eng) {
			return
		}
		d.awake.Store(false)
		for _, w := range eng.workers { // one may have begun just before that
			if w.long.seq.Load()%2 == 1 {
				d.wake()
			}
		}
	}
}

// watch looks at the workers until there has been nothing for a while; false means
// that the server ends.
func (d *watchdog) watch(eng *Engine) bool {
	seen := make([]sighting, len(eng.workers))
	for last := time.Now(); time.Since(last) < watchIdle; {
		now, wait := time.Now(), watchEvery
		for i, w := range eng.workers {
			if w.long.look(&seen[i], now, time.Duration(min(d.threshold.Load(), math.MaxInt64/int64(time.Millisecond)))*time.Millisecond, &wait) {
				last = now
			}
		}
		select {
		case <-d.quit:
			return false
		case <-time.After(max(wait, time.Millisecond)):
		}
	}
	return true
}

func (d *watchdog) wake() {
	if !d.awake.Swap(true) {
		select {
		case d.kick <- struct{}{}:
		default:
		}
	}
}

// sighting is when the watchdog has seen a command first.
type sighting struct {
	seq   uint64
	since time.Time
}

// look tells a command that has been there for long that it is overdue, lowers wait
// to when to look next, and reports whether there was any since the last look.
func (r *longRun) look(seen *sighting, now time.Time, threshold time.Duration, wait *time.Duration) bool {
	seq := r.seq.Load()
	if seq != seen.seq {
		*seen = sighting{seq, now}
		*wait = min(*wait, threshold)
		return true
	}
	if seq%2 == 0 {
		return false
	}
	left := threshold - now.Sub(seen.since)
	if left <= 0 {
		r.overdue.Store(true)
		return true
	}
	*wait = min(*wait, left)
	return true
}

// beginLong and endLong bracket a command with core.Long.
func (w *worker) beginLong() {
	w.long.overdue.Store(false)
	w.long.seq.Add(1)
	if !w.eng.watch.awake.Load() {
		w.eng.watch.wake()
	}
}

func (w *worker) endLong() {
	w.long.seq.Add(1)
	if !w.long.yielded {
		return
	}
	w.long.yielded = false
	w.eng.watch.guard.Set(false)
	if s := w.long.session; s != nil {
		w.long.session, s.running = nil, false
		s.link.WantRead(true)
		w.touch(s)
	}
}

// Overdue implements core.Executor.
func (w *worker) Overdue() *atomic.Bool { return &w.long.overdue }

var errStopping = errors.New("the server is stopping")

// Yield implements core.Executor. The worker's turn and lock are held, and those of
// all shards.
func (w *worker) Yield(busy error) error {
	if w.locked == keyspace.AllShards && w.outer == nil && time.Since(w.long.last) >= yieldEvery { // else it holds nobody up for long
		w.yield(busy)
		w.long.last = time.Now()
	}
	select {
	case <-w.eng.stopping:
		return errStopping
	default:
		return nil
	}
}

func (w *worker) yield(busy error) {
	d := &w.eng.watch
	if !w.long.yielded {
		w.long.yielded = true
		d.busy.Store(&busy)
		if s := w.ctx.Session; s != nil {
			if own, ok := s.Conn.(*session); ok {
				w.long.session, own.running = own, true
			}
		}
		d.guard.Set(true)
	}
	own := w.executor
	d.spare.outer, d.spare.ctx.Exec, d.spare.reply.by = own, w, w
	w.executor = d.spare
	w.lane.Yield(w.gap, w.pump)
	w.executor = own
}

// gapAlone lets others have the lock of a worker whose connections it reads itself.
func (w *worker) gapAlone() {
	w.mu.Unlock()
	runtime.Gosched()
	w.mu.Lock()
}

// gapShared lets the goroutines of connections have their turn.
func (w *worker) gapShared() {
	w.mu.Unlock()
	w.turn.Unlock()
	runtime.Gosched()
	w.turn.Lock()
	w.mu.Lock()
}
