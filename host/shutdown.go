package host

import (
	"errors"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// Shutdown implements core.Server. It is called with everything stopped: by a
// command with AllSessions and AllKeys, or by standstill.
func (srv *Server) Shutdown(o core.Shutdown) error {
	if srv.loadGuard.On() {
		o.NoSave, o.Save = true, false // what is there is a part of what the file holds
	}
	srv.log.Info("User requested shutdown...")
	for _, fn := range srv.registry.Shutdowns() {
		err := fn(o)
		switch {
		case err == nil:
		case o.Force:
			srv.log.Warn("shutting down in spite of an error, as asked", "error", err)
		default:
			srv.log.Warn("Errors trying to shut down the server. Check the logs for more information.", "error", err)
			return err
		}
	}
	srv.setGuard(guardStopping, true) // no command comes after what was saved
	srv.stop(nil)
	return nil
}

// AbortShutdown implements core.Server. A shutdown waits for nothing that
// could be called off.
func (srv *Server) AbortShutdown() error { return errors.New("No shutdown in progress.") }

// standstill runs fn with every worker stopped and all shards locked; the caller
// holds no lock.
func (srv *Server) standstill(fn func() error) (err error) {
	d := &srv.watch
	d.mu.Lock()
	defer d.mu.Unlock()
	for done := false; !done; {
		srv.lockWorkers()
		if d.lane.LockUnlessLong(keyspace.AllShards) {
			err, done = fn(), true
			d.lane.Unlock(keyspace.AllShards)
		} else { // in the midst of a command that takes long
			done = d.lane.Visit(func() { err = fn() })
		}
		for _, w := range srv.workers {
			w.mu.Unlock()
		}
	}
	return err
}
