package aof

import (
	"math"
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
	replicas, err := c.ArgInt(2)
	switch {
	case err != nil:
		return err
	case replicas < 0:
		return core.ErrNotPositive
	}
	deadline, err := c.TimeoutMillis(3)
	if err != nil {
		return err
	}
	pos := m.w.fedTo()
	kept, acks := m.acked(pos)
	switch {
	case local > 0 && !kept:
		return errNoLog
	case acks >= local && replicas == 0:
		tellAcks(c, acks)
		return nil
	}
	s, until := c.Session, pos
	if replicas > 0 {
		until = forReplicas
	}
	return c.Block(core.Wait{
		Deadline: deadline,
		Parked: func(end func()) {
			if local > 0 {
				m.waits.add(s, wait{until, end})
				m.letGo() // it may have become safe, or the log have ended, just before
			}
		},
		Expired: func(c *core.Ctx) {
			m.waits.drop(s)
			kept, acks := m.acked(pos)
			if local > 0 && !kept {
				c.Error(errNoLog.Error())
				return
			}
			tellAcks(c, acks)
		},
	})
}

// tellAcks answers how many logs are safe: this one, and those of replicas, of which
// there are none yet.
func tellAcks(c *core.Ctx, acks int64) {
	c.Array(2)
	c.Int(acks)
	c.Int(0)
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
		m.waits.end(m.w.safe())
	case off:
		m.waits.end(forReplicas)
	}
}

// forReplicas is the position of a client that waits for replicas too: of the log
// only its end ends that.
const forReplicas = math.MaxUint64

// waits are the sessions that WAITAOF has parked until the log is safe.
type waits struct {
	n   atomic.Int64 // of them: there is mostly nobody to look for
	mu  sync.Mutex   // under it only mailboxes are locked
	all map[*core.Session]wait
}

type wait struct {
	pos uint64 // up to which the log is to be safe
	end func() // ends the wait, whatever has come of it
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

// end ends the waits for what comes before pos.
func (ws *waits) end(pos uint64) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for s, w := range ws.all {
		if w.pos <= pos {
			delete(ws.all, s)
			w.end()
		}
	}
	ws.n.Store(int64(len(ws.all)))
}
