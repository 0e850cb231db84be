package aof

import (
	"sync"
	"sync/atomic"

	"github.com/ferrousdb/ferrous/core"
)

// errNoLog is for a client that waits for a log where none is kept.
var errNoLog = core.Err("WAITAOF cannot be used when numlocal is set but appendonly is disabled.")

// waitAOF is WAITAOF numlocal numreplicas timeout. It waits for all that had been
// written when it was called, whoever wrote it: that is never less than what its
// client has written, which is what Redis waits for.
func (m *module) waitAOF(c *core.Ctx) error {
	local, err := c.ArgInt(1)
	switch {
	case err != nil:
		return err
	case local < 0 || local > 1:
		return core.Err("value is out of range, value must between 0 and 1")
	}
	replicas, err := c.ArgPositive(2)
	if err != nil {
		return err
	}
	deadline, err := c.TimeoutMillis(3)
	if err != nil {
		return err
	}
	replication := m.srv.Registry().Acks()
	if replication != nil {
		if err := replication.Refuses("WAITAOF"); err != nil {
			return err
		}
	}
	s, pos := c.Session, m.w.fedTo()
	logged := func() int64 { // on replicas
		if replication == nil {
			return 0
		}
		return replication.Logged(s)
	}
	kept, acks := m.acked(pos)
	switch {
	case local > 0 && !kept:
		return errNoLog
	case acks >= local && logged() >= replicas:
		tellAcks(c, acks, logged())
		return nil
	}
	enough := func() bool {
		_, acks := m.acked(pos)
		return acks >= local && logged() >= replicas
	}
	return c.Block(core.Wait{
		Deadline: deadline,
		Parked: func(end func()) {
			if local > 0 {
				m.waits.add(s, wait{pos, enough, end})
				m.letGo() // it may have become safe, or the log have ended, just before
			}
			if replicas > 0 && replication != nil {
				replication.Await(s, replicas, func() {
					if enough() { // else the log's coming so far ends it
						end()
					}
				})
			}
		},
		Expired: func(c *core.Ctx) {
			m.waits.drop(s)
			kept, acks := m.acked(pos)
			if local > 0 && !kept {
				c.Error(errNoLog.Error())
				return
			}
			tellAcks(c, acks, logged())
		},
	})
}

// tellAcks answers how many logs are safe: this one, and those of replicas.
func tellAcks(c *core.Ctx, acks, logged int64) {
	c.Array(2)
	c.Int(acks)
	c.Int(logged)
}

// acked tells whether a log is kept, and whether it is safe up to pos (1) or not (0).
// One that has no base yet is not.
func (m *module) acked(pos uint64) (kept bool, acks int64) {
	m.mu.Lock()
	state := m.state
	m.mu.Unlock()
	if state == on && m.w.safe() >= pos {
		acks = 1
	}
	return state != off, acks
}

// Fed implements core.Log.
func (m *module) Fed() uint64 { return m.w.fedTo() }

// Safe implements core.Log.
func (m *module) Safe() (pos uint64, kept bool) {
	m.mu.Lock()
	state := m.state
	m.mu.Unlock()
	return m.w.safe(), state == on
}

// Await implements core.Log: who asks is no session, but waits like one.
func (m *module) Await(pos uint64, end func()) {
	m.waits.add(&m.outside, wait{pos, func() bool { return true }, end})
	m.letGo()
}

// letGo ends the waits for what is safe, or all if there is no log any more. It is
// called, without writer.mu, when either may have changed.
func (m *module) letGo() {
	if m.waits.n.Load() == 0 {
		return
	}
	m.mu.Lock()
	state := m.state
	m.mu.Unlock()
	switch state {
	case on:
		m.waits.reached(m.w.safe())
	case off:
		m.waits.end()
	}
}

// waits are the sessions that WAITAOF has parked until the log is safe.
type waits struct {
	n   atomic.Int64 // of them: there is mostly nobody to look for
	mu  sync.Mutex   // under it only leaves are locked
	all map[*core.Session]wait
}

type wait struct {
	pos    uint64      // up to which the log is to be safe
	enough func() bool // whether that was all, with what replicas have
	end    func()      // ends the wait, whatever has come of it
}

func (ws *waits) add(s *core.Session, w wait) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.all == nil {
		ws.all = map[*core.Session]wait{}
	}
	ws.all[s] = w
	ws.n.Store(int64(len(ws.all)))
}

// drop forgets a session that waits no more, or never did.
func (ws *waits) drop(s *core.Session) {
	if ws.n.Load() == 0 {
		return
	}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	delete(ws.all, s)
	ws.n.Store(int64(len(ws.all)))
}

// reached ends the waits for what comes before pos, if they are for nothing else.
func (ws *waits) reached(pos uint64) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for s, w := range ws.all {
		if w.pos <= pos && w.enough() {
			delete(ws.all, s)
			w.end()
		}
	}
	ws.n.Store(int64(len(ws.all)))
}

// end ends all waits.
func (ws *waits) end() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for s, w := range ws.all {
		delete(ws.all, s)
		w.end()
	}
	ws.n.Store(0)
}
