package engine

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// What others may do with all sessions at once.

// Sessions implements core.Execution.
func (eng *Engine) Sessions(fn func(s *core.Session) bool) {
	for _, w := range eng.workers {
		for _, s := range w.sessions {
			if s.closing == open && !fn(&s.Session) {
				return
			}
		}
	}
}

// Session implements core.Execution.
func (eng *Engine) Session(id uint64) (found *core.Session) {
	eng.Sessions(func(s *core.Session) bool {
		if s.ID == id {
			found = s
		}
		return found == nil
	})
	return found
}

// UnblockAll implements core.Execution.
func (eng *Engine) UnblockAll(why func(db int, keys [][]byte) error) {
	for _, w := range eng.workers {
		for _, s := range w.sessions {
			if s.wait == nil {
				continue
			}
			if err := why(s.wait.db, s.wait.keys); err != nil {
				eng.blocked.unblock(s.wait, err)
			}
		}
	}
}

// Standstill implements core.Execution.
func (eng *Engine) Standstill(fn func()) {
	d := &eng.watch
	d.mu.Lock()
	defer d.mu.Unlock()
	for done := false; !done; {
		eng.lockWorkers()
		if d.lane.LockUnlessLong(keyspace.AllShards) {
			fn()
			done = true
			d.lane.Unlock(keyspace.AllShards)
		} else { // in the midst of a command that takes long
			done = d.lane.Visit(fn)
		}
		for _, w := range eng.workers {
			w.mu.Unlock()
		}
	}
}

// Inspect has every worker look at its sessions, which is to be done once a second:
// idle ones are disconnected after timeout, those over a soft limit when their time is up.
func (eng *Engine) Inspect(now int64) {
	timeout := eng.params.timeout.Load() * 1000
	for _, w := range eng.workers {
		w.Post(func() { w.inspect(now, timeout) })
	}
}

func (w *worker) inspect(now, timeout int64) {
	for _, s := range w.sessions {
		if s.pending.Bytes() > 0 {
			w.touch(s) // flush checks the soft limit
		}
		s.pending.Rest()
		if timeout > 0 && s.wait == nil && !s.paused && s.kind == 0 && now-s.Active > timeout {
			w.eng.log.Debug("Closing idle client", "id", s.ID, "addr", s.Addr)
			s.Close(false, "idle for too long")
		}
		if cap(s.query) > keepQuery && len(s.query) == 0 {
			s.query = nil
		}
	}
	w.forget()
	if cap(w.w.Buf) > flushAt && len(w.w.Buf) == 0 {
		w.w.Buf = make([]byte, 0, 64<<10)
	}
}
