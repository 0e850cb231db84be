package replication

import (
	"sync/atomic"

	"github.com/ferrousdb/ferrous/core"
)

var errWaitOnReplica = core.Err("WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is configured to be writable (which is not the default) writes to replicas are just local and are not propagated.")

// wait is WAIT numreplicas timeout: how many replicas have what this client has written.
func (m *module) wait(c *core.Ctx) error {
	if m.isReplica() {
		return errWaitOnReplica
	}
	n, err := c.ArgInt(1)
	if err != nil {
		return err
	}
	deadline, err := c.TimeoutMillis(2)
	if err != nil {
		return err
	}
	offset := m.wroteUpTo(c.Session)
	if have := m.countAcks(offset); have >= n || c.NoBlock {
		c.Int(have)
		return nil
	}
	s, w := c.Session, &waiter{offset: offset, n: n}
	return c.Block(core.Wait{
		Deadline: deadline,
		Parked: func(end func()) {
			w.end = end
			m.waits.add(m, s, w)
			m.askForAcks()
		},
		Expired: func(c *core.Ctx) {
			m.waits.drop(m, s)
			c.Int(m.countAcks(offset))
		},
	})
}

// waiter is a client that waits for replicas.
type waiter struct {
	offset int64
	n      int64
	end    func()
}

// waits are all. module.peersMu guards them.
type waits struct {
	all map[*core.Session]*waiter
	ask atomic.Bool // replicas are to be asked
}

func (ws *waits) add(m *module, s *core.Session, w *waiter) {
	m.peersMu.Lock()
	defer m.peersMu.Unlock()
	if ws.all == nil {
		ws.all = map[*core.Session]*waiter{}
	}
	ws.all[s] = w
	ws.serve(m) // they may have it by now
}

func (ws *waits) drop(m *module, s *core.Session) {
	m.peersMu.Lock()
	defer m.peersMu.Unlock()
	delete(ws.all, s)
}

// serve ends the waits that are over. peersMu is held.
func (ws *waits) serve(m *module) {
	for s, w := range ws.all {
		if m.acks(w.offset) >= w.n {
			delete(ws.all, s)
			w.end()
		}
	}
}

// countAcks counts the replicas that have acknowledged an offset.
func (m *module) countAcks(offset int64) int64 {
	m.peersMu.Lock()
	defer m.peersMu.Unlock()
	return m.acks(offset)
}

// acks is countAcks with peersMu held.
func (m *module) acks(offset int64) (n int64) {
	for _, p := range m.peers {
		if p.phase == online && p.ack >= offset {
			n++
		}
	}
	return n
}

// askForAcks makes the replicas say what they have, once for all who want to know in the
// same turn of an event loop.
func (m *module) askForAcks() { m.waits.ask.Store(true) }

// turn is the hook for the end of an event loop's turn: what has been written goes to
// the replicas.
func (m *module) turn(loop int) {
	if m.waits.ask.Load() && m.waits.ask.Swap(false) {
		m.say("REPLCONF", "GETACK", "*")
	}
	m.wake(loop)
}

// wrote is the hook for commands that have run: it notes how far the stream was when
// the client had written.
func (m *module) wrote(c *core.Ctx) {
	if c.Dirty == 0 || c.Session == nil {
		return
	}
	at, ok := c.Session.Slots[m.writeSlot].(*int64)
	if !ok {
		at = new(int64)
		c.Session.Slots[m.writeSlot] = at
	}
	*at = m.stream.tail.Load()
}

// wroteUpTo returns the position behind what a client has written last.
func (m *module) wroteUpTo(s *core.Session) int64 {
	if at, ok := s.Slots[m.writeSlot].(*int64); ok {
		return *at
	}
	return 0
}
