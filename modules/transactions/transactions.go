// Package transactions brings MULTI, EXEC, DISCARD, WATCH and UNWATCH.
//
// While a session is in MULTI a tx stands before its commands and queues them.
// EXEC is one command to the host: its row tells from the queue which locks and
// flags it has, so all that was queued runs under locks taken once, on
// whatever event loops others are. Watched keys are in a table that the hook for
// changed keys looks into; the hook is off while nobody watches.
//
// The module knows the commands it runs only by their rows, and is linked in by
// New; nothing else of it is exported.
package transactions

import (
	"strconv"

	"github.com/ferrousdb/ferrous/core"
)

// New makes the module.
func New() core.Module { return &module{} }

type module struct {
	slot    int // of the session's tx
	watched table
}

// Name implements core.Module.
func (*module) Name() string { return "transactions" }

// Register implements core.Module.
func (m *module) Register(r *core.Registry) error {
	m.slot, m.watched.dirty = r.SessionSlot(), r.Mark('d')
	r.ClientFlag(core.ClientFlag{Letter: 'x', On: func(s *core.Session, _ *core.ConnInfo) bool { return s.InMulti }})
	r.ClientField(core.ClientField{Name: "multi", Append: m.appendQueued})
	m.watched.sw = r.OnChange(m.watched.changed)
	r.OnFlush(m.watched.flushed)
	r.OnSwap(m.watched.swapped)
	r.OnReset(m.end)
	r.Commands(m.rows()...)
	return nil
}

// Start implements core.Starter.
func (m *module) Start(s core.Server) error {
	m.watched.server = s
	return nil
}

// end is for a session that gives up its transaction and its watched keys.
func (m *module) end(s *core.Session) {
	if t, ok := s.Slots[m.slot].(*tx); ok {
		m.discard(t)
	}
}

// of returns the transaction state of a session, nil if it has none.
func (m *module) of(s *core.Session) *tx {
	if s == nil {
		return nil
	}
	t, _ := s.Slots[m.slot].(*tx)
	return t
}

// appendQueued is the field multi of CLIENT LIST: how many commands are queued, -1 without MULTI.
func (m *module) appendQueued(b []byte, s *core.Session) []byte {
	if t := m.inMulti(s); t != nil {
		return strconv.AppendInt(b, int64(len(t.queue)), 10)
	}
	return append(b, "-1"...)
}

// inMulti returns the transaction that a session is in, nil if it is in none.
func (m *module) inMulti(s *core.Session) *tx {
	if t := m.of(s); t != nil && t.open {
		return t
	}
	return nil
}

// make returns the transaction state of a session, which has one from now on.
func (m *module) make(s *core.Session) *tx {
	t := m.of(s)
	if t == nil {
		t = &tx{session: s}
		s.Slots[m.slot] = t
	}
	return t
}
