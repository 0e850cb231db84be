package network

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// talker is what makes a connection secure, as far as it answers by itself whatever comes.
type talker struct {
	net.Conn
	below *wire
}

func (c *talker) Read(b []byte) (int, error) {
	n, err := c.below.Read(b)
	if n > 0 {
		_, _ = c.below.Write(make([]byte, 1000))
	}
	return 0, err
}

// ended is a session that knows why it was closed.
type ended struct {
	Session
	why string
}

func (s *ended) Ended() bool                                   { return s.why != "" }
func (s *ended) Deaf() bool                                    { return false }
func (s *ended) Room(b []byte) (room, beyond []byte, own bool) { return b, nil, false }
func (s *ended) Close(_ bool, why string)                      { s.why = why }
func (s *ended) Flush()                                        {}

// TestSealedIsBounded: who has TLS answer him (asks for new keys) and does not read is ended.
func TestSealedIsBounded(t *testing.T) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pair[0])
	defer unix.Close(pair[1])
	l := &loop{turn: newTurn()}
	s, w := &ended{}, &wire{fd: pair[0]}
	c := &secureConn{epollConn: &epollConn{l: l, s: s, fd: pair[0]}, conn: &talker{below: w}, wire: w}
	for i := 0; s.why == ""; i++ {
		if i == 10_000 {
			t.Fatalf("%d bytes wait for a client that does not read", len(w.sealed))
		}
		if _, err := unix.Write(pair[1], []byte("new keys")); err != nil {
			t.Fatal(err)
		}
		c.readable()
		if len(w.sealed) > mostSealed+readSize {
			t.Fatalf("%d bytes wait", len(w.sealed))
		}
	}
	if s.why != unread {
		t.Error(s.why)
	}
}
