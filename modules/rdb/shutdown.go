package rdb

import (
	"github.com/ferrousdb/ferrous/core"
)

// shutdown saves before the server stops, if it is to. Nothing else runs, and
// all shards are locked.
func (m *module) shutdown(o core.Shutdown) error {
	save := (len(m.points.Load()) > 0 && !o.NoSave) || o.Save
	m.mu.Lock()
	j := m.current()
	m.mu.Unlock()
	if j != nil && (save || j.kind == background) {
		m.log.Warn("A save is under way. It is called off.")
		j.stop()
	}
	// What somebody counts on, who has called SAVE or FLUSHALL, is written yet.
	m.settle()
	if !save {
		return nil
	}
	m.log.Info("Saving the final RDB snapshot before exiting.")
	err := m.saveNow()
	switch {
	case err == nil:
	case o.Force:
		m.log.Warn("Error trying to save the DB. Exit anyway.")
	default:
		m.log.Warn("Error trying to save the DB, can't exit.")
	}
	return err
}
