package rdb

import (
	"time"

	"github.com/ferrousdb/ferrous/core"
)

// info is the module's part of INFO persistence; everything stands still.
// Redis's names of a save in a child process are kept: a fork is a snapshot, and
// what the system copies for it (cow) is what writers copy for the snapshot.
func (m *module) info(w *core.InfoWriter) {
	m.mu.Lock()
	defer m.mu.Unlock()
	st := &m.state
	m.infoCurrent(w)
	w.Int("rdb_changes_since_last_save", m.changes(false))
	began, elsewhere := m.server.Registry().Saves()
	w.Bool("rdb_bgsave_in_progress", m.current() != nil || elsewhere)
	w.Int("rdb_last_save_time", st.saved)
	status := "ok"
	if st.failing {
		status = "err"
	}
	w.String("rdb_last_bgsave_status", status)
	w.Int("rdb_last_bgsave_time_sec", st.last.seconds)
	current := int64(-1)
	if j := m.current(); j != nil {
		current = int64(time.Since(j.start).Seconds())
	} else if elsewhere {
		current = int64(time.Since(began).Seconds())
	}
	w.Int("rdb_current_bgsave_time_sec", current)
	w.Int("rdb_saves", st.saves)
	w.Int("rdb_last_cow_size", st.last.copied)
	w.Int("rdb_last_load_keys_expired", st.loaded.expired)
	w.Int("rdb_last_load_keys_loaded", st.loaded.keys)
	w.Int("rdb_last_bgsave_usec", st.last.micros)
	w.Int("rdb_last_bgsave_keys", st.last.keys)
	w.Int("rdb_last_bgsave_bytes", st.last.bytes)
}

// infoCurrent tells of the save under way.
func (m *module) infoCurrent(w *core.InfoWriter) {
	var copied, keys, total int64
	perc := 0.0
	if j := m.current(); j != nil {
		copied = w.Keys.Retained
		keys, total = j.progress.Keys(), j.keys
		perc = 100 * float64(keys) / float64(max(total, 1))
	}
	// What is copied is kept until the end, so the peak is what it is now; and it
	// is counted as it happens, so its age is none.
	w.Int("current_cow_peak", copied)
	w.Int("current_cow_size", copied)
	w.Int("current_cow_size_age", 0)
	w.Printf("current_fork_perc", "%.2f", perc)
	w.Int("current_save_keys_processed", keys)
	w.Int("current_save_keys_total", total)
}
