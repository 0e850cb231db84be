package network

import (
	"sync/atomic"

	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/logging"
)

// Net is all that a server has of the network.
type Net struct {
	Failed atomic.Int64 // connections that were not accepted for an error, or failed in the handshake

	params    *Params
	host      Host
	secure    Secure // nil without
	log       logging.Logger
	ready     <-chan struct{} // closed when there is somebody to answer
	listeners listeners
	adopted   adopted
	acceptors
	renewal   renewal
	goWorkers []*goWorker
	drivers   []driver
}

// driver runs a worker, or the connections of one.
type driver interface {
	// stop ends the driver and returns when its goroutines have ended.
	stop()
}

// New makes a server's network, in which nothing happens yet. Connections are
// accepted from when ready is closed.
func New(p *Params, host Host, ready <-chan struct{}) *Net {
	return &Net{params: p, host: host, ready: ready}
}

// Watch makes changes of the parameters apply, which CONFIG SET does with every
// worker stopped. Before serving says yes there is nothing that could change.
func (n *Net) Watch(s *config.Schema, serving func() bool) {
	relisten := func(text string) func() error {
		return func() error {
			if !serving() {
				return nil
			}
			return n.change(text)
		}
	}
	p := n.params
	s.Apply(relisten("Failed to bind to specified addresses."), p.Bind)
	s.Apply(relisten("Unable to listen on this port. Check server logs."), p.Port)
	s.Apply(n.keepAlive, p.keepAlive, p.probes)
	if n.secure != nil {
		s.Apply(relisten("Unable to listen on this port. Check server logs."), n.secure.Port())
		s.Apply(relisten("Unable to update TLS configuration. Check server logs."), n.secure.Vars()...)
	}
}

// Stop ends the drivers, with all sessions. The listeners are closed before.
func (n *Net) Stop() {
	n.renewal.running.Wait()
	for _, d := range n.drivers {
		d.stop()
	}
}
