package rdb

import (
	"fmt"

	"github.com/ferrousdb/ferrous/core"
)

// retryDelay is how many seconds after a save that has failed the module tries
// again by itself.
const retryDelay = 5

// tick begins the saves that are due.
func (m *module) tick(now int64) {
	if why := m.due(now / 1000); why != "" {
		m.log.Info(why)
		// The command stops the event loops, so that the count of changes is exact.
		// Should something else take the place meanwhile, the save comes after it.
		if err := m.player.Play([][]byte{[]byte("BGSAVE"), []byte("SCHEDULE")}); err != nil && err != errInProgress {
			m.log.Warn("cannot save in the background", "error", err)
		}
	}
}

// due returns why a save is to begin, "" if none is; now is Unix seconds.
func (m *module) due(now int64) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	st := &m.state
	if m.job != nil || m.server.Background().Running() != "" || st.failing && now-st.tried <= retryDelay {
		return ""
	}
	if st.scheduled {
		st.scheduled = false
		return "Starting a scheduled save..."
	}
	changes := m.changes(false)
	for _, p := range m.points.Load() {
		if changes >= p.changes && now-st.saved > p.seconds {
			return fmt.Sprintf("%d changes in %d seconds. Saving...", p.changes, p.seconds)
		}
	}
	return ""
}

// changes returns how many changes there have been since the last save; mu is
// held. A FLUSHALL begins a new count although the file that says so is still to
// be written: should that fail, the old count goes on.
func (m *module) changes(locked bool) int64 {
	base := m.state.base
	if m.flushed != nil {
		base = max(base, m.flushed.dirty)
	}
	return max(m.server.Dirty(locked)-base, 0)
}

// flush is the hook for FLUSHALL: what is being saved is not worth it any more,
// and with save points the file is to say that there is nothing, lest all of it
// comes back by a crash. Redis writes that file before it replies, and so does
// nothing else meanwhile; here a job does. What is emptied to be filled again is no
// concern: DEBUG is no write, and a FLUSHALL in a log is not counted while that is
// loaded.
func (m *module) flush(c *core.Ctx, db int) {
	if db >= 0 || c == nil || c.Cmd.Flags&core.Write == 0 || m.server.Loading() {
		return
	}
	changes, ks := int64(0), c.DB.Keyspace() // that FLUSHALL is going to count
	for i := range ks.Databases() {
		changes += int64(ks.DB(i).Len())
	}
	dirty := m.server.Dirty(true) + max(changes, 1)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.job != nil && m.job.kind == background {
		m.job.stop()
		m.leave(m.job)
	}
	if len(m.points.Load()) > 0 {
		m.beginFlushed(dirty)
	}
}
