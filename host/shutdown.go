package host

import "github.com/ferrousdb/ferrous/core"

// Shutdown implements core.Server. It is called with everything stopped: by a
// command with AllSessions and AllKeys, or by Standstill.
func (srv *Server) Shutdown(o core.Shutdown) error {
	if srv.leavingAt() != 0 {
		return core.ErrShutdownWaits
	}
	if srv.loader.guard.On() {
		o.NoSave, o.Save = true, false // what is there is a part of what the file holds
	}
	srv.log.Info("User requested shutdown...")
	if !o.Now && srv.params.shutdownWait.Load() > 0 && !srv.inTurn() {
		srv.beginLeaving(o)
		return core.ErrShutdownWaits
	}
	return srv.finishShutdown(o)
}

// finishShutdown is Shutdown without a wait.
func (srv *Server) finishShutdown(o core.Shutdown) error {
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
	srv.eng.Halt()
	srv.stop(nil)
	return nil
}
