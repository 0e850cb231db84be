package http

import (
	"errors"
	"net"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// address is what a listener is opened for.
type address struct {
	network, address string
	optional         bool // this machine may lack it
}

// addresses returns what http-bind and http-port ask for, in the manner of the parameter
// bind: a dash says that the machine may lack the address; * and ::* are all of its.
func (p *params) addresses() (all []address) {
	for _, host := range p.bind.Load() {
		a := address{network: "tcp4"}
		host, a.optional = strings.CutPrefix(host, "-")
		switch {
		case host == "*":
			host = "0.0.0.0"
		case host == "::*":
			host, a.network = "::", "tcp6"
		case strings.Contains(host, ":"):
			a.network = "tcp6"
		}
		a.address = net.JoinHostPort(host, strconv.FormatInt(p.port.Load(), 10))
		all = append(all, a)
	}
	return all
}

// isAbsent reports whether this machine lacks the address or its family.
func isAbsent(err error) bool {
	return errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT) || errors.Is(err, syscall.EPROTONOSUPPORT)
}

// bounded is a listener that accepts so many connections at a time, with others perhaps:
// who opens more waits in the queue of the socket, and costs nothing.
type bounded struct {
	net.Listener
	room chan struct{}
}

// Accept implements net.Listener.
func (b *bounded) Accept() (net.Conn, error) {
	b.room <- struct{}{}
	conn, err := b.Listener.Accept()
	if err != nil {
		<-b.room
		return nil, err
	}
	return &counted{Conn: conn, leave: sync.OnceFunc(func() { <-b.room })}, nil
}

// counted is a connection that makes room when it ends.
type counted struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (c *counted) Close() error {
	err := c.Conn.Close()
	c.leave()
	return err
}
