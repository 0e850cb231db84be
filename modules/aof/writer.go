package aof

import (
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
)

// What is fed to the log goes into a buffer, under the locks of the write. One
// goroutine takes it from there to the file. Nobody else waits for the
// disk: where replies must not leave before the log is safe, the barrier holds
// them. The exception is the loop of a client that writes alone (lone.go).
//
// Positions count all bytes ever fed; the barrier's are the same.

// file is what the log is written to: an *os.File.
type file interface {
	io.Writer
	Sync() error
	Truncate(size int64) error
	Close() error
}

// output is an open file of the log. It is used with writer.work held.
type output struct {
	f       file
	size    int64 // of the file
	settled int64 // of its part that is not in writer.pending any more
	dirty   bool  // there is something that was not synced
}

// part is a piece of the log for one file.
type part struct {
	out  *output // nil to forget it
	data []byte
	done int    // how much of it is in the file
	held func() // gives the data back, which are somebody else's; nil if they are the log's
}

// piece is bytes to be logged: with a release they are not copied, and stay as they are
// until it is called.
type piece struct {
	data    []byte
	release func()
}

// syncing is how often the log is synced.
type syncing int

const (
	syncEverySecond syncing = iota
	syncAlways
	syncNever
)

// policy is what the parameters say at the moment.
type policy struct {
	sync  syncing
	pause bool // nothing is synced for now: a background job needs the disk
}

const (
	// calmDown is how long after a write the next one waits, for as much as
	// possible to go in one; the first write after a while goes at once, and much does.
	// What a killed process loses of a log that is not synced always is what was fed
	// within that time.
	calmDown = 10 * time.Millisecond
	// retryAfter is how long a write waits after one that failed.
	retryAfter = time.Second
	// keepBuffer is the largest buffer that is kept to be used again.
	keepBuffer = 1 << 20
	// fullPart is the size at which another part begins, since one that grows on and on
	// moves all that it has.
	fullPart = 1 << 20
	// writeAtOnce is the most that the file is given in one write.
	writeAtOnce = 1 << 20
	// lateAfter is the age in milliseconds that what is not safe may reach before
	// replies wait for it. With a sync a second it is Redis's promise that no
	// more than about two seconds are lost.
	lateAfter = 2000
)

// writer takes the log to the disk.
type writer struct {
	policy  func() policy
	clock   func() int64 // Unix milliseconds; it may be some milliseconds old
	barrier *core.Barrier
	// failed is called, with work held, at every failure, mended when
	// everything is written again; lost says that a sync had failed, after which
	// it is not known what the file holds.
	failed func(err error)
	mended func(lost bool)
	// positioned runs fn with what is to stand behind all that was fed so far, while
	// nothing is fed.
	positioned func(fn func(note []byte))
	moved      func() // called there too, when more may be safe than before

	delay atomic.Int64 // before each write, nanoseconds: DEBUG AOF-FLUSH-SLEEP

	wake  chan struct{}
	calls chan func()
	quit  chan struct{}
	done  chan struct{}

	mu      sync.Mutex
	parts   []part // what was fed; the last part is open
	end     uint64 // position behind it
	resting bool   // the goroutine comes by itself, calmDown after it has written
	urged   bool   // it is called nevertheless
	fedAt   int64  // when the first of it was fed, 0 if there is nothing
	holds   bool   // replies wait for what is fed
	late    bool   // they do because what is not safe has become too old
	wanted  uint64 // what the barrier was asked for
	delayed int64  // how often it has become too old
	written uint64 // position of what is in the file
	synced  uint64 // position of what is safe there
	wroteAt int64  // when the first was fed of what is written and in no sync, 0 for nothing
	syncAt  int64  // the same of what is being synced
	fails   int    // failures in a row
	length  int64  // bytes in all files of the chain
	group   group

	lone atomic.Bool // what was fed is left to the end of the loop's turn; written with mu held

	// work is held by who takes the log to the disk: the goroutine, while it is at it, or
	// an event loop (here). It comes before mu, and guards the rest.
	work     sync.Mutex
	cur      *output
	pending  []part // taken from parts; all but what is in the file, and more with syncAlways
	spare    []byte
	taken    uint64 // position behind pending; written with mu held
	takenAt  int64  // when the first of pending was fed
	reached  uint64 // what the barrier was told
	lastPut  time.Time
	lastSync time.Time
	retryAt  time.Time
	lost     bool
	results  chan syncResult
	inFlight bool
	here     bool
}

// syncResult is the end of a sync beside the writes.
type syncResult struct {
	err error
	pos uint64 // what was written when it began
}

func newWriter(p func() policy, clock func() int64, b *core.Barrier) *writer {
	return &writer{
		policy: p, clock: clock, barrier: b,
		failed: func(error) {}, mended: func(bool) {}, moved: func() {},
		positioned: func(fn func([]byte)) { fn(nil) },
		wake:       make(chan struct{}, 1), calls: make(chan func()), results: make(chan syncResult, 1),
		quit: make(chan struct{}), done: make(chan struct{}),
		parts: []part{{}},
	}
}

// append lets add append to the log, and then pieces. The caller holds the locks of
// what they tell of, which a client has done, or nobody (0).
func (w *writer) append(client uint64, add func(b []byte) []byte, pieces ...piece) {
	w.mu.Lock()
	w.extend(add)
	for _, p := range pieces {
		if p.release == nil {
			w.extend(func(b []byte) []byte { return arena.Append(b, p.data) })
			continue
		}
		out := w.parts[len(w.parts)-1].out
		w.parts = append(w.parts, part{out: out, data: p.data, held: p.release}, part{out: out})
		w.end += uint64(len(p.data))
	}
	first := w.fedAt == 0
	if first {
		w.fedAt = w.clock()
	}
	if w.holds {
		w.want()
	}
	w.group.fed++
	wake := first && !w.resting || w.group.fed == w.group.wakeAt
	if w.group.from(client); w.leaves(first) {
		w.lone.Store(true)
		wake = false
	} else if w.lone.Load() { // somebody else has come
		w.lone.Store(false)
		wake = true
	}
	if !w.urged && w.much() {
		w.urged, wake = true, true
	}
	w.mu.Unlock()
	if wake {
		w.poke()
	}
}

// extend lets add append to the last part, or to another one if that is full. mu is held.
func (w *writer) extend(add func(b []byte) []byte) {
	last := &w.parts[len(w.parts)-1]
	if len(last.data) >= fullPart {
		w.parts = append(w.parts, part{out: last.out})
		last = &w.parts[len(w.parts)-1]
	}
	before := len(last.data)
	last.data = add(last.data)
	w.end += uint64(len(last.data) - before)
}

// much reports whether so much was fed that its writing does not wait. mu is held.
func (w *writer) much() bool { return w.end-w.taken >= fullPart }

// want holds replies back until everything is safe. mu is held.
func (w *writer) want() {
	w.wanted = w.end
	w.barrier.Want(w.end)
}

func (w *writer) poke() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// cut makes everything that is fed from now on go to another file, nil to
// forget it. What was fed before goes where it should. before is called at the
// moment of the cut.
func (w *writer) cut(out *output, before func()) {
	w.mu.Lock()
	if before != nil {
		before()
	}
	w.parts = append(w.parts, part{out: out})
	w.mu.Unlock()
	w.poke()
}

// review looks at the policy again, which has changed.
func (w *writer) review() {
	p := w.policy()
	w.mu.Lock()
	w.rule(p)
	w.mu.Unlock()
	w.poke()
}

// rule decides whether replies wait. While writing fails they do not: nobody
// may write then, and those who have written shortly before were cut off at the
// failure and, if they were just about to, at the next. mu is held.
func (w *writer) rule(p policy) {
	if p.sync == syncAlways || w.fails > 0 {
		w.late = false
	}
	w.holds = p.sync == syncAlways && w.fails < 2 || w.late
}

// look is called several times a second: what is not safe may have become too
// old.
func (w *writer) look(now int64) {
	p := w.policy()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.late || w.fails > 0 || p.sync == syncAlways {
		return
	}
	if since := w.oldest(p); since != 0 && now-since > lateAfter {
		w.late = true
		w.delayed++
		w.rule(p)
		w.want()
	}
}

// oldest returns since when something waits to be made as safe as the policy
// promises, 0 for nothing. mu is held.
func (w *writer) oldest(p policy) (since int64) {
	ages := [...]int64{w.fedAt, w.takenAt, w.wroteAt, w.syncAt}
	all := ages[:]
	if p.sync == syncNever || p.pause {
		all = all[:2]
	}
	for _, at := range all {
		if at != 0 && (since == 0 || at < since) {
			since = at
		}
	}
	return since
}

// flush writes and syncs everything that was fed before the call.
func (w *writer) flush() (err error) {
	w.call(func() {
		w.take()
		if err = w.put(); err == nil {
			err = w.syncNow()
		}
		w.settle(err)
	})
	return err
}

// call runs fn on the goroutine.
func (w *writer) call(fn func()) {
	ended := make(chan struct{})
	select {
	case w.calls <- func() { defer close(ended); fn() }:
		<-ended
	case <-w.done:
	}
}

// stop writes and syncs everything, closes the file and ends the goroutine.
func (w *writer) stop() {
	close(w.quit)
	<-w.done
}

// fedTo returns the position behind everything that was fed, and safe the one up to
// which everything is safe on the disk.
func (w *writer) fedTo() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.end
}

func (w *writer) safe() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.synced
}

// writerStats are figures for INFO.
type writerStats struct {
	buffered, length, delayed int64
	syncing                   bool
}

func (w *writer) stats() writerStats {
	w.mu.Lock()
	defer w.mu.Unlock()
	return writerStats{int64(w.end - w.written), w.length, w.delayed, w.syncAt != 0}
}
