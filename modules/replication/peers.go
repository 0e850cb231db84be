package replication

import (
	"net"
	"slices"
	"strconv"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/resp"
)

// peer is a replica of this server: what it has told of itself (REPLCONF), how far it
// has come, what it has acknowledged. It is the source that its session is sent
// from. module.peersMu guards it, but that what it has told before it is one of the peers
// is its session's.
type peer struct {
	m *module
	s *core.Session

	// What it has told.
	port    int    // where it listens
	ip      string // where it says that it can be reached, if it does
	eof     bool   // it takes a dump whose length is not known
	psync2  bool   // it knows that ids change
	rdbOnly bool   // it wants a dump and no stream
	filter  filter
	version int  // of dumps that it reads, 0 if it has not said
	old     bool // it came with SYNC: it acknowledges nothing

	phase    phase
	head     []byte // is sent first
	mute     bool   // it has to acknowledge its dump before it is sent more
	cursor   *cursor
	was      *cursor // that the replica has been left without
	transfer *transfer
	part     *cursor // of the transfer
	since    int64   // when it asked for a sync, Unix milliseconds
	alive    int64   // when it last took or said something, Unix milliseconds
	ack      int64   // its offset
	fack     int64   // up to where its own log is safe, -1 if it has not said
}

// phase is how far a replica is.
type phase uint8

const (
	greeting phase = iota // it has asked for nothing yet
	waiting               // for a dump to begin
	sending               // it is being sent one
	online                // it is sent the stream
	leaving               // it is about to be disconnected
)

// String is the name of the phase in INFO and ROLE.
func (p phase) String() string {
	return [...]string{"", "wait_bgsave", "send_bulk", "online", ""}[p]
}

// shown reports whether the replica is one for INFO and ROLE.
func (p *peer) shown() bool { return p.phase == waiting || p.phase == sending || p.phase == online }

// state is the phase as INFO has it: a dump whose length is not told is sent while it is made, which to
// Redis is the making.
func (p *peer) state() string {
	if p.phase == sending && p.transfer != nil && p.transfer.eof {
		return waiting.String()
	}
	return p.phase.String()
}

// Next implements core.Source.
func (p *peer) Next() []byte {
	p.m.peersMu.Lock()
	defer p.m.peersMu.Unlock()
	switch {
	case len(p.head) > 0:
		return p.head
	case p.phase == sending:
		return p.transfer.next(p)
	case p.phase == online && !p.mute:
		if p.m.lost(p, p.cursor.pos) {
			p.m.srv.Log().Warn("Disconnecting replica " + p.name() + ": " + unreadable)
			p.dismiss("it cannot read the stream")
			return nil
		}
		return p.m.stream.next(p.cursor)
	}
	return nil
}

// Sent implements core.Source.
func (p *peer) Sent(n int) {
	if n == 0 {
		return
	}
	p.m.peersMu.Lock()
	defer p.m.peersMu.Unlock()
	p.m.figures.sent += int64(n)
	switch {
	case len(p.head) > 0:
		p.head = p.head[n:]
	case p.phase == sending:
		p.alive = p.m.srv.Now()
		p.transfer.advance(p, n)
	case p.phase == online:
		p.m.stream.advance(p.cursor, n)
	}
}

// Behind implements core.Source: what the stream holds for the replica counts as the
// replica's once it is more than the backlog would hold anyway, as in Redis.
func (p *peer) Behind() int64 {
	p.m.peersMu.Lock()
	defer p.m.peersMu.Unlock()
	if p.cursor == nil {
		return 0
	}
	n, lost := p.m.stream.held(p.cursor)
	if lost {
		p.dismiss("what was spilled to a disk for it cannot be read")
	}
	if n > p.m.params.backlog.Load() {
		return n
	}
	return 0
}

// Relieve implements core.Source.
func (p *peer) Relieve(held int64) bool {
	p.m.peersMu.Lock()
	defer p.m.peersMu.Unlock()
	return p.cursor != nil && p.m.stream.relieve(held)
}

// ready makes the replica's loop send what there is.
func (p *peer) ready() { p.s.Conn.Ready(-1) }

// reach tells where the replica can be reached, as it says or as it seems.
func (p *peer) reach() (ip string, port int) {
	if p.ip != "" {
		return p.ip, p.port
	}
	host, _, err := net.SplitHostPort(p.s.Addr)
	if err != nil {
		host = p.s.Addr
	}
	return host, p.port
}

// name is how the log calls the replica.
func (p *peer) name() string {
	ip, port := p.reach()
	return net.JoinHostPort(ip, strconv.Itoa(port))
}

// lag is how long ago the replica said something, in seconds; now is in Unix milliseconds.
func (p *peer) lag(now int64) int64 { return max(now-p.alive, 0) / 1000 }

// of returns what a session has told of itself as a replica, nil for nothing.
func (m *module) of(s *core.Session) *peer {
	p, _ := s.Slots[m.slot].(*peer)
	return p
}

// meet is of that begins with nothing.
func (m *module) meet(s *core.Session) *peer {
	p := m.of(s)
	if p == nil {
		p = &peer{m: m, s: s, fack: -1}
		s.Slots[m.slot] = p
	}
	return p
}

// join makes a session a replica, in a phase. It is called by a handler with AllKeys.
func (m *module) join(c *core.Ctx, p *peer, in phase) {
	m.peersMu.Lock()
	defer m.peersMu.Unlock()
	p.phase, p.alive, p.since = in, c.Now, c.Now
	m.peers = append(m.peers, p)
	m.peopled()
	c.Session.Conn.SetType(core.ClientReplica)
	c.Session.Push(replicaOnly{m})
	if m.params.thrifty.Load() {
		c.Session.Conn.SaveOnPackets()
	}
	c.Session.Conn.Pull(p)
}

// closed is told of the end of a session.
func (m *module) closed(s *core.Session) {
	m.dropWait(s)
	p := m.of(s)
	if p == nil {
		return
	}
	m.peersMu.Lock()
	defer m.peersMu.Unlock()
	i := slices.Index(m.peers, p)
	if i < 0 {
		return
	}
	m.peers = slices.Delete(m.peers, i, i+1)
	p.release()
	if p.was != nil { // nothing is being sent any more
		m.stream.left(p.was)
	}
	m.srv.Log().Warn("Connection with replica " + p.name() + " lost.")
	m.peopled()
}

// release gives up what is kept for the replica, which is sent nothing more. peersMu
// is held.
func (p *peer) release() {
	if p.cursor != nil {
		p.m.stream.leave(p.cursor)
		p.was, p.cursor = p.cursor, nil
	}
	if p.transfer != nil {
		p.transfer.leave(p)
		p.transfer = nil
	}
	p.phase, p.head = leaving, nil
}

// peopled sets what depends on whether there are replicas, and which. peersMu is held.
func (m *module) peopled() {
	some := len(m.peers) > 0
	if !some {
		m.lonely = m.srv.Now()
	}
	m.turns.Set(some)
	m.writers.Set(some)
	m.judge()
}

// dismiss ends the connection of a replica. peersMu is held.
func (p *peer) dismiss(why string) {
	p.release()
	p.s.Conn.DeliverFunc(func(s *core.Session, _ *resp.Writer) { s.Conn.Close(false, why) })
}

// wake tells the loops of all replicas that there is more of the stream for them. loop is that of
// a hook of OnTurnEnd, or -1.
func (m *module) wake(loop int) {
	end := m.stream.tail.Load()
	if m.told.Swap(end) == end {
		return
	}
	m.peersMu.Lock()
	defer m.peersMu.Unlock()
	for _, p := range m.peers {
		if p.cursor != nil { // or it is to see that this is too much for a replica that takes its dump
			p.s.Conn.Ready(loop)
		}
	}
}
