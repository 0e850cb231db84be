package aof

import (
	"errors"
	"time"
)

// The writer's goroutine. All that is called here runs with writer.work held.

// run takes the log to the disk until stop is called.
func (w *writer) run() {
	defer close(w.done)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		var fn func()
		select {
		case <-w.wake:
		case <-timer.C:
		case fn = <-w.calls:
		case r := <-w.results:
			fn = func() { w.syncEnded(r) }
		case <-w.quit:
			w.work.Lock()
			w.finish()
			w.work.Unlock()
			return
		}
		timer.Reset(w.attend(fn))
	}
}

// attend does what somebody has asked for, nil for nothing, and then a step.
func (w *writer) attend(fn func()) time.Duration {
	w.work.Lock()
	defer w.work.Unlock()
	if fn != nil {
		fn()
	}
	return w.step()
}

// step does what is due and returns in what time there is more to do.
func (w *writer) step() time.Duration {
	const idle = time.Hour
	p, now := w.policy(), time.Now()
	if w.fails > 0 && now.Before(w.retryAt) {
		return w.retryAt.Sub(now)
	}
	if rest := w.lastPut.Add(calmDown).Sub(now); rest > 0 && p.sync != syncAlways && w.fails == 0 && !w.urgent() {
		return rest
	}
	if p.sync == syncAlways && !p.pause && w.fails == 0 {
		w.mu.Lock()
		rest := w.group.wait(now)
		w.mu.Unlock()
		if rest > 0 {
			return rest
		}
	}
	w.take()
	err := w.put()
	next := idle
	if w.comesBack() {
		next = calmDown
	}
	switch {
	case err != nil:
	case w.fails > 0, p.sync == syncAlways && !p.pause:
		err = w.syncNow()
	case p.sync == syncEverySecond && !p.pause && w.cur != nil && w.cur.dirty && !w.inFlight:
		if due := time.Until(w.lastSync.Add(time.Second)); due > 0 {
			next = min(next, due)
		} else {
			w.syncBeside()
		}
	}
	w.settle(err)
	switch {
	case err != nil:
		return retryAfter
	case p.pause && w.cur != nil && w.cur.dirty:
		return min(next, time.Second)
	}
	return next
}

// urgent reports whether what was fed is not to wait.
func (w *writer) urgent() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.much()
}

// comesBack reports whether those who feed count on the goroutine's coming soon.
func (w *writer) comesBack() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.resting
}

// take takes over what was fed.
func (w *writer) take() { w.positioned(w.takeOver) }

// takeOver is take, with an annotation.
func (w *writer) takeOver(note []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	open := w.parts[len(w.parts)-1]
	if len(open.data) > 0 && open.out != nil {
		open.data = append(open.data, note...)
		w.parts[len(w.parts)-1] = open
		w.end += uint64(len(note))
	}
	if len(w.parts) > 1 || len(open.data) > 0 {
		for i, p := range w.parts {
			if i > 0 || len(p.data) > 0 { // one without data may be a change of the file
				w.pending = append(w.pending, p)
			}
		}
		clear(w.parts)
		w.parts = append(w.parts[:0], part{out: open.out, data: w.spare})
		w.spare = nil
	}
	if w.takenAt == 0 {
		w.takenAt = w.fedAt
	}
	// As long as there is something each time, nobody need wake the goroutine.
	w.resting = w.end > w.taken && w.policy().sync != syncAlways
	w.taken, w.fedAt, w.urged = w.end, 0, false
	w.group.begin()
}

// put writes what is pending. What could be written is not written again.
func (w *writer) put() error {
	for i := 0; i < len(w.pending); i++ {
		if out := w.pending[i].out; out != w.cur {
			before := len(w.pending)
			if err := w.change(out); err != nil {
				return err
			}
			i -= before - len(w.pending)
		}
		if err := w.putPart(&w.pending[i]); err != nil {
			return err
		}
	}
	// When every write is to be synced, what was written is kept until that is
	// done: it is written again if the sync fails.
	if p := w.policy(); w.cur == nil || p.sync != syncAlways || p.pause {
		w.forget()
	}
	w.mu.Lock()
	w.written = w.position()
	if w.wroteAt == 0 {
		w.wroteAt = w.takenAt
	}
	w.takenAt = 0
	w.mu.Unlock()
	return nil
}

// putPart writes the rest of a part.
func (w *writer) putPart(p *part) error {
	if d := w.delay.Load(); d > 0 && p.done < len(p.data) {
		time.Sleep(time.Duration(d))
	}
	for p.done < len(p.data) {
		if w.cur == nil {
			p.done = len(p.data)
			break
		}
		n, err := w.writeFile(p.data[p.done:min(len(p.data), p.done+writeAtOnce)])
		w.lastPut = time.Now()
		if n > 0 {
			p.done += n
			w.cur.size += int64(n)
			w.cur.dirty = true
			w.grow(int64(n))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// grow counts bytes of the chain.
func (w *writer) grow(n int64) {
	w.mu.Lock()
	w.length += n
	w.mu.Unlock()
}

// forget drops from pending what is in the current file, all of which is there.
func (w *writer) forget() {
	n := 0
	for n < len(w.pending) && w.pending[n].out == w.cur {
		n++
	}
	if n > 0 {
		for i := range w.pending[:n] {
			p := &w.pending[i]
			if data := p.data; p.held == nil && cap(data) <= keepBuffer && cap(data) > cap(w.spare) {
				w.spare = data[:0]
			}
			p.letGo()
		}
		rest := copy(w.pending, w.pending[n:])
		clear(w.pending[rest:])
		w.pending = w.pending[:rest]
	}
	if w.cur != nil {
		w.cur.settled = w.cur.size
	}
}

// letGo gives back what is not the log's own.
func (p *part) letGo() {
	if p.held != nil {
		p.held()
		p.held, p.data = nil, nil
	}
}

// change makes another file the current one. The old one is synced and closed
// first, so that what follows in the chain is never safer than what comes
// before it.
func (w *writer) change(out *output) error {
	if w.cur != nil {
		w.await()
		if err := w.syncCurrent(); err != nil {
			return err
		}
	}
	w.forget()
	if w.cur != nil {
		_ = w.cur.f.Close() // everything is synced
	}
	w.cur = out
	return nil
}

// syncNow makes everything that is written safe.
func (w *writer) syncNow() error {
	w.await()
	if err := w.syncCurrent(); err != nil {
		return err
	}
	w.forget()
	return nil
}

// syncCurrent syncs the current file.
func (w *writer) syncCurrent() error {
	if w.cur == nil || !w.cur.dirty {
		return nil
	}
	w.lastSync = time.Now()
	if err := w.syncFile(); err != nil {
		w.syncFailed()
		return err
	}
	w.cur.dirty = false
	now := time.Now()
	w.mu.Lock()
	w.group.ended(now, now.Sub(w.lastSync))
	w.mu.Unlock()
	return nil
}

// syncFailed takes note of a failed sync. The system may have dropped what it
// could not write, and a later sync would not tell. What is still at hand is
// taken back to be written again.
func (w *writer) syncFailed() {
	w.lost = true
	if w.cur.settled == w.cur.size || w.cur.f.Truncate(w.cur.settled) != nil {
		w.forget()
		return
	}
	w.grow(w.cur.settled - w.cur.size)
	w.cur.size = w.cur.settled
	for i := range w.pending {
		if w.pending[i].out == w.cur {
			w.pending[i].done = 0
		}
	}
}

// syncBeside begins a sync while writes go on.
func (w *writer) syncBeside() {
	w.lastSync, w.inFlight = time.Now(), true
	f, pos := w.cur.f, w.position()
	w.cur.dirty = false
	w.mu.Lock()
	w.syncAt, w.wroteAt = w.wroteAt, 0
	if w.syncAt == 0 {
		w.syncAt = w.clock()
	}
	w.mu.Unlock()
	go func() { w.results <- syncResult{f.Sync(), pos} }()
}

// await waits for the sync that is under way beside the writes.
func (w *writer) await() {
	if w.inFlight {
		w.syncEnded(<-w.results)
	}
}

func (w *writer) syncEnded(r syncResult) {
	w.inFlight = false
	w.mu.Lock()
	if r.err != nil {
		w.wroteAt = w.syncAt
	} else {
		w.synced = max(w.synced, r.pos)
	}
	w.syncAt = 0
	w.mu.Unlock()
	if r.err != nil {
		w.cur.dirty, w.lost = true, true
		w.fail(r.err)
	}
}

// position returns up to where everything is in the files.
func (w *writer) position() uint64 {
	pos := w.taken
	for _, p := range w.pending {
		pos -= uint64(len(p.data) - p.done)
	}
	return pos
}

// settle draws the consequences of an attempt to write and sync.
func (w *writer) settle(err error) {
	if err != nil {
		w.fail(err)
		return
	}
	p := w.policy()
	w.mu.Lock()
	safe := w.cur == nil || !w.cur.dirty && !w.inFlight
	if safe {
		w.synced, w.wroteAt = w.written, 0
	}
	mended := w.fails > 0 && safe
	if mended {
		w.fails = 0
	}
	if since := w.oldest(p); w.late && (since == 0 || w.clock()-since <= lateAfter) {
		w.late = false
	}
	w.rule(p)
	reach := w.synced
	switch {
	case p.sync == syncAlways && p.pause, !w.holds && w.written >= w.wanted:
		reach = w.written
	case !w.holds && p.sync != syncAlways:
		reach = max(reach, w.wanted)
	}
	waits := w.wanted > w.reached
	w.mu.Unlock()
	if waits && reach > w.reached {
		w.reached = reach
		w.barrier.Reach(reach)
	}
	w.moved()
	if mended {
		lost := w.lost
		w.lost = false
		w.mended(lost)
	}
}

// fail draws the consequences of a failure. Those whose replies wait lose their
// connections: what they were to be told of is not safe. A command that was let
// run just before the failure may still come: those are caught by the next one.
func (w *writer) fail(err error) {
	w.retryAt = time.Now().Add(retryAfter)
	w.failed(err)
	w.mu.Lock()
	w.fails++
	w.written = w.position()
	breaks := w.holds
	w.rule(w.policy())
	end := w.wanted
	w.mu.Unlock()
	if breaks && end > w.reached {
		w.reached = end
		w.barrier.Break()
	}
}

// finish is the end: everything is written and synced, if it can be.
func (w *writer) finish() {
	w.take()
	w.settle(errors.Join(w.put(), w.syncNow()))
	if w.cur != nil {
		_ = w.cur.f.Close()
		w.cur = nil
	}
}

// drop forgets what is not written and closes the file. Nothing must be fed
// until there is another one.
func (w *writer) drop() {
	w.call(func() {
		w.take()
		w.await()
		for _, p := range append(w.pending, part{}) { // files that were to follow, too
			if p.out != w.cur {
				if w.cur != nil {
					_ = w.cur.f.Close()
				}
				w.cur = p.out
			}
		}
		for i := range w.pending {
			w.pending[i].letGo()
		}
		w.pending = nil
		w.mu.Lock()
		w.parts = []part{{}}
		w.written, w.takenAt = w.taken, 0
		w.mu.Unlock()
		w.settle(nil)
	})
}
