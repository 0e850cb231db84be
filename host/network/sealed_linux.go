package network

import (
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A secure connection has a goroutine for its handshake, which waits for the client several
// times. Then it is a loop's like any other. What makes it secure (crypto/tls) still reads
// and writes a net.Conn: a wire, which never waits.

// wire is what a secure connection is made over. As long as hands are shaken it is the
// connection that was accepted; from then on fd is the loop's, and a Read that finds
// nothing fails as one whose deadline has passed, which leaves what is above as it was.
type wire struct {
	net.Conn        // until the handshake is done
	fd       int    // then this; -1 before
	left     int    // how many bytes may be read before others have their turn
	sealed   []byte // what has been written and is not sent yet
}

// errNotYet is what a wire says that has nothing to read.
var errNotYet = os.ErrDeadlineExceeded

// unread is why a session ends whose client has TLS answer it, and does not read that.
const unread = "the client does not read what TLS has to say"

const (
	sealAtOnce = 32 << 10       // how much is sealed before it is sent, in bytes: two records
	mostSealed = 2 * sealAtOnce // how much may wait on a wire; more than that is no replies
)

// Read implements net.Conn.
func (w *wire) Read(b []byte) (int, error) {
	if w.fd < 0 {
		return w.Conn.Read(b)
	}
	if w.left == 0 {
		return 0, errNotYet
	}
	b = b[:min(len(b), w.left)]
	n, err := rawRead(w.fd, b, nil)
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
		w.left = 0
		return 0, errNotYet
	case err != nil:
		return 0, err
	case n == 0:
		return 0, io.EOF
	case n < len(b): // this was all; to ask again would cost a system call
		w.left = 0
	default:
		w.left -= n
	}
	return n, nil
}

// Write implements net.Conn: it takes everything, since TLS cannot go on after half a record.
func (w *wire) Write(b []byte) (int, error) {
	if w.fd < 0 {
		return w.Conn.Write(b)
	}
	w.sealed = append(w.sealed, b...)
	return len(b), nil
}

// Close implements net.Conn. The loop's descriptor is closed by the loop.
func (w *wire) Close() error {
	if w.fd < 0 {
		return w.Conn.Close()
	}
	return nil
}

// SetWriteDeadline implements net.Conn.
func (w *wire) SetWriteDeadline(t time.Time) error {
	if w.fd < 0 {
		return w.Conn.SetWriteDeadline(t)
	}
	return nil
}

// under returns what a connection is to be made secure over.
func under(raw net.Conn) net.Conn { return &wire{Conn: raw, fd: -1} }

// handOver gives a connection to a loop after its handshake: conn, over what under returned.
// It reports false if no loop can have it.
func (n *Net) handOver(s Session, conn, below net.Conn) bool {
	w := below.(*wire)
	sc, ok := w.Conn.(syscall.Conn)
	if !ok {
		return false
	}
	fd, err := duplicate(sc)
	if err != nil {
		return false
	}
	w.Conn.Close() // the runtime's poller is to know nothing of it any more
	w.fd = fd
	l := n.next()
	l.w.Post(func() { n.admitted(fd, s, l.adoptSecure(s, conn, w)) })
	return true
}

// secureConn is the link of a session to a loop, with what makes the connection secure in
// between.
type secureConn struct {
	*epollConn
	conn   net.Conn // over wire
	wire   *wire
	owed   int  // bytes that are sealed, but that nobody was told are sent
	behind bool // there may be something to read of which the socket knows nothing
}

// gathers implements gatherer: nothing goes past the seal.
func (c *secureConn) gathers() bool { return false }

// adoptSecure is adopt for a connection whose handshake is done. Within a turn.
func (l *loop) adoptSecure(s Session, conn net.Conn, w *wire) error {
	plain, err := l.connect(w.fd, s)
	if err != nil {
		return err
	}
	c := &secureConn{epollConn: plain, conn: conn, wire: w}
	plain.secure = c
	s.Begin(l.w, c, w.fd)
	c.readNext() // requests may have come with the end of the handshake
	return nil
}

// readNext has the loop read in its next turn, though the socket may have nothing. What it
// reads to now may hold what somebody else has sent.
func (c *secureConn) readNext() {
	c.l.behind = append(c.l.behind, c)
	c.l.signal()
}

// readable reads what there is, up to readSize, and executes it.
func (c *secureConn) readable() {
	c.wire.left = readSize
	for more := true; more; {
		switch {
		case c.s.Ended():
			return
		case c.s.Deaf():
			c.behind = true
			c.epollConn.WantRead(false)
			return
		}
		room, beyond, own := c.s.Room(c.l.rbuf)
		n, err := c.fill(room, beyond)
		if len(c.wire.sealed) > 0 { // new keys, or that the connection is given up
			_ = c.send() // if it is broken the next Read or Write finds out
			if len(c.wire.sealed) > mostSealed {
				lost(c.s, unread)
				return
			}
		}
		more = !errors.Is(err, errNotYet)
		switch {
		case n > 0:
			c.s.Received(room, n, own) // an error comes again
		case errors.Is(err, io.EOF):
			lost(c.s, ClosedByClient)
		case more:
			lost(c.s, err.Error())
		}
	}
}

// fill reads to room, and then to beyond, until both are full or err says why not: all
// records that have come make one batch.
func (c *secureConn) fill(room, beyond []byte) (n int, err error) {
	for _, b := range [2][]byte{room, beyond} {
		for have := 0; have < len(b) && err == nil; {
			var got int
			got, err = c.conn.Read(b[have:])
			have += got
			n += got
		}
	}
	return n, err
}

// Write implements Link. What is sealed is on its way, but is said to be sent only when the
// socket has taken all of that: until then it counts as output that waits, and the session
// is not ended before its last reply has gone. It is the beginning of what is to be written
// next.
func (c *secureConn) Write(b []byte) (done int, err error) {
	w := c.wire
	for {
		if err := c.send(); err != nil || len(w.sealed) > 0 {
			return done, err
		}
		n := min(c.owed, len(b)-done)
		c.owed -= n
		if done += n; done == len(b) {
			return done, nil
		}
		w.sealed = c.l.sealed[:0]
		c.owed, err = c.conn.Write(b[done:min(len(b), done+sealAtOnce)])
		c.l.sealed = w.sealed
		if err == nil {
			err = c.send()
		}
		w.sealed = slices.Clone(w.sealed) // what there is to it, none as a rule
		if err != nil {
			return done, err
		}
	}
}

// send gives the socket what is sealed, as far as it takes that.
func (c *secureConn) send() error {
	if len(c.wire.sealed) == 0 {
		return nil
	}
	n, err := c.epollConn.Write(c.wire.sealed)
	if c.wire.sealed = c.wire.sealed[n:]; len(c.wire.sealed) == 0 {
		c.wire.sealed = nil
	}
	return err
}

// WantRead implements Link.
func (c *secureConn) WantRead(on bool) {
	c.epollConn.WantRead(on)
	if on && c.behind {
		c.behind = false
		c.readNext()
	}
}

// Close implements Link.
func (c *secureConn) Close() {
	c.conn.Close() // says goodbye
	_ = c.send()   // as far as that goes at once
	c.epollConn.Close()
}
