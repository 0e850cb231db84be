package replication

import (
	"fmt"

	"github.com/ferrousdb/ferrous/core"
)

// mayStop reports whether all replicas have everything, so that nothing is lost when the server
// stops. All shards are locked.
func (m *module) mayStop() bool {
	m.peersMu.Lock()
	defer m.peersMu.Unlock()
	for _, p := range m.peers {
		if p.shown() && !p.rdbOnly && p.ack < m.stream.offset() {
			m.waits.ask.Store(true)
			return false
		}
	}
	return true
}

// tellLagging logs which replicas do not have everything when the server stops.
func (m *module) tellLagging(core.Shutdown) error {
	m.peersMu.Lock()
	defer m.peersMu.Unlock()
	all, good, end, now := 0, 0, m.stream.offset(), m.srv.Now()
	for _, p := range m.peers {
		if !p.shown() || p.rdbOnly {
			continue
		}
		if all++; p.ack >= end {
			good++
			continue
		}
		m.srv.Log().Warn(fmt.Sprintf("Lagging replica %s reported offset %d behind master, lag=%d, state=%s.", p.name(), end-p.ack, p.lag(now), p.phase))
	}
	if all > 0 {
		m.srv.Log().Info(fmt.Sprintf("%d of %d replicas are in sync when shutting down.", good, all))
	}
	return nil
}
