package rdb

import "github.com/ferrousdb/ferrous/core"

var errMisconf = core.Error{Code: "MISCONF", Text: "Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may modify the data set are disabled, because this instance is configured to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error."}

// guard turns the refusal of writes on or off, after a change of what it depends
// on.
func (m *module) guard() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rule()
}

// rule is guard with mu held.
func (m *module) rule() {
	m.refusal.Set(m.state.failing && m.stopWrites.Load() && len(m.points.Load()) > 0)
}
