package network

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// loop drives a worker by epoll: raw, non-blocking system calls on one
// goroutine, which owns the sessions of its connections. A wake-up costs one
// read and one write for each connection that has something to say, whatever
// the depth of its pipeline.
type loop struct {
	w       Worker
	epoll   int
	event   int        // eventfd: wakes the loop for its mailbox; -1 when it is closed
	eventMu sync.Mutex // guards the closing of event
	conns   map[int32]*epollConn
	// listeners are those that it accepts from, by the numbers of their sockets.
	listeners map[int32]*listener
	turn
	within *turn // another one, in the midst of a command that takes long
	done   chan struct{}
	quit   atomic.Bool
	pieces gathered
	sealed []byte        // where what is sent to secure connections is made
	behind []*secureConn // those to be read in the next turn, whatever their sockets say

	// The wait for events: see poll.
	file   *os.File
	waiter syscall.RawConn
	look   func(fd uintptr) bool
}

// turn is what a turn finds and reads.
type turn struct {
	rbuf   []byte
	events []unix.EpollEvent
	found  int
}

func newTurn() turn {
	return turn{rbuf: make([]byte, readSize), events: make([]unix.EpollEvent, 256)}
}

// readSize is the size of the buffer that all connections of a loop read into.
const readSize = 64 << 10

func (n *Net) startLoop(w Worker) error {
	epfd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return fmt.Errorf("epoll: %w", err)
	}
	evfd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		unix.Close(epfd)
		return fmt.Errorf("eventfd: %w", err)
	}
	l := &loop{
		w: w, epoll: epfd, event: evfd, conns: map[int32]*epollConn{}, listeners: map[int32]*listener{},
		turn: newTurn(), done: make(chan struct{}),
	}
	w.Drive(false, l.signal, l.turnWithin)
	err = l.prepareWait()
	if err == nil {
		err = l.watch(evfd, unix.EPOLLIN)
	}
	if err != nil {
		unix.Close(evfd)
		l.file.Close()
		return fmt.Errorf("epoll: %w", err)
	}
	n.accepting = append(n.accepting, l)
	go l.run()
	return nil
}

// prepareWait makes our epoll descriptor a file that the runtime can wait for.
func (l *loop) prepareWait() (err error) {
	_ = unix.SetNonblock(l.epoll, true) // else NewFile would not register it
	l.file = os.NewFile(uintptr(l.epoll), "epoll")
	l.look = l.lookOnce
	l.waiter, err = l.file.SyscallConn()
	return err
}

func (l *loop) watch(fd int, events uint32) error {
	ev := unix.EpollEvent{Events: events, Fd: int32(fd)}
	return unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, fd, &ev)
}

// signal wakes the loop. Timers and others may call it after the loop has
// ended, when the descriptor may be somebody else's already.
func (l *loop) signal() {
	var one [8]byte
	binary.NativeEndian.PutUint64(one[:], 1)
	l.eventMu.Lock()
	defer l.eventMu.Unlock()
	if l.event >= 0 {
		_, _ = rawWrite(l.event, one[:]) // EAGAIN: it is awake already
	}
}

func (l *loop) closeEvent() {
	l.eventMu.Lock()
	defer l.eventMu.Unlock()
	unix.Close(l.event)
	l.event = -1
}

// stop implements driver.
func (l *loop) stop() {
	l.quit.Store(true)
	l.signal()
	<-l.done
}

func (l *loop) run() {
	defer close(l.done)
	handle := l.handleFound
	for !l.quit.Load() {
		l.poll()
		l.w.Turn(handle)
	}
	l.w.Turn(l.w.EndAll)
	l.closeEvent()
	l.file.Close()
}

// handleFound does what there is to do.
func (l *loop) handleFound() {
	found := l.events[:l.found]
	for i := range found {
		l.handle(&found[i])
	}
	behind := l.behind
	l.behind = nil
	for _, c := range behind {
		c.readable()
	}
}

// turnWithin is a turn in the midst of a command that takes long, whose arguments
// and whose neighbours' are in the buffers of the turn that it belongs to.
func (l *loop) turnWithin() {
	if l.within == nil {
		l.within = new(turn)
		*l.within = newTurn()
	}
	l.turn, *l.within = *l.within, l.turn
	l.w.TurnWithin(func() {
		l.lookOnce(uintptr(l.epoll))
		l.handleFound()
	})
	l.turn, *l.within = *l.within, l.turn
}

// poll waits for events. It asks epoll without waiting, in a system call that
// the scheduler does not notice; under load there is always something. When
// there is nothing the goroutine waits in the runtime's own poller, in which
// the descriptor of our epoll is registered like a socket. A wait in the kernel
// (epoll_wait without a timeout) would cost more: the runtime's monitor takes
// the processor away from under a system call that lasts, and to find those it
// wakes up 10,000 times a second, which took 4% of the server's CPU.
func (l *loop) poll() {
	l.found = 0
	_ = l.waiter.Read(l.look) // an error means that it is closed, and nothing is found
}

// lookOnce asks epoll; false means that there is nothing.
func (l *loop) lookOnce(fd uintptr) bool {
	n, _, _ := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, fd, uintptr(unsafe.Pointer(&l.events[0])), uintptr(len(l.events)), 0, 0, 0)
	l.found = max(int(n), 0)
	return l.found > 0
}

func (l *loop) handle(ev *unix.EpollEvent) {
	if ev.Pad == listenerMark {
		if of := l.listeners[ev.Fd]; of != nil {
			of.acceptable()
		}
		return
	}
	if ev.Fd == int32(l.event) {
		var buf [8]byte
		_, _ = unix.Read(l.event, buf[:])
		return
	}
	c := l.conns[ev.Fd]
	if c == nil {
		return
	}
	if ev.Events&(unix.EPOLLIN|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		l.readable(c)
	}
	if ev.Events&unix.EPOLLOUT != 0 && !c.s.Ended() {
		c.s.Flush()
	}
}

// readable reads once and executes what has come.
func (l *loop) readable(c *epollConn) {
	s := c.s
	switch {
	case c.secure != nil:
		c.secure.readable()
		return
	case s.Ended():
		return
	case s.Deaf():
		c.WantRead(false)
		return
	}
	room, beyond, own := s.Room(l.rbuf)
	n, err := rawRead(c.fd, room, beyond)
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
	case err != nil:
		lost(s, err.Error())
	case n == 0:
		lost(s, ClosedByClient)
	default:
		s.Received(room, n, own)
	}
}

// lost ends a session whose connection has broken at once, not at the end of the
// turn: others of the turn may have sent their commands after that, and PUBLISH is not
// to count it.
func lost(s Session, reason string) {
	s.Close(false, reason)
	s.Flush()
}

// epollConn is the link of a session to a loop.
type epollConn struct {
	l       *loop
	s       Session
	fd      int
	writing bool        // EPOLLOUT is asked for
	deaf    bool        // EPOLLIN is not
	secure  *secureConn // what reads instead, nil for a connection as it is
}

// adopt makes a connection for a session. Within a turn.
func (l *loop) adopt(fd int, s Session) error {
	c, err := l.connect(fd, s)
	if err == nil {
		s.Begin(l.w, c, fd)
	}
	return err
}

func (l *loop) connect(fd int, s Session) (*epollConn, error) {
	if l.w.Broken() {
		return nil, errBroken
	}
	c := &epollConn{l: l, s: s, fd: fd}
	if err := l.watch(fd, unix.EPOLLIN); err != nil {
		return nil, err
	}
	l.conns[int32(fd)] = c
	return c, nil
}

// errBroken is for who comes to a worker that has been broken.
var errBroken = errors.New("the server is stopping because of a panic")

// Write implements Link.
func (c *epollConn) Write(b []byte) (int, error) {
	done := 0
	for done < len(b) {
		n, err := rawWrite(c.fd, b[done:])
		switch {
		case err == unix.EAGAIN:
			return done, nil
		case err == unix.EINTR:
		case err != nil:
			return done, err
		default:
			done += n
		}
	}
	return done, nil
}

// gathered are pieces of the output of one connection, which go in one system call.
type gathered struct {
	n     int
	parts [64]unix.Iovec
}

// gathers implements gatherer. What a secure connection sends is sealed first.
func (c *epollConn) gathers() bool { return c.secure == nil }

// gather implements gatherer.
func (c *epollConn) gather(b []byte) bool {
	p := &c.l.pieces
	p.parts[p.n].Base = unsafe.SliceData(b)
	p.parts[p.n].SetLen(len(b))
	p.n++
	return p.n < len(p.parts)
}

// writeGathered implements gatherer.
func (c *epollConn) writeGathered() (int, error) {
	p := &c.l.pieces
	defer func() {
		clear(p.parts[:p.n])
		p.n = 0
	}()
	for {
		n, _, e := syscall.RawSyscall(unix.SYS_WRITEV, uintptr(c.fd), uintptr(unsafe.Pointer(&p.parts)), uintptr(p.n))
		switch e {
		case 0:
			return int(n), nil
		case unix.EINTR:
		case unix.EAGAIN:
			return 0, nil
		default:
			return 0, e
		}
	}
}

// WantWrite implements Link.
func (c *epollConn) WantWrite(on bool) {
	if c.writing != on && c.ask(on, c.deaf) {
		c.writing = on
	}
}

// WantRead implements Link.
func (c *epollConn) WantRead(on bool) {
	if c.deaf == on && c.ask(c.writing, !on) {
		c.deaf = !on
	}
}

// SaveOnPackets implements Thrifty.
func (c *epollConn) SaveOnPackets() {
	_ = unix.SetsockoptInt(c.fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 0)
}

// ask tells epoll what to watch the connection for.
func (c *epollConn) ask(writing, deaf bool) bool {
	ev := unix.EpollEvent{Fd: int32(c.fd)}
	if writing {
		ev.Events |= unix.EPOLLOUT
	}
	if !deaf {
		ev.Events |= unix.EPOLLIN
	}
	return unix.EpollCtl(c.l.epoll, unix.EPOLL_CTL_MOD, c.fd, &ev) == nil
}

// Close implements Link.
func (c *epollConn) Close() {
	delete(c.l.conns, int32(c.fd))
	_, _, _ = syscall.RawSyscall(unix.SYS_CLOSE, uintptr(c.fd), 0, 0) // returns at once: no lingering is asked for
}

// rawRead and rawWrite are system calls on non-blocking descriptors that the
// scheduler is not told about: they return at once.
func rawRead(fd int, b, beyond []byte) (int, error) {
	var n uintptr
	var e syscall.Errno
	if beyond == nil {
		n, _, e = syscall.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	} else {
		parts := [2]unix.Iovec{{Base: unsafe.SliceData(b)}, {Base: unsafe.SliceData(beyond)}}
		parts[0].SetLen(len(b))
		parts[1].SetLen(len(beyond))
		n, _, e = syscall.RawSyscall(unix.SYS_READV, uintptr(fd), uintptr(unsafe.Pointer(&parts)), uintptr(len(parts)))
	}
	if e != 0 {
		return 0, e
	}
	return int(n), nil
}

func rawWrite(fd int, b []byte) (int, error) {
	n, _, e := syscall.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	if e != 0 {
		return 0, e
	}
	return int(n), nil
}
