package host

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/ferrousdb/ferrous/core"
)

// listener accepts the connections of one address.
type listener struct {
	srv  *Server
	net  net.Listener
	file *os.File // the same socket, where accept is a system call of ours
	kind string   // "tcp", "tls", "unix"
	addr string   // as it was asked for
	tls  *tls.Config
	done chan struct{}
	shut atomic.Bool // close has been called
}

// acceptStats count connections; INFO shows them.
type acceptStats struct {
	accepted, rejected, failed atomic.Int64
}

// listen opens what the parameters ask for.
func (srv *Server) listen() error {
	opened, err := srv.openListeners(true)
	if err != nil {
		return err
	}
	srv.listeners = opened
	return srv.startAccepting(opened)
}

// startAccepting starts the goroutines of listeners; they end when the
// listener is closed.
func (srv *Server) startAccepting(opened []*listener) error {
	for _, l := range opened {
		if err := l.pollable(); err != nil {
			return fmt.Errorf("listening on %s: %w", l.addr, err)
		}
	}
	for _, l := range opened {
		go l.accept()
	}
	return nil
}

// openListeners opens all listeners, or none if one fails.
func (srv *Server) openListeners(unixToo bool) (opened []*listener, err error) {
	defer func() {
		if err != nil {
			for _, l := range opened {
				l.net.Close()
			}
			opened = nil
		}
	}()
	p := srv.params
	open := func(kind string, port int64, config *tls.Config) error {
		if port == 0 {
			return nil
		}
		for _, host := range p.bind.Load() {
			l, err := srv.openTCP(kind, host, int(port))
			if err != nil {
				return err
			}
			if l != nil {
				l.tls = config
				opened = append(opened, l)
			}
		}
		return nil
	}
	if err := open("tcp", p.port.Load(), nil); err != nil {
		return opened, err
	}
	if port := p.tls.port.Load(); port != 0 {
		config, err := p.tls.load()
		if err != nil {
			return opened, err
		}
		if err := open("tls", port, config); err != nil {
			return opened, err
		}
	}
	if path := p.unixSocket.Load(); path != "" && unixToo {
		l, err := srv.openUnix(path)
		if err != nil {
			return opened, err
		}
		opened = append(opened, l)
	}
	if unixToo && len(opened) == 0 {
		srv.log.Warn("nothing to listen on: port, tls-port and unixsocket are all off")
	}
	return opened, nil
}

// openTCP opens one address. A dash before it means that the machine may lack
// it, and then there is no listener and no error.
func (srv *Server) openTCP(kind, host string, port int) (*listener, error) {
	host, optional := strings.CutPrefix(host, "-")
	network := "tcp4"
	switch {
	case host == "*":
		host = "0.0.0.0"
	case host == "::*":
		host, network = "::", "tcp6"
	case strings.Contains(host, ":"):
		network = "tcp6"
	}
	addr := net.JoinHostPort(host, strconv.Itoa(port))
	nl, err := (&net.ListenConfig{KeepAlive: -1}).Listen(context.Background(), network, addr)
	if err != nil {
		if optional && absentAddress(err) {
			return nil, nil
		}
		// The official test suite waits for these words to try another port.
		return nil, fmt.Errorf("Failed listening on port %d (%s), aborting: %w", port, kind, err)
	}
	setBacklog(nl, int(srv.params.tcpBacklog.Load()))
	return &listener{srv: srv, net: nl, kind: kind, addr: addr, done: make(chan struct{})}, nil
}

// absentAddress reports whether this machine lacks the address or its family.
func absentAddress(err error) bool {
	return errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT) ||
		errors.Is(err, syscall.EPROTONOSUPPORT)
}

func (srv *Server) openUnix(path string) (*listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("unixsocket: %w", err)
	}
	nl, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("Failed opening Unix socket: %w", err)
	}
	if perm := srv.params.unixPerm.Load(); perm != 0 {
		if err := os.Chmod(path, os.FileMode(perm)); err != nil {
			nl.Close()
			return nil, fmt.Errorf("unixsocketperm: %w", err)
		}
	}
	return &listener{srv: srv, net: nl, kind: "unix", addr: path, done: make(chan struct{})}, nil
}

// rebind applies CONFIG SET port and its relatives: the new listeners are
// opened before the old ones close, so that a mistake changes nothing.
func (srv *Server) rebind() error {
	if srv.listeners == nil {
		return nil
	}
	var keep, gone []*listener
	for _, l := range srv.listeners {
		if l.kind == "unix" {
			keep = append(keep, l)
		} else {
			gone = append(gone, l)
		}
	}
	for _, l := range gone {
		l.close()
	}
	opened, err := srv.openListeners(false)
	if err != nil {
		// The values will be rolled back; what was open opens again.
		reopened := srv.reopen(gone)
		srv.listeners = append(keep, reopened...)
		return err
	}
	srv.listeners = append(keep, opened...)
	return srv.startAccepting(opened)
}

func (srv *Server) reopen(old []*listener) (opened []*listener) {
	for _, l := range old {
		nl, err := net.Listen("tcp", l.addr)
		if err != nil {
			srv.log.Warn("cannot listen again", "addr", l.addr, "error", err)
			continue
		}
		again := &listener{srv: srv, net: nl, kind: l.kind, addr: l.addr, tls: l.tls, done: make(chan struct{})}
		opened = append(opened, again)
	}
	if err := srv.startAccepting(opened); err != nil {
		srv.log.Warn("cannot listen again", "error", err)
	}
	return opened
}

func (srv *Server) closeListeners() {
	for _, l := range srv.listeners {
		l.close()
	}
	srv.listeners = nil
}

func (l *listener) close() {
	l.shut.Store(true)
	l.net.Close()
	if l.file != nil {
		l.file.Close()
	}
	<-l.done
}

// failed deals with an error of accept: out of descriptors is survived by
// waiting for some to come free. It reports whether to go on.
func (l *listener) failed(err error) bool {
	if l.shut.Load() {
		return false
	}
	l.srv.accepts.failed.Add(1)
	l.srv.log.Warn("Accepting client connection failed", "error", err)
	select {
	case <-l.srv.stopping:
		return false
	case <-time.After(100 * time.Millisecond):
		return true
	}
}

// newSession makes a session for a connection, or says why it is refused: the
// text is sent to the client.
func (srv *Server) newSession(kind, remote, local string) (*session, string) {
	if n := srv.clients.Add(1); n > srv.params.maxClients.Load() {
		srv.clients.Add(-1)
		srv.accepts.rejected.Add(1)
		return nil, "-ERR max number of clients reached\r\n"
	}
	srv.accepts.accepted.Add(1)
	now := srv.clock.Load()
	s := &session{srv: srv, db: srv.ks.DB(0), tls: kind == "tls", unix: kind == "unix"}
	s.Session = core.Session{
		ID: srv.ids.next(), Proto: 2, Addr: remote, LocalAddr: local, Created: now, Active: now,
		Authenticated: true, User: "default", Slots: make([]any, srv.registry.SessionSlots()), Conn: s,
	}
	return s, ""
}

// denied is what a stranger is told in protected mode.
const denied = "-DENIED ferrous runs in protected mode: no password is set, so only clients on this machine are served. " +
	"Set a password (requirepass), or turn the protection off with CONFIG SET protected-mode no from this machine " +
	"or with the parameter protected-mode, if nobody else can reach this port.\r\n"

// protects reports whether a session must be refused because nobody has set a
// password and the client is on another machine.
func (srv *Server) protects(s *session) bool {
	if !srv.params.protected.Load() || !s.Authenticated || s.unix {
		return false
	}
	ap, err := netip.ParseAddrPort(s.Addr)
	return err != nil || !ap.Addr().Unmap().IsLoopback()
}
