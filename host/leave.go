package host

import (
	"errors"
	"sync"

	"github.com/ferrousdb/ferrous/core"
)

// leaving is a shutdown that waits for those who have to get something before (replicas), with
// writes held back. It goes on when they have, or when shutdown-timeout is over; cron looks.
type leaving struct {
	mu    sync.Mutex // a leaf
	until int64      // Unix milliseconds, 0 for none
	how   core.Shutdown
	ends  []func() // of who waits for it and has to be told if it comes to nothing
}

// inTurn reports whether all let the server go. Everything stands still.
func (srv *Server) inTurn() bool {
	for _, ready := range srv.registry.Delays() {
		if !ready() {
			return false
		}
	}
	return true
}

// beginLeaving has a shutdown wait. Everything stands still.
func (srv *Server) beginLeaving(o core.Shutdown) {
	l := &srv.leaving
	l.mu.Lock()
	defer l.mu.Unlock()
	l.until, l.how = srv.eng.ReadClock()+srv.params.shutdownWait.Load()*1000, o
	srv.HoldWrites("shutdown", true)
	srv.log.Info("Waiting for replicas before shutting down.")
}

// leavingAt returns until when a shutdown waits, 0 if none does.
func (srv *Server) leavingAt() int64 {
	srv.leaving.mu.Lock()
	defer srv.leaving.mu.Unlock()
	return srv.leaving.until
}

// lookWhetherToLeave goes on with a shutdown that waits, if it is time.
func (srv *Server) lookWhetherToLeave() {
	if srv.leavingAt() == 0 {
		return
	}
	srv.Standstill(func() {
		if until := srv.leavingAt(); until == 0 || srv.eng.ReadClock() < until && !srv.inTurn() {
			return
		}
		if srv.finishShutdown(srv.leaving.how) != nil {
			srv.stay()
		}
	})
}

// stay takes note that a shutdown that waited has come to nothing. Everything stands still.
func (srv *Server) stay() {
	l := &srv.leaving
	l.mu.Lock()
	ends := l.ends
	l.until, l.ends = 0, nil
	l.mu.Unlock()
	srv.HoldWrites("shutdown", false)
	for _, end := range ends {
		end()
	}
}

// AwaitShutdown implements core.Server.
func (srv *Server) AwaitShutdown(end func()) {
	l := &srv.leaving
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.until == 0 {
		end()
		return
	}
	l.ends = append(l.ends, end)
}

// AbortShutdown implements core.Server.
func (srv *Server) AbortShutdown() error {
	if srv.leavingAt() == 0 {
		return errors.New("No shutdown in progress.")
	}
	srv.log.Info("Shutdown manually aborted.")
	srv.stay()
	return nil
}
