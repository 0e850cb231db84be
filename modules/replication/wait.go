package replication

import (
	"sync/atomic"

	"github.com/ferrousdb/ferrous/core"
)

// Refuses implements core.Acks.
func (m *module) Refuses(command string) error {
	if !m.isReplica() {
		return nil
	}
	return core.Err(command + " cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is configured to be writable (which is not the default) writes to replicas are just local and are not propagated.")
}

// wait is WAIT numreplicas timeout: how many replicas have what this client has written.
func (m *module) wait(c *core.Ctx) error {
	if err := m.Refuses("WAIT"); err != nil {
		return err
	}
	n, err := c.ArgInt(1)
	if err != nil {
		return err
	}
	deadline, err := c.TimeoutMillis(2)
	if err != nil {
		return err
	}
	s := c.Session
	w := &waiter{offset: m.wroteUpTo(s), n: n}
	if have := m.count(w); have >= n || c.NoBlock {
		c.Int(have)
		return nil
	}
	return c.Block(core.Wait{
		Deadline: deadline,
		Parked: func(end func()) {
			w.end = end
			m.await(s, w)
		},
		Expired: func(c *core.Ctx) {
			m.dropWait(s)
			c.Int(m.count(w))
		},
	})
}

// waiter is a client that waits for replicas.
type waiter struct {
	offset int64
	n      int64
	logged bool // it waits for their logs
	end    func()
}

// waits are all. module.peersMu guards them.
type waits struct {
	all map[*core.Session]*waiter
	ask atomic.Bool // replicas are to be asked
}

// Logged implements core.Acks.
func (m *module) Logged(s *core.Session) int64 {
	return m.count(&waiter{offset: m.wroteUpTo(s), logged: true})
}

// Await implements core.Acks.
func (m *module) Await(s *core.Session, n int64, end func()) {
	m.await(s, &waiter{offset: m.wroteUpTo(s), n: n, logged: true, end: end})
}

// await has a waiter's end called when it has what it waits for, which may be now.
func (m *module) await(s *core.Session, w *waiter) {
	m.peersMu.Lock()
	if m.waits.all == nil {
		m.waits.all = map[*core.Session]*waiter{}
	}
	m.waits.all[s] = w
	ends := m.served()
	m.peersMu.Unlock()
	endAll(ends)
	m.waits.ask.Store(true)
}

// dropWait forgets a session that waits no more.
func (m *module) dropWait(s *core.Session) {
	m.peersMu.Lock()
	defer m.peersMu.Unlock()
	delete(m.waits.all, s)
}

// served takes out the waiters that have what they wait for, and returns their ends, to
// be called without the lock. peersMu is held.
func (m *module) served() (ends []func()) {
	for s, w := range m.waits.all {
		if m.acks(w) >= w.n {
			delete(m.waits.all, s)
			ends = append(ends, w.end)
		}
	}
	return ends
}

func endAll(ends []func()) {
	for _, end := range ends {
		end()
	}
}

// count counts the replicas that have what a waiter waits for.
func (m *module) count(w *waiter) int64 {
	m.peersMu.Lock()
	defer m.peersMu.Unlock()
	return m.acks(w)
}

// acks is count with peersMu held.
func (m *module) acks(w *waiter) (n int64) {
	for _, p := range m.peers {
		at := p.ack
		if w.logged {
			at = p.fack
		}
		if p.phase == online && at >= w.offset {
			n++
		}
	}
	return n
}

// turn is the hook for the end of an event loop's turn: what has been written goes to
// the replicas.
func (m *module) turn(loop int) {
	if m.waits.ask.Load() && m.waits.ask.Swap(false) { // once for all who want to know
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
