package aof

import (
	"errors"
	"os"
	"time"

	"github.com/ferrousdb/ferrous/core/files"
)

// When a rewrite begins by itself, and how the log is switched on and off.

// limiter keeps rewrites that fail again and again apart, as each leaves one
// more increment behind: after three of them the next waits a minute, then two,
// four and so on up to an hour. One that is asked for by hand does not wait.
type limiter struct {
	failures int64 // in a row
	delay    time.Duration
	until    int64 // Unix milliseconds, 0 if nothing is waited for
}

const (
	patientFrom  = 3
	longestDelay = time.Hour
)

// limited reports whether a rewrite has to wait; started says that a wait has
// begun.
func (l *limiter) limited(now int64) (limited, started bool) {
	switch {
	case l.failures < patientFrom:
		l.delay, l.until = 0, 0
		return false, false
	case l.until == 0:
		l.delay = min(max(2*l.delay, time.Minute), longestDelay)
		l.until = now + l.delay.Milliseconds()
		return true, true
	case now < l.until:
		return true, false
	}
	l.until = 0
	return false, false
}

// tick is called several times a second.
func (m *module) tick(now int64) {
	m.w.look(now)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.srv.Background().Running() != "" {
		return
	}
	if m.scheduled {
		if !m.limited(now) {
			m.begin()
		}
		return
	}
	percentage := m.params.percentage.Load()
	length := m.w.stats().length
	if m.state != on || percentage == 0 || length <= m.params.minSize.Load() {
		return
	}
	// In floating point: the product may be too large for an integer.
	growth := int64(float64(length)/float64(max(m.figures.grown, 1))*100) - 100
	if growth >= percentage && !m.limited(now) {
		m.log.Info("Starting automatic rewriting of AOF", "growth", growth)
		m.begin()
	}
}

// limited asks the limiter. mu is held.
func (m *module) limited(now int64) bool {
	limited, started := m.limit.limited(now)
	if started {
		m.log.Warn("Background AOF rewrite has repeatedly failed and triggered the limit", "retry in minutes", m.limit.delay.Minutes())
	}
	return limited
}

// applyOn follows CONFIG SET appendonly; all shards are locked.
func (m *module) applyOn() error {
	if m.w == nil {
		return nil
	}
	m.mu.Lock()
	state := m.state
	m.mu.Unlock()
	switch {
	case m.params.on.Load() && state == off:
		return m.switchOn()
	case !m.params.on.Load() && state != off:
		m.switchOff()
	}
	return nil
}

var errNotOn = errors.New("Unable to turn on AOF. Check server logs.")

// switchOn begins a log with a rewrite, at once if the place is free. There is
// no log before that is done: what it writes until then has no base.
func (m *module) switchOn() error {
	m.files.Lock()
	err := m.settleDirectory(off)
	m.files.Unlock()
	if err != nil {
		m.log.Warn("cannot keep an append-only file", "error", err)
		return errNotOn
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state = waiting
	if m.rw != nil {
		// It began without a log, so it has no increment.
		m.log.Info("AOF was enabled but there is already an AOF rewriting in background. Stopping background AOF and starting a rewrite now.")
		m.rw.cancel()
	}
	if !m.begin() {
		m.scheduled = true
		if m.rw == nil {
			m.log.Info("AOF was enabled but there is already another background operation. An AOF background was scheduled to start when possible.")
		}
	}
	return nil
}

// switchOff completes the log and ends it; all shards are locked. The files
// stay.
func (m *module) switchOff() {
	m.mu.Lock()
	was := m.state
	m.state, m.scheduled = off, false
	if m.rw != nil {
		m.log.Info("Killing running AOF rewrite child")
		m.rw.cancel()
	}
	m.mu.Unlock()
	m.feed.Set(false)
	if err := m.w.flush(); err != nil {
		m.log.Warn("Fail to fsync the AOF file: " + files.Strerror(err))
	}
	m.w.drop()
	m.letGo()
	if was == waiting {
		m.files.Lock()
		_ = os.Remove(m.where.in(m.where.tempIncr()))
		m.files.Unlock()
	}
}

// applyHistory follows CONFIG SET aof-disable-auto-gc.
func (m *module) applyHistory() error {
	if m.w != nil {
		m.files.Lock()
		defer m.files.Unlock()
		m.deleteHistory()
	}
	return nil
}
