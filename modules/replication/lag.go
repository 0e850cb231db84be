package replication

import "github.com/ferrousdb/ferrous/core"

// min-replicas-to-write: a master that few replicas follow closely takes no writes,
// since they might be lost with it.

var errNoReplicas = core.Error{Code: "NOREPLICAS", Text: "Not enough good replicas to write."}

// guardWrites registers the guard that refuses writes.
func (m *module) guardWrites(r *core.Registry) {
	m.few = r.Guard(core.Guard{Name: "noreplicas", Order: core.GuardNoReplicas, Refuses: core.Write, Err: errNoReplicas})
	r.Config.Apply(m.rejudge, m.params.least, m.params.lag)
}

// good counts the replicas that follow closely. peersMu is held.
func (m *module) good(now int64) (n int64) {
	for _, p := range m.peers {
		if p.phase == online && !p.mute && p.lag(now) <= m.params.lag.Load() {
			n++
		}
	}
	return n
}

// asksForReplicas reports whether writes depend on replicas.
func (m *module) asksForReplicas() bool {
	return m.params.least.Load() > 0 && m.params.lag.Load() > 0
}

// judge decides whether writes are refused. peersMu is held.
func (m *module) judge() {
	m.few.Set(m.asksForReplicas() && !m.isReplica() && m.good(m.srv.Now()) < m.params.least.Load())
}

// rejudge is judge when the parameters have changed.
func (m *module) rejudge() error {
	m.peersMu.Lock()
	defer m.peersMu.Unlock()
	m.judge()
	return nil
}
