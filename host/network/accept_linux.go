package network

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/ferrousdb/ferrous/core/logging"
)

// Start starts count epoll loops, and as many drivers for connections with goroutines
// of their own, each with a
// worker. log is for what happens to connections.
func (n *Net) Start(log logging.Logger, count int, worker func() Worker) error {
	n.log = log
	defer func() { // they end last, since connections are handed over to them
		for _, l := range n.accepting {
			n.drivers = append(n.drivers, l)
		}
	}()
	for range count {
		if err := n.startLoop(worker()); err != nil {
			return err
		}
	}
	for range count {
		n.startGoWorker(worker())
	}
	return nil
}

// acceptors are the loops that new connections are spread over.
type acceptors struct {
	accepting []*loop
	nextLoop  atomic.Uint32
	sockets   atomic.Int32 // how many there have been
}

// next returns the loop whose turn it is to take a connection.
func (n *Net) next() *loop { return n.accepting[n.nextLoop.Add(1)%uint32(len(n.accepting))] }

// admitted gives a connection up that a loop could not take for an error.
func (n *Net) admitted(fd int, s Session, err error) {
	if err != nil {
		n.log.Warn("cannot watch a connection", "error", err)
		s.Abandon()
		unix.Close(fd)
	}
}

// socket is a listening socket that a loop accepts from: whoever connects, asks and leaves
// costs no other thread anything. It is a second descriptor of the listener's socket, of
// which the runtime's poller does not know.
type socket struct {
	mu    sync.Mutex // a leaf; held while fd is used or changed
	fd    int        // -1 when it is closed
	id    int32
	loop  *loop
	rest  *time.Timer // ends a pause after a failure, nil if there was none
	local string      // what connections are made to, "" if each must be asked
}

// prepare makes the listener one that loops can accept from. With TLS they do not: hands are
// shaken by goroutines.
func (l *listener) prepare() error {
	s := &l.socket
	if s.fd = -1; l.kind == "tls" {
		return nil
	}
	fd, err := duplicate(l.net.(syscall.Conn))
	if err != nil {
		return err
	}
	s.fd, s.id = fd, l.of.sockets.Add(1)
	s.loop = l.of.accepting[int(s.id)%len(l.of.accepting)]
	if l.kind == "unix" {
		s.local = l.addr + ":0"
		return nil
	}
	if a := l.net.Addr().(*net.TCPAddr); !a.IP.IsUnspecified() {
		s.local = a.AddrPort().String()
	}
	l.net.Close() // its address is still known, and that is all that is wanted of it
	l.inherit()
	return nil
}

// duplicate returns a second descriptor of a socket.
func duplicate(of syscall.Conn) (fd int, err error) {
	raw, err := of.SyscallConn()
	if err != nil {
		return 0, err
	}
	var dupErr error
	err = raw.Control(func(of uintptr) { fd, dupErr = unix.FcntlInt(of, unix.F_DUPFD_CLOEXEC, 0) })
	return fd, errors.Join(err, dupErr)
}

// inherit sets what the system gives to every connection of the socket: to set it for each
// of them would be half of the system calls that a short one takes.
func (l *listener) inherit() {
	s := &l.socket
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fd < 0 || l.kind != "tcp" {
		return
	}
	set := func(level, name, value int) { _ = unix.SetsockoptInt(s.fd, level, name, value) }
	set(unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	seconds := int(l.of.params.keepAlive.Load())
	if seconds == 0 {
		set(unix.SOL_SOCKET, unix.SO_KEEPALIVE, 0)
		return
	}
	// An idle peer is probed after so many seconds, and again at a third of that.
	set(unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, seconds)
	set(unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, max(seconds/3, 1))
	set(unix.IPPROTO_TCP, unix.TCP_KEEPCNT, int(l.of.params.probes.Load()))
	set(unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
}

// keepAlive is for changes of the parameters, which are about connections to come.
func (n *Net) keepAlive() error {
	for _, l := range n.listeners.all() {
		l.inherit()
	}
	return nil
}

// accept begins to accept: with TLS for as long as the listener is open, else by a loop.
func (l *listener) accept() {
	s := &l.socket
	if l.kind == "tls" {
		l.acceptGo()
		return
	}
	s.loop.w.Post(func() {
		s.loop.listeners[s.id] = l
		if err := l.watch(unix.EPOLL_CTL_ADD, unix.EPOLLIN); err != nil {
			l.of.log.Error("cannot accept", "addr", l.addr, "error", err)
		}
	})
}

// listenerMark tells the events of listeners from those of connections.
const listenerMark = 1

// watch has epoll tell of who connects, or with no events not.
func (l *listener) watch(op int, events uint32) error {
	s := &l.socket
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fd < 0 {
		return nil
	}
	return unix.EpollCtl(s.loop.epoll, op, s.fd, &unix.EpollEvent{Events: events, Fd: s.id, Pad: listenerMark})
}

// closeSocket ends the accepting: nobody is accepted any more when it returns.
func (l *listener) closeSocket() {
	s := &l.socket
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fd < 0 {
		return
	}
	unix.Close(s.fd)
	s.fd = -1
	if s.rest != nil {
		s.rest.Stop()
	}
	s.loop.w.Post(func() { delete(s.loop.listeners, s.id) })
}

// acceptAtOnce is how many connections are accepted before others have their turn.
const acceptAtOnce = 256

// acceptable accepts who waits. Within a turn.
func (l *listener) acceptable() {
	for range acceptAtOnce {
		fd, remote, err := l.acceptOne()
		switch {
		case err == nil:
			l.take(fd, remote)
		case err == unix.EAGAIN || err == os.ErrClosed:
			return
		case l.failed(err):
			l.pause()
			return
		}
	}
}

// pause has nobody accepted for a moment, in which descriptors may come free.
func (l *listener) pause() {
	_ = l.watch(unix.EPOLL_CTL_MOD, 0)
	rest := time.AfterFunc(acceptPause, func() { _ = l.watch(unix.EPOLL_CTL_MOD, unix.EPOLLIN) })
	l.socket.mu.Lock()
	l.socket.rest = rest
	l.socket.mu.Unlock()
}

// acceptOne returns a connection and the address that it comes from, os.ErrClosed when
// the socket is closed. The scheduler is not told, since the call returns at once.
func (l *listener) acceptOne() (fd int, remote string, err error) {
	s := &l.socket
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fd < 0 {
		return 0, "", os.ErrClosed
	}
	var from unix.RawSockaddrAny
	size := uint32(unix.SizeofSockaddrAny)
	n, _, e := syscall.RawSyscall6(unix.SYS_ACCEPT4, uintptr(s.fd), uintptr(unsafe.Pointer(&from)), uintptr(unsafe.Pointer(&size)),
		unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
	if e != 0 {
		return 0, "", e
	}
	if l.kind == "unix" {
		return int(n), s.local, nil
	}
	return int(n), addressText(&from), nil
}

// localText returns what address a connection was made to.
func (l *listener) localText(fd int) string {
	if l.socket.local != "" {
		return l.socket.local
	}
	var at unix.RawSockaddrAny
	size := uint32(unix.SizeofSockaddrAny)
	_, _, _ = syscall.RawSyscall(unix.SYS_GETSOCKNAME, uintptr(fd), uintptr(unsafe.Pointer(&at)), uintptr(unsafe.Pointer(&size)))
	return addressText(&at)
}

// addressText is an address of the internet as people write it.
func addressText(a *unix.RawSockaddrAny) string {
	// The port is in the order of the network, whatever the machine's.
	port := func(p *uint16) uint16 { b := (*[2]byte)(unsafe.Pointer(p)); return uint16(b[0])<<8 | uint16(b[1]) }
	switch a.Addr.Family {
	case unix.AF_INET:
		in := (*unix.RawSockaddrInet4)(unsafe.Pointer(a))
		return netip.AddrPortFrom(netip.AddrFrom4(in.Addr), port(&in.Port)).String()
	case unix.AF_INET6:
		in := (*unix.RawSockaddrInet6)(unsafe.Pointer(a))
		return netip.AddrPortFrom(netip.AddrFrom16(in.Addr), port(&in.Port)).String()
	}
	return "?:0"
}

// take makes a session of an accepted descriptor, and gives it to the loop whose turn it is.
func (l *listener) take(fd int, remote string) {
	s, refusal := l.of.host.Accepted(l.kind, remote, l.localText(fd))
	if s == nil {
		_, _ = unix.Write(fd, []byte(refusal))
		unix.Close(fd)
		return
	}
	to := l.of.next()
	if to == l.socket.loop {
		l.of.admitted(fd, s, to.adopt(fd, s))
		return
	}
	to.w.Post(func() { l.of.admitted(fd, s, to.adopt(fd, s)) })
}

// setBacklog makes the queue of a listening socket as long as asked for: the
// runtime has already called listen, and calling it again only changes that.
func setBacklog(nl net.Listener, n int) {
	if tl, ok := nl.(*net.TCPListener); ok {
		if raw, err := tl.SyscallConn(); err == nil {
			_ = raw.Control(func(fd uintptr) { _ = unix.Listen(int(fd), n) })
		}
	}
}
