package conformance

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

// replyTimeout bounds every read: no script waits for a slower reply than that. PFSELFTEST
// takes a minute and more under the race detector on a machine that has other work.
const replyTimeout = 4 * time.Minute

// Conn is one client connection. It is not safe for concurrent use.
type Conn struct {
	nc net.Conn
	r  *bufio.Reader
}

// Dial connects to a server.
func Dial(addr string) (*Conn, error) {
	nc, err := net.DialTimeout("tcp", addr, replyTimeout)
	if err != nil {
		return nil, err
	}
	return &Conn{nc: nc, r: bufio.NewReader(nc)}, nil
}

// Do sends a command and reads one reply. An error reply is a Value, not an error.
func (c *Conn) Do(args ...string) (resp.Value, error) {
	if err := c.Send(args...); err != nil {
		return resp.Value{}, err
	}
	return c.Read()
}

// Send sends a command and reads nothing.
func (c *Conn) Send(args ...string) error {
	return c.SendRaw(resp.AppendCommand(nil, args))
}

// SendRaw sends bytes as they are.
func (c *Conn) SendRaw(b []byte) error {
	_ = c.nc.SetWriteDeadline(time.Now().Add(replyTimeout))
	_, err := c.nc.Write(b)
	return err
}

// Read reads one reply or push.
func (c *Conn) Read() (resp.Value, error) {
	_ = c.nc.SetReadDeadline(time.Now().Add(replyTimeout))
	v, err := resp.Read(c.r)
	if ne, ok := err.(net.Error); ok && ne.Timeout() {
		return v, fmt.Errorf("no reply within %v", replyTimeout)
	}
	return v, err
}

// AwaitClosed returns nil once the server has closed the connection, and an error if
// it sends something instead or keeps it open.
func (c *Conn) AwaitClosed() error {
	v, err := c.Read()
	switch {
	case err == nil:
		return fmt.Errorf("the connection is open: it sent %s", v)
	case err == io.EOF:
		return nil
	}
	if op, ok := err.(*net.OpError); ok && !op.Timeout() {
		return nil // reset by peer: closed with our bytes unread
	}
	return err
}

// Abort closes the connection with a reset, as the death of a process without reading
// does: the port is free at once. It may be called while another goroutine uses the
// connection, which gets an error.
func (c *Conn) Abort() {
	if tcp, ok := c.nc.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	c.nc.Close()
}

// HangUp closes the connection and waits until the server has noticed, so that nobody
// meets the client any more: not as a subscriber, not as one that waits. Who only
// closes cannot know when that is, and with several event loops it may be after later
// commands of others.
func (c *Conn) HangUp() error {
	defer c.Close()
	tcp, ok := c.nc.(*net.TCPConn)
	if !ok {
		return nil
	}
	if tcp.CloseWrite() != nil {
		return nil // the server was first
	}
	_ = c.nc.SetReadDeadline(time.Now().Add(replyTimeout))
	if _, err := io.Copy(io.Discard, tcp); err != nil {
		if ne, ok := err.(net.Error); ok && ne.Timeout() {
			return fmt.Errorf("the server has not noticed within %v that its client is gone", replyTimeout)
		}
	}
	return nil
}

// Close closes the connection.
func (c *Conn) Close() error { return c.nc.Close() }
