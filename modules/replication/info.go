package replication

import (
	"fmt"

	"github.com/ferrousdb/ferrous/core"
)

// figures are what INFO counts. module.peersMu guards them.
type figures struct {
	full, partial, refused int64 // syncs
	sent                   int64 // bytes
}

func (m *module) registerInfo(r *core.Registry) {
	r.Info(core.InfoSection{Name: "replication", Fill: m.info})
	r.Info(core.InfoSection{Name: "memory", Fill: m.infoMemory})
	r.Overhead("replication.backlog", func() int64 { backlog, _, _ := m.memory(); return backlog })
	r.Overhead("clients.slaves", func() int64 { _, _, replicas := m.memory(); return replicas })
	r.Info(core.InfoSection{Name: "stats", Fill: m.infoStats})
	r.OnResetStats(m.resetStats)
}

// info is the module's part of INFO replication.
func (m *module) info(w *core.InfoWriter) {
	if m.isReplica() {
		w.String("role", "slave")
		m.infoReplica(w)
	} else {
		w.String("role", "master")
	}
	m.infoReplicas(w)
	h := m.history()
	w.String("master_failover_state", m.failoverStep().String())
	w.String("master_replid", h.id)
	w.String("master_replid2", h.id2)
	w.Int("master_repl_offset", h.offset)
	w.Int("second_repl_offset", h.second)
	active, first, length := m.stream.figures()
	w.Bool("repl_backlog_active", active)
	w.Int("repl_backlog_size", m.params.backlog.Load())
	w.Int("repl_backlog_first_byte_offset", first)
	w.Int("repl_backlog_histlen", length)
}

// infoReplicas tells of the replicas of this server.
func (m *module) infoReplicas(w *core.InfoWriter) {
	m.peersMu.Lock()
	defer m.peersMu.Unlock()
	var all []*peer
	for _, p := range m.peers {
		if p.shown() {
			all = append(all, p)
		}
	}
	w.Int("connected_slaves", int64(len(all)))
	now := m.srv.Now()
	if m.asksForReplicas() {
		w.Int("min_slaves_good_slaves", m.good(now))
	}
	for i, p := range all {
		ip, port := p.reach()
		lag := int64(0)
		if p.phase == online {
			lag = p.lag(now)
		}
		w.Printf(fmt.Sprintf("slave%d", i), "ip=%s,port=%d,state=%s,offset=%d,lag=%d", ip, port, p.state(), p.ack, lag)
	}
}

// memory returns the bytes of the backlog, of it and all that waits for replicas, and of the
// latter.
func (m *module) memory() (backlog, total, replicas int64) {
	m.peersMu.Lock()
	defer m.peersMu.Unlock()
	return m.stream.memory(m.params.backlog.Load())
}

func (m *module) infoMemory(w *core.InfoWriter) {
	backlog, total, replicas := m.memory()
	w.Int("mem_replication_backlog", backlog)
	w.Int("mem_total_replication_buffers", total)
	w.Int("mem_clients_slaves", replicas)
}

func (m *module) infoStats(w *core.InfoWriter) {
	m.peersMu.Lock()
	defer m.peersMu.Unlock()
	received, wrong := m.up.counts()
	w.Int("total_net_repl_input_bytes", received)
	w.Int("total_net_repl_output_bytes", m.figures.sent)
	in, out := m.rates.kbps()
	w.Float("instantaneous_input_repl_kbps", in)
	w.Float("instantaneous_output_repl_kbps", out)
	w.Int("sync_full", m.figures.full)
	w.Int("sync_partial_ok", m.figures.partial)
	w.Int("sync_partial_err", m.figures.refused)
	w.Int("slave_expires_tracked_keys", int64(m.up.local.len()))
	w.Int("unexpected_error_replies", wrong)
}

// resetStats is CONFIG RESETSTAT.
func (m *module) resetStats() {
	m.peersMu.Lock()
	m.figures, m.rates = figures{}, rates{}
	m.peersMu.Unlock()
	m.up.mu.Lock()
	m.up.figures = replicaFigures{}
	m.up.mu.Unlock()
}
