package core

import (
	"errors"
	"slices"
	"sync/atomic"

	"github.com/ferrousdb/ferrous/core/resp"
)

// Session is one client connection as modules see it. It belongs to the event
// loop of its connection: its fields may be read and written by the handlers of
// its own commands, by its hooks, and by commands with the flag AllSessions,
// which run while every loop stands still. Whoever else wants something of a
// session uses Deliver.
type Session struct {
	ID        uint64
	Name      string
	DB        int // the selected database
	Proto     int // 2 or 3
	LibName   string
	LibVer    string
	Addr      string // of the peer, "ip:port" or the path of a unix socket
	LocalAddr string
	Created   int64 // Unix milliseconds
	Active    int64 // when the last command arrived, Unix milliseconds

	Authenticated bool
	User          string // the name of the authenticated user
	// Names are those that the client's certificate gives it, the first to be preferred. Of
	// them the first that is a user is the session's, without a password.
	Names []string
	// Perms are the user's permissions, nil for one who may do everything.
	Perms Permissions

	NoEvict bool // CLIENT NO-EVICT
	NoTouch bool // CLIENT NO-TOUCH
	Reply   ReplyMode
	Marks   Marks // states that belong to modules: see Registry.Mark

	InMulti    bool // an interceptor queues its commands (MULTI)
	Subscriber bool // it gets messages that it has subscribed to

	// What modules keep in memory for it, bytes: of requests that are to run later, which
	// count as requests, and of anything else.
	QueuedBytes, HeldBytes int

	// Intercept, if set, sees each command of the session before it runs. Use
	// Push and Pop: it may be several.
	Intercept Interceptor

	// Slots hold the modules' own state; see Registry.SessionSlot.
	Slots []any

	// Conn is the host's side of the session.
	Conn Conn
}

// Mark is a state of sessions that belongs to the module which has made it
// (Registry.Mark); the others only see its letter in CLIENT LIST.
type Mark uint32

// Marks is a set of marks; it may be used from any goroutine.
type Marks struct{ bits atomic.Uint32 }

// Set puts a mark on or takes it off.
func (m *Marks) Set(mark Mark, on bool) {
	if on {
		m.bits.Or(uint32(mark))
	} else {
		m.bits.And(^uint32(mark))
	}
}

// Has reports whether a mark is on.
func (m *Marks) Has(mark Mark) bool { return m.bits.Load()&uint32(mark) != 0 }

// ReplyMode is the state of CLIENT REPLY.
type ReplyMode uint8

// The modes. SkipNext becomes Skip for the command that follows.
const (
	ReplyOn ReplyMode = iota
	ReplyOff
	ReplySkipNext
	ReplySkip
)

// Quiet reports whether replies are not sent, because of CLIENT REPLY.
func (s *Session) Quiet() bool { return s.Reply == ReplyOff || s.Reply == ReplySkip }

// Interceptor stands between the parser and the commands of a session: it is
// how MULTI queues and a subscriber's commands are restricted. It must be
// comparable: a pointer.
type Interceptor interface {
	// Command is called for each command found in the table, its arity being
	// right, before locks are taken. done means that the command has been dealt
	// with: queued, or refused with err.
	Command(c *Ctx) (done bool, err error)
	// Refused is called when a command was answered with an error before it
	// could run: unknown (c.Cmd is nil then), wrong arity, no permission, or
	// refused by an interceptor, this one or another.
	Refused(c *Ctx, err error)
}

// Push puts an interceptor before those that the session has. What it refuses is
// not seen by them, and not queued.
func (s *Session) Push(i Interceptor) { s.insert(i, 0) }

// PushLast puts an interceptor behind those that the session has, next to the
// commands: it is for one that takes commands for later, of which the others
// may refuse some.
func (s *Session) PushLast(i Interceptor) { s.insert(i, 1) }

// insert puts an interceptor before all others, or with at 1 behind them.
func (s *Session) insert(i Interceptor, at int) {
	switch old := s.Intercept.(type) {
	case nil:
		s.Intercept = i
	case *interceptors:
		old.all = slices.Insert(old.all, at*len(old.all), i)
	default:
		s.Intercept = &interceptors{slices.Insert([]Interceptor{old}, at, i)}
	}
}

// Pop takes an interceptor out, wherever it stands.
func (s *Session) Pop(i Interceptor) {
	if s.Intercept == i {
		s.Intercept = nil
		return
	}
	several, ok := s.Intercept.(*interceptors)
	if !ok {
		return
	}
	if at := slices.Index(several.all, i); at >= 0 {
		several.all = slices.Delete(several.all, at, at+1)
	}
	if len(several.all) == 1 {
		s.Intercept = several.all[0]
	}
}

// interceptors are several of them, in the order in which they are asked.
type interceptors struct{ all []Interceptor }

// Command implements Interceptor: the first that deals with the command is the
// last that sees it.
func (n *interceptors) Command(c *Ctx) (done bool, err error) {
	for _, i := range n.all {
		if done, err = i.Command(c); done {
			return true, err
		}
	}
	return false, nil
}

// Refused implements Interceptor: all learn of a refusal.
func (n *interceptors) Refused(c *Ctx, err error) {
	for _, i := range n.all {
		i.Refused(c, err)
	}
}

// ErrNoClient is the error of commands about a connection that come from none: a
// log or a master may hold anything.
var ErrNoClient = errors.New("this command needs a client connection")

// ForClient makes a handler refuse calls that come from no client.
func ForClient(run Handler) Handler {
	return func(c *Ctx) error {
		if c.Session == nil || c.Session.Conn == nil {
			return ErrNoClient
		}
		return run(c)
	}
}

// Conn is what the host does for a session.
type Conn interface {
	// Deliver hands encoded replies or push messages to the session from any
	// goroutine. The bytes must not be changed afterwards: many sessions may
	// share them. They are sent after what is already on its way.
	Deliver(b []byte)
	// DeliverMessage is Deliver of a message in the session's protocol.
	DeliverMessage(m *Message)
	// DeliverFunc runs fn on the session's own loop, where it may use the
	// session's fields; w writes to the session. It is not run if the session
	// has ended.
	DeliverFunc(fn func(s *Session, w *resp.Writer))
	// Pull makes the session send, whenever nothing else waits to be sent, what a
	// source has. The caller is the session's own loop. A source is forgotten when the
	// session ends, before Closed is called.
	Pull(from Source)
	// SaveOnPackets has the system wait for more before it sends packets that are not full,
	// from now on. The caller is the session's own loop.
	SaveOnPackets()
	// Ready says that the session's source has something again. It may be called from
	// any goroutine; a hook of OnTurnEnd gives its loop, others -1.
	Ready(loop int)
	// Close ends the session: at once, or after what was written so far has
	// been sent. reason goes to the log.
	Close(afterReply bool, reason string)
	// Unblock ends the session's wait, as if by timeout (nil) or with an error (ErrUnblocked). It
	// reports whether the session was blocked. Same conditions as Info.
	Unblock(with error) bool
	// Info describes the connection for CLIENT LIST; the caller is the
	// session's own loop, a command with AllSessions, or a Look at the session.
	Info() ConnInfo
	// Type is the class for client-output-buffer-limit.
	SetType(t ClientType)
}

// ClientType is the class of a client: it decides its output buffer limits.
type ClientType uint8

// The classes, as CLIENT LIST TYPE and KILL TYPE name them.
const (
	ClientNormal ClientType = iota
	ClientReplica
	ClientPubSub
	ClientMaster
)

// String returns the name of the class.
func (t ClientType) String() string {
	return [...]string{"normal", "replica", "pubsub", "master"}[t]
}

// ConnInfo is what the host knows of a connection.
type ConnInfo struct {
	FD          int
	Type        ClientType
	UnixSocket  bool
	TLS         bool
	Blocked     bool
	Closing     bool
	QueryBuf    int // bytes of a command not yet complete
	QueryFree   int // unused bytes of that buffer
	OutputBuf   int // bytes of replies waiting in the first buffer
	OutputList  int // number of further buffers waiting
	OutputBytes int // bytes in them
	Memory      int // bytes held by the session in all
	ArgvMemory  int // of those, arguments of an incomplete command
	LastCommand string
	Loop        int // which event loop
}

// Source is what a session is sent beside replies and messages, pulled as its connection takes
// it: a stream that has no end, or that is too large to wait in memory. It is called
// on the session's own loop.
type Source interface {
	// Next returns what is to be sent next, or a part of that; nothing if there is
	// nothing at the moment, and then Conn.Ready is called when there is. The bytes
	// stay as they are until Sent.
	Next() []byte
	// Sent says that the first n bytes of what Next returned are on their way.
	Sent(n int)
	// Behind returns how many bytes are held in memory for the session to be sent:
	// for them the limits of its class hold (client-output-buffer-limit).
	Behind() int64
	// Relieve is asked when the limits are exceeded by so many bytes that are held.
	// True means that something is done about it; else the session is disconnected.
	Relieve(held int64) bool
}
