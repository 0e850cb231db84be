package network

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/sys/unix"
)

// Start starts count epoll loops, and as many drivers for connections with goroutines
// of their own, each with a
// worker. log is for what happens to connections.
func (n *Net) Start(log hclog.Logger, count int, worker func() Worker) error {
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

// pollable gives a listener a second descriptor of its socket as a file, since
// the runtime waits for a file's descriptor but lets nobody else read a
// listener's.
func (l *listener) pollable() error {
	fd, err := duplicate(l.net.(syscall.Conn))
	if err == nil {
		l.file = os.NewFile(uintptr(fd), l.addr)
	}
	return err
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

// accept hands connections to the loops, in turn. The listening socket is
// waited for by the runtime's poller; accept itself is a plain system call, so
// that the new descriptor never gets to know the runtime.
func (l *listener) accept() {
	if l.kind == "tls" {
		l.acceptGo()
		return
	}
	raw, err := l.file.SyscallConn()
	if err != nil {
		l.of.log.Error("cannot accept", "addr", l.addr, "error", err)
		return
	}
	for {
		var fd int
		var peer unix.Sockaddr
		var callErr error
		err := raw.Read(func(lfd uintptr) bool {
			fd, peer, callErr = unix.Accept4(int(lfd), unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
			return callErr != unix.EAGAIN
		})
		if err == nil {
			err = callErr
		}
		if err != nil {
			if !l.failed(err) {
				return
			}
			continue
		}
		l.take(fd, peer)
	}
}

// take makes a session of an accepted descriptor.
func (l *listener) take(fd int, peer unix.Sockaddr) {
	local, _ := unix.Getsockname(fd)
	remote := sockaddrText(peer)
	if l.kind == "unix" {
		remote = l.addr + ":0"
	}
	s, refusal := l.of.host.Accepted(l.kind, remote, localText(l, local))
	if s == nil {
		_, _ = unix.Write(fd, []byte(refusal))
		unix.Close(fd)
		return
	}
	if l.kind == "tcp" {
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		setKeepAlive(fd, int(l.of.params.keepAlive.Load()), int(l.of.params.probes.Load()))
	}
	lp := l.of.next()
	lp.w.Post(func() { l.of.admitted(fd, s, lp.adopt(fd, s)) })
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

func localText(l *listener, local unix.Sockaddr) string {
	if l.kind == "unix" {
		return l.addr + ":0"
	}
	return sockaddrText(local)
}

func sockaddrText(sa unix.Sockaddr) string {
	switch a := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port)).String()
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr), uint16(a.Port)).String()
	}
	return "?:0"
}

// setKeepAlive asks the kernel to probe an idle peer after the given seconds, so
// many times at a third of that.
func setKeepAlive(fd, seconds, probes int) {
	if seconds == 0 {
		return
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, seconds)
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, max(seconds/3, 1))
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 3)
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

// acceptors are the loops that new connections are spread over.
type acceptors struct {
	accepting []*loop
	nextLoop  atomic.Uint32
}
