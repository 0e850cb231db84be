package rdb

import (
	"github.com/ferrousdb/ferrous/core"
)

// shutdown saves before the server stops, if it is to. Nothing else runs, and
// all shards are locked.
func (m *module) shutdown(o core.Shutdown) error {
	save := (len(m.points.Load()) > 0 && !o.NoSave) || o.Save
	m.mu.Lock()
	j, flushed := m.job, m.state.flushed
	m.mu.Unlock()
	switch {
	case j == nil:
	case !save && (j.awaited || j.flushed):
		// Somebody counts on the file.
		m.log.Info("Waiting for the save under way to end.")
		m.settle()
	default:
		m.log.Warn("A save is under way. It is called off.")
		m.cancel()
		m.settle()
	}
	if !save && !flushed {
		return nil
	}
	m.log.Info("Saving the final RDB snapshot before exiting.")
	err := m.saveNow()
	switch {
	case err == nil:
	case !save:
		return nil // only FLUSHALL wanted it
	case o.Force:
		m.log.Warn("Error trying to save the DB. Exit anyway.")
	default:
		m.log.Warn("Error trying to save the DB, can't exit.")
	}
	return err
}
