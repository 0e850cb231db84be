package network

// Link is a driver's side of one connection. Its methods are called within a turn
// of the session's worker.
type Link interface {
	// Write sends what it can of b at once and returns how much that was; b is the
	// caller's again. An error means that the connection is broken.
	Write(b []byte) (int, error)
	// WantWrite asks for a call of Session.Flush when more can be sent.
	WantWrite(on bool)
	// WantRead(false) asks for no more of what the client sends until WantRead(true).
	WantRead(on bool)
	// Close releases the connection; the session is not used any more.
	Close()
}

// Worker executes what its connections bring, one thing at a time.
type Worker interface {
	// Turn runs fn as the worker: under its lock, its clock read before, its mail
	// delivered and what is pending sent after. A panic in fn breaks the worker.
	Turn(fn func())
	// TurnWithin is Turn in the midst of a command that takes long, which holds the
	// worker's lock.
	TurnWithin(fn func())
	// Post runs fn in a turn soon. Safe from any goroutine.
	Post(fn func())
	// EndAll ends all sessions, within a turn, after what is still to be said as far
	// as the connections take it at once.
	EndAll()
	// Broken reports, within a turn, whether it takes nobody in any more.
	Broken() bool
	// Drive tells who drives it, before anything else is asked of it. shared says that
	// several goroutines take turns. wake makes the driver begin a turn soon, and is called by any goroutine;
	// pump looks, in the midst of a command that takes long, after the connections
	// that the worker is to read itself.
	Drive(shared bool, wake, pump func())
}

// Session is what a connection's driver sees of the client behind it. But for
// Abandon and Certified, its methods are called within a turn of its worker.
type Session interface {
	// Begin gives it its worker and its link. fd is the number of the connection's
	// descriptor, for people.
	Begin(w Worker, l Link, fd int)
	// Certified tells, before Begin, which names of users the client's certificate has.
	Certified(users []string)
	// Abandon ends a session that has not begun. Safe from any goroutine.
	Abandon()
	// Ended reports that the connection is of no use any more.
	Ended() bool
	// Deaf reports that nothing is to be read now. WantRead tells when it is over.
	Deaf() bool
	// Room returns where to read to: shared, or a part of it, or room of the session's
	// own, whose first free byte it begins with. What there is no room for may be read
	// to beyond, by a driver that can read to two places at once.
	Room(shared []byte) (room, beyond []byte, own bool)
	// Received executes the n bytes that have been read to room, and then to beyond.
	// room is the driver's again unless it is the session's own.
	Received(room []byte, n int, own bool)
	// Flush sends what is pending, and ends a session that is closed.
	Flush()
	// Close ends the connection for a reason, which the log tells.
	Close(afterReply bool, reason string)
}

// Host is who is listened for.
type Host interface {
	// Accepted makes a session for a connection of a listener of a kind ("tcp", "tls",
	// "unix"), or says why it is refused: the text is for the client. Safe from any
	// goroutine.
	Accepted(kind, remote, local string) (s Session, refusal string)
	// Clients is how many sessions there are, for the log.
	Clients() int64
}

// ClosedByClient is the reason for most sessions' end.
const ClosedByClient = "closed by the client"
