package engine

import (
	"sync/atomic"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/resp"
	"github.com/ferrousdb/ferrous/host/network"
)

// session is one connection: the parser's state, what waits to be sent, and
// what modules see of it. It belongs to a worker, whose lock is held by
// whoever touches it, but for what is said to be otherwise.
type session struct {
	core.Session
	eng    *Engine
	worker *worker
	link   network.Link // how its driver sends and closes
	db     *keyspace.DB

	parser parser
	query  []byte // bytes received that are not yet executed
	large  shape  // of the last request, if the last thing that it sent was a large argument

	pending   network.Output
	source    core.Source // what it is sent when nothing is pending, nil for nothing
	called    atomic.Bool // a call of Ready is on its way
	softSince int64       // since when the soft output limit is exceeded, Unix ms

	weighed int // what it adds to the sum of all sessions' memory

	kind     core.ClientType
	wait     *waiter   // set while blocked on keys
	paused   bool      // held back by CLIENT PAUSE
	job      *core.Job // its command is put off until that is done
	prepared *core.Job // has been done for the command that comes next
	running  bool      // its command takes long, and has let others go on

	wrote      bool          // it has changed something since its last reply was sent
	heldAt     *core.Barrier // holds its replies, nil for none
	heldFor    uint64        // until it has come so far
	heldWrote  bool          // a write of its own is among what waits
	heldBreaks uint64        // how often any had been broken when it began to

	closing closeState
	reason  string // why it is closed, for the log
	dirty   bool   // on its worker's list of sessions to flush
	tls     bool
	unix    bool
	fd      int
	lastCmd *core.Command

	// index is the place in the worker's list of sessions.
	index int
}

// closeState says how far a session is on its way out.
type closeState uint8

const (
	open       closeState = iota
	closeAfter            // when everything pending has been sent
	closeNow
	closed
)

// Deliver implements core.Conn.
func (s *session) Deliver(b []byte) { s.worker.mail(letter{to: s, bytes: b}) }

// DeliverMessage implements core.Conn.
func (s *session) DeliverMessage(m *core.Message) { s.worker.mail(letter{to: s, message: m}) }

// DeliverFunc implements core.Conn.
func (s *session) DeliverFunc(fn func(*core.Session, *resp.Writer)) {
	s.worker.mail(letter{to: s, fn: fn})
}

// Close implements core.Conn.
func (s *session) Close(afterReply bool, reason string) {
	want := closeNow
	if afterReply {
		want = closeAfter
	}
	if s.closing >= want {
		return
	}
	s.closing, s.reason = want, reason
	s.worker.touch(s)
	if f, ok := s.link.(followed); ok && want == closeNow {
		f.end() // who plays it hears only of what comes, or that nothing does any more
	}
}

// Unblock implements core.Conn.
func (s *session) Unblock(with error) bool {
	return s.wait != nil && s.eng.blocked.unblock(s.wait, with)
}

// SetType implements core.Conn.
func (s *session) SetType(t core.ClientType) { s.kind = t }

// Info implements core.Conn.
func (s *session) Info() core.ConnInfo {
	info := core.ConnInfo{
		FD:          s.fd,
		Type:        s.kind,
		UnixSocket:  s.unix,
		TLS:         s.tls,
		Blocked:     s.wait != nil || s.paused,
		Closing:     s.closing != open,
		QueryBuf:    len(s.query) + s.parser.received(),
		QueryFree:   cap(s.query) - len(s.query),
		OutputList:  s.pending.Pieces(),
		OutputBytes: s.pending.Bytes() + int(s.behind()),
		Memory:      s.memory(),
		Loop:        s.worker.id,
	}
	if s.lastCmd != nil {
		info.LastCommand = s.lastCmd.FullName()
	}
	return info
}

// sessionSize is what a session takes without buffers, roughly.
const sessionSize = 512

func (s *session) memory() int {
	n := sessionSize + cap(s.query) + s.parser.memory() + s.QueuedBytes + s.HeldBytes
	n += s.pending.Memory()
	return n
}

// queue puts reply bytes behind what is already waiting. owned says that b
// stays unchanged; else it is copied.
func (s *session) queue(b []byte, owned bool) {
	if len(b) > 0 {
		s.worker.barred(s)
		s.pending.Add(b, owned, s.eng.buffers)
	}
}

// send sends what is pending, and then what the source has; more tells that this was
// not all.
func (s *session) send() (more bool, err error) {
	if s.pending.Bytes() > 0 {
		if err = s.sendPending(); err != nil || s.pending.Bytes() > 0 {
			return true, err
		}
	}
	if s.source == nil || s.closing != open {
		return false, nil
	}
	return s.pull()
}

// sendPending sends as much as the socket takes.
func (s *session) sendPending() error {
	n, writes, err := s.pending.Send(s.link, s.eng.buffers)
	s.worker.stats.netOut += n
	s.eng.writes.Add(writes)
	return err
}
