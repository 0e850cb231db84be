package aof

// With appendfsync always, a client that writes alone gains nothing by a goroutine that
// syncs for several: it is woken, it wakes the loop, and that costs as much as the disk. So
// the loop syncs by itself then, at the end of its turn, as Redis does, and the reply goes
// out as if there were no barrier. Who comes meanwhile waits for one sync. As soon as another
// client writes, the disk is slow or something goes wrong, it is the goroutine's again.

// loneAtMost is up to how many bytes a loop writes by itself.
const loneAtMost = 64 << 10

// direct is a file that a loop can write to and sync as it does with sockets, by system calls
// that the scheduler is not told of: to be told wakes its monitor, which takes the processor
// away from under the sync, and that costs as much as the sync again. The price is that
// nothing can stop the world meanwhile. Replies wait for the sync in any case.
type direct interface {
	WriteHere(b []byte) (int, error)
	SyncHere() error
}

// leaves reports whether what is being fed, the first since the log was taken over or
// more of it, is left to the end of the loop's turn. mu is held.
func (w *writer) leaves(first bool) bool {
	return (first || w.lone.Load()) && w.holds && !w.late && w.group.alone() && w.group.took < mostWait &&
		w.delay.Load() == 0 && len(w.parts) == 1 && len(w.parts[0].data) <= loneAtMost
}

// turnEnd is called by an event loop at the end of a turn, and before it sends replies; it
// holds no shard. What only one client has written since the last sync it makes safe.
func (w *writer) turnEnd() {
	if w.lone.Load() && !w.syncLone() {
		w.poke()
	}
}

// syncLone does for a client that writes alone what a step of the goroutine does. It returns
// false if there is something for the goroutine to do.
func (w *writer) syncLone() bool {
	w.lone.Store(false)
	if !w.work.TryLock() {
		return false
	}
	defer w.work.Unlock()
	if p := w.policy(); p.sync != syncAlways || p.pause || w.inFlight || len(w.pending) > 0 || w.failing() {
		return false
	}
	w.here = true
	defer func() { w.here = false }()
	w.take()
	err := w.put()
	if err == nil {
		err = w.syncNow()
	}
	w.settle(err)
	return err == nil
}

// failing reports whether a failure is still to be mended.
func (w *writer) failing() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.fails > 0
}

func (w *writer) writeFile(b []byte) (int, error) {
	if d, ok := w.cur.f.(direct); ok && w.here {
		return d.WriteHere(b)
	}
	return w.cur.f.Write(b)
}

func (w *writer) syncFile() error {
	if d, ok := w.cur.f.(direct); ok && w.here {
		return d.SyncHere()
	}
	return w.cur.f.Sync()
}
