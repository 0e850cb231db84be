//go:build !linux

package network

import (
	"net"

	"github.com/hashicorp/go-hclog"
)

// acceptors: on systems without epoll every connection has its goroutines.
type acceptors struct{}

// Start starts count drivers, each with a
// worker. log is for what happens to connections.
func (n *Net) Start(log hclog.Logger, count int, worker func() Worker) error {
	n.log = log
	for range count {
		n.startGoWorker(worker())
	}
	return nil
}

func (l *listener) accept() {
	l.acceptGo()
}

func (l *listener) pollable() error { return nil }

func setBacklog(net.Listener, int) {}
