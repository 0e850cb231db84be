//go:build !linux

package network

import (
	"net"

	"github.com/ferrousdb/ferrous/core/logging"
)

// acceptors: on systems without epoll every connection has its goroutines.
type acceptors struct{}

// Start starts count drivers, each with a
// worker. log is for what happens to connections.
func (n *Net) Start(log logging.Logger, count int, worker func() Worker) error {
	n.log = log
	for range count {
		n.startGoWorker(worker())
	}
	return nil
}

func (l *listener) accept() {
	l.acceptGo()
}

// socket is for loops, of which there are none.
type socket struct{}

func (l *listener) prepare() error { return nil }

func (l *listener) closeSocket() {}

// keepAlive is for what is set for each connection anyway.
func (n *Net) keepAlive() error { return nil }

func setBacklog(net.Listener, int) {}
