package replication

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/wire"
)

// What a master does with time: signs of life in both directions, dumps that wait for
// others to join, what is kept of the stream.

// tick is called several times a second; now is in Unix milliseconds.
func (m *module) tick(now int64) {
	m.rememberFields()
	m.schedule(now)
	m.peersMu.Lock()
	m.advanceFailover(now)
	m.peersMu.Unlock()
	m.wake(-1) // what came from no event loop: keys that have expired
	if now/1000 == m.ticked {
		return
	}
	m.ticked = now / 1000
	received, _ := m.up.counts()
	m.peersMu.Lock()
	m.rates.sample(received, m.figures.sent)
	m.peersMu.Unlock()
	m.pingReplicas(now)
	m.lookAtReplicas(now)
	m.forgetStream(now)
}

// pingReplicas adds a PING to the stream every repl-ping-replica-period, as long as
// somebody reads it.
func (m *module) pingReplicas(now int64) {
	m.peersMu.Lock()
	some := len(m.peers) > 0 && m.fail.step == noFailover // which would never end
	m.peersMu.Unlock()
	if !some || m.isReplica() {
		m.pinged = now
		return
	}
	if now-m.pinged < m.params.ping.Load()*1000 {
		return
	}
	m.pinged = now
	m.say("PING")
	m.wake(-1)
}

// debugReplicate is DEBUG REPLICATE command [argument ...].
func (m *module) debugReplicate(c *core.Ctx) error {
	var words []string
	for _, a := range c.Args[2:] {
		words = append(words, string(a))
	}
	m.say(words...)
	c.OK()
	return nil
}

// say adds a command to the stream that concerns no data.
func (m *module) say(words ...string) {
	b := wire.AppendWords(nil, words...)
	m.srv.Registry().Hooks.Settled(func() {
		if !m.isReplica() {
			m.stream.write(b)
		}
	})
}

// lookAtReplicas drops those that are silent, and gives those that wait a sign of life.
func (m *module) lookAtReplicas(now int64) {
	m.peersMu.Lock()
	defer m.peersMu.Unlock()
	limit := m.params.timeout.Load() * 1000
	for _, p := range m.peers {
		silent := now-p.alive > limit
		switch {
		case p.phase == waiting:
			if len(p.head) == 0 {
				p.head = []byte("\n")
				p.s.Conn.Ready(-1)
			}
		case p.phase == online && silent && !p.old:
			m.srv.Log().Warn("Disconnecting timedout replica (streaming sync): " + p.name())
			p.dismiss("replica timeout")
		case p.phase == sending && silent:
			m.srv.Log().Warn("Disconnecting timedout replica (full sync): " + p.name())
			p.dismiss("replica timeout")
		}
	}
	m.judge()
}

// forgetStream gives the backlog up when nobody has come for long. What was promised
// with the id of the history cannot be kept any more, so it gets a new one.
func (m *module) forgetStream(now int64) {
	ttl := m.params.ttl.Load() * 1000
	m.peersMu.Lock()
	idle := ttl > 0 && len(m.peers) == 0 && now-m.lonely > ttl
	m.peersMu.Unlock()
	if !idle || !m.stream.opened() || m.isReplica() {
		return
	}
	m.srv.Keyspace().Lock(keyspace.AllShards)
	defer m.srv.Keyspace().Unlock(keyspace.AllShards)
	m.peersMu.Lock()
	idle = len(m.peers) == 0
	m.peersMu.Unlock()
	if idle && !m.isReplica() {
		m.renew()
		m.stream.close()
		m.tune()
		m.srv.Log().Info("Replication backlog freed after seconds without connected replicas.")
	}
}
