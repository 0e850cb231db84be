package tracking

import (
	"sync"
	"sync/atomic"

	"github.com/ferrousdb/ferrous/core"
)

// client is what tracking knows of a session: of one that tracks or has done so,
// or that gets another's invalidations. It lives as long as its session.
type client struct {
	session  *core.Session
	broken   core.Mark
	state    atomic.Uint32          // of the bits below: any event loop may look
	redirect atomic.Pointer[client] // who gets its invalidations, nil for itself
	prefixes []string               // in broadcast mode, sorted; guarded by broadcasts.mu
}

// The states of a client.
const (
	tracks       uint32 = 1 << iota
	broadcasting        // BCAST
	optIn               // OPTIN: only what CACHING YES comes before is remembered
	optOut              // OPTOUT: all but what CACHING NO comes before
	noLoop              // NOLOOP: its own changes are not told
	choice              // CACHING was given for the next command or transaction
	gone                // the session has ended
)

func (cl *client) is(state uint32) bool { return cl.state.Load()&state != 0 }

// wantsReads reports whether what the client is reading is to be remembered.
func (cl *client) wantsReads() bool {
	switch s := cl.state.Load(); {
	case s&broadcasting != 0:
		return false
	case s&optIn != 0:
		return s&choice != 0
	case s&optOut != 0:
		return s&choice == 0
	}
	return true
}

// tell sends a notice to who gets the client's; c is the command that caused it,
// nil if none did. To the session whose command it is it comes right after the
// reply, as in Redis.
func (cl *client) tell(c *core.Ctx, n *notice) {
	to := cl.redirect.Load()
	switch {
	case to == nil:
		cl.give(c, n.own())
	case to.is(gone):
		cl.session.Marks.Set(cl.broken, true)
		cl.give(c, broken(to.session.ID))
	default:
		to.session.Conn.DeliverFunc(n.redirected())
	}
}

func (cl *client) give(c *core.Ctx, message *core.Message) {
	if c != nil && c.Session == cl.session {
		c.AfterReply(message)
		return
	}
	cl.session.Conn.DeliverMessage(message)
}

// clients knows those that track.
type clients struct {
	n    atomic.Int32 // how many there are
	mu   sync.RWMutex
	byID map[uint64]*client

	choosing int // how many have OPTIN or OPTOUT
}

// find returns a client that tracks, nil if the session does not (any more).
func (k *clients) find(id uint64) *client {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.byID[id]
}

func (k *clients) each(fn func(cl *client)) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	for _, cl := range k.byID {
		fn(cl)
	}
}

// of returns the client of a session, which has one from now on. It is the
// session's loop that calls, or all stand still.
func (m *module) of(s *core.Session) *client {
	cl, _ := s.Slots[m.slot].(*client)
	if cl == nil {
		cl = &client{session: s, broken: m.broken}
		s.Slots[m.slot] = cl
	}
	return cl
}

// start makes a client track in a new way; prefixes add to those that it has.
// Every event loop stands still.
func (m *module) start(cl *client, to *client, state uint32, prefixes []string) {
	s := cl.session
	s.Marks.Set(m.tracked, true)
	s.Marks.Set(m.broken, false)
	s.Marks.Set(m.broadcast, state&broadcasting != 0)
	m.clients.mu.Lock()
	if m.clients.byID == nil {
		m.clients.byID = map[uint64]*client{}
	}
	m.clients.byID[s.ID] = cl
	// A choice that was made is still to be used.
	m.enter(cl, state|tracks|cl.state.Load()&choice)
	m.clients.mu.Unlock()
	cl.redirect.Store(to)
	m.broadcasts.add(cl, prefixes)
	m.turns.Set(m.broadcasts.n.Load() > 0)
}

// stop makes a session track no more. What it has read stays in the table until
// it changes, or until nobody tracks.
func (m *module) stop(s *core.Session) {
	cl, _ := s.Slots[m.slot].(*client)
	if cl == nil || !cl.is(tracks) {
		return
	}
	for _, mark := range []core.Mark{m.tracked, m.broken, m.broadcast} {
		s.Marks.Set(mark, false)
	}
	m.broadcasts.remove(cl)
	m.turns.Set(m.broadcasts.n.Load() > 0)
	m.clients.mu.Lock()
	delete(m.clients.byID, s.ID)
	m.enter(cl, 0)
	last := len(m.clients.byID) == 0
	m.clients.mu.Unlock()
	if last { // nobody can begin meanwhile: that stops every loop, this one too
		m.table.clear()
	}
}

// enter gives a client its state and turns the hooks on that the clients need.
// The list of clients is locked.
func (m *module) enter(cl *client, state uint32) {
	k := &m.clients
	was := cl.state.Swap(state)
	if was&(optIn|optOut) != 0 {
		k.choosing--
	}
	if state&(optIn|optOut) != 0 {
		k.choosing++
	}
	k.n.Store(int32(len(k.byID)))
	on := len(k.byID) > 0
	m.changes.Set(on)
	m.reads.Set(on)
	m.choices.Set(k.choosing > 0)
}

// closed is the hook for sessions that end, which track no more.
func (m *module) closed(s *core.Session) {
	if cl, _ := s.Slots[m.slot].(*client); cl != nil {
		cl.state.Store(gone)
	}
}

// forgetChoice is the hook for the end of commands: CLIENT CACHING is about the
// next command, or the next transaction, that is no subcommand of CLIENT itself.
func (m *module) forgetChoice(c *core.Ctx, _ core.Done) {
	s := c.Session
	if s == nil || c.NoBlock { // run by a command: the end of that one is to come
		return
	}
	cl, _ := s.Slots[m.slot].(*client)
	if cl == nil || !cl.is(choice) || s.InMulti || c.Cmd != nil && c.Cmd.Container() == m.container {
		return
	}
	cl.state.And(^choice)
}
