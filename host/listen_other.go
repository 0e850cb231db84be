//go:build !linux

package host

import (
	"math"
	"net"
)

// acceptors: on systems without epoll every connection has its goroutines.
type acceptors struct{}

func (srv *Server) startWorkers() error {
	for range srv.loops() {
		srv.startGoWorker()
	}
	return nil
}

func (l *listener) accept() {
	l.acceptGo()
}

func (l *listener) pollable() error { return nil }

func setBacklog(net.Listener, int) {}

// raiseFileLimit: the Go runtime raises the soft limit to the hard one.
func raiseFileLimit(uint64) (uint64, error) { return math.MaxUint64, nil }
