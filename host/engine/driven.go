package engine

import (
	"net/netip"
	"slices"
	"sync/atomic"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/host/network"
)

// This is the host's half of the wall to the network: sessions are made of accepted
// connections, and drivers hand over what these bring.

// acceptStats count connections; INFO shows them.
type acceptStats struct {
	accepted, rejected atomic.Int64
}

// Accepted implements network.Host.
func (eng *Engine) Accepted(kind, remote, local string) (network.Session, string) {
	s, refusal := eng.accept(kind, remote, local)
	if s == nil { // else the interface would not be nil
		return nil, refusal
	}
	return s, ""
}

// SessionOf returns what modules see of a session that Accepted has made.
func SessionOf(s network.Session) *core.Session { return &s.(*session).Session }

// Clients implements network.Host.
func (eng *Engine) Clients() int64 { return eng.clients.Load() }

// accept makes a session for a connection of a client, or says why it is refused: the
// text is sent to the client.
func (eng *Engine) accept(kind, remote, local string) (*session, string) {
	if n := eng.clients.Add(1); n > eng.params.MaxClients.Load() {
		eng.clients.Add(-1)
		eng.accepts.rejected.Add(1)
		eng.log.Debug("a client is refused: max number of clients reached", "addr", remote)
		return nil, "-ERR max number of clients reached\r\n"
	}
	eng.accepts.accepted.Add(1)
	s := eng.newSession(remote, local)
	s.tls, s.unix = kind == "tls", kind == "unix"
	return s, ""
}

// newSession makes the session of a connection that somebody has opened, the server
// itself perhaps. It is counted (clients) by whoever wants it, until its end.
func (eng *Engine) newSession(remote, local string) *session {
	s, now := &session{eng: eng, db: eng.ks.DB(0)}, eng.clock.Load()
	s.Session = core.Session{
		ID: eng.ids.Add(1), Proto: 2, Addr: remote, LocalAddr: local, Created: now, Active: now,
		Authenticated: true, User: "default", Slots: make([]any, eng.registry.SessionSlots()), Conn: s,
	}
	return s
}

// denied is what a stranger is told in protected mode.
const denied = "-DENIED ferrous runs in protected mode: no password is set, so only clients on this machine are served. " +
	"Set a password (requirepass), or turn the protection off with CONFIG SET protected-mode no from this machine " +
	"or with the parameter protected-mode, if nobody else can reach this port.\r\n"

// protects reports whether a session must be refused because nobody has set a
// password and the client is on another machine.
func (eng *Engine) protects(s *session) bool {
	if !eng.params.protected.Load() || !s.Authenticated || s.unix || slices.Contains(s.Names, s.User) {
		return false
	}
	ap, err := netip.ParseAddrPort(s.Addr)
	return err != nil || !ap.Addr().Unmap().IsLoopback()
}

// protect refuses a session that protected mode is about. The worker's lock is
// held.
func (w *worker) protect(s *session) {
	if !w.eng.protects(s) {
		return
	}
	w.eng.accepts.rejected.Add(1)
	w.eng.log.Debug("a client from elsewhere is refused in protected mode", "id", s.ID, "addr", s.Addr)
	s.queue([]byte(denied), true)
	s.Close(true, "protected mode")
}

// Begin implements network.Session.
func (s *session) Begin(w network.Worker, l network.Link, fd int) {
	s.worker, s.link, s.fd = w.(*worker), l, fd
	s.worker.begin(s)
	s.worker.protect(s)
}

// Certified implements network.Session.
func (s *session) Certified(users []string) { s.Names = users }

// Abandon implements network.Session.
func (s *session) Abandon() { s.eng.clients.Add(-1) }

// Ended implements network.Session.
func (s *session) Ended() bool { return s.closing == closed }

// Deaf implements network.Session.
func (s *session) Deaf() bool { return s.heldAt != nil || s.running || s.busy() }

// Room implements network.Session.
func (s *session) Room(shared []byte) (room, beyond []byte, own bool) {
	if room := s.ahead(); room != nil {
		return room, nil, true
	}
	if s.large.bulk > 0 {
		room, beyond = s.worker.expect(s, shared)
		return room, beyond, false
	}
	return shared, nil, false
}

// Received implements network.Session.
func (s *session) Received(room []byte, n int, own bool) {
	w := s.worker
	w.stats.netIn += int64(n)
	w.stats.reads++
	switch {
	case own:
		s.readAhead(n)
		w.arrived(s, nil)
	case n > len(room):
		w.expected(s, room, n-len(room))
		w.arrived(s, nil)
	default:
		w.arrived(s, room[:n])
	}
	w.finish(s)
}

// Flush implements network.Session.
func (s *session) Flush() { s.worker.flush(s) }

// Turn implements network.Worker.
func (w *worker) Turn(fn func()) {
	w.enter()
	defer w.leave()
	defer w.rescue()
	w.tick()
	begun := w.stats.lastClock
	fn()
	w.settle()
	w.countTurn(begun)
}

// TurnWithin implements network.Worker.
func (w *worker) TurnWithin(fn func()) {
	w.tick()
	fn()
	w.settle()
}

// Post implements network.Worker.
func (w *worker) Post(fn func()) { w.mail(letter{run: fn}) }

// EndAll implements network.Worker.
func (w *worker) EndAll() {
	w.deliver() // there may be connections in it
	w.endAll()
}

// Broken implements network.Worker.
func (w *worker) Broken() bool { return w.broken }

// Drive implements network.Worker.
func (w *worker) Drive(shared bool, wake, pump func()) {
	w.wake, w.pump = wake, pump
	if shared {
		w.gap = w.gapShared
	}
}
