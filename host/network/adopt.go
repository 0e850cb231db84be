package network

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
)

// adopted is the state of taking in connections that come by no listener of ours.
type adopted struct {
	mu     sync.Mutex
	closed bool
	next   int // whose turn it is
}

// Adopt serves a connection that has come by another way than a listener, as one of a kind
// ("tcp", "tls", "unix") between two addresses. It waits until there is somebody to answer.
// With an error the connection is still the caller's.
func (n *Net) Adopt(ctx context.Context, conn net.Conn, kind, remote, local string) (Session, error) {
	select {
	case <-n.ready:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	a := &n.adopted
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return nil, net.ErrClosed
	}
	s, refusal := n.host.Accepted(kind, remote, local)
	if s == nil {
		return nil, errors.New(strings.Trim(refusal, "-\r\n"))
	}
	g := n.goWorkers[a.next%len(n.goWorkers)]
	a.next++
	g.running.Add(1)
	go g.serve(nil, s, conn)
	return s, nil
}

// close ends the taking in.
func (a *adopted) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
}
