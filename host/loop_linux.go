package host

import (
	"encoding/binary"
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
	*worker
	epoll   int
	event   int        // eventfd: wakes the loop for its mailbox; -1 when it is closed
	eventMu sync.Mutex // guards the closing of event
	conns   map[int32]*epollConn
	rbuf    []byte
	done    chan struct{}
	quit    atomic.Bool

	// The wait for events: see poll.
	file   *os.File
	waiter syscall.RawConn
	look   func(fd uintptr) bool
	events []unix.EpollEvent
	found  int
}

// readSize is the size of the buffer that all connections of a loop read into.
const readSize = 64 << 10

func (srv *Server) startLoop() error {
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
		worker: srv.newWorker(), epoll: epfd, event: evfd, conns: map[int32]*epollConn{},
		rbuf: make([]byte, readSize), done: make(chan struct{}),
	}
	l.worker.wake = l.signal
	l.worker.pump = l.turnWithin
	err = l.prepareWait()
	if err == nil {
		err = l.watch(evfd, unix.EPOLLIN)
	}
	if err != nil {
		unix.Close(evfd)
		l.file.Close()
		return fmt.Errorf("epoll: %w", err)
	}
	srv.drivers = append(srv.drivers, l)
	srv.accepting = append(srv.accepting, l)
	go l.run()
	return nil
}

// prepareWait makes our epoll descriptor a file that the runtime can wait for.
func (l *loop) prepareWait() (err error) {
	_ = unix.SetNonblock(l.epoll, true) // else NewFile would not register it
	l.file = os.NewFile(uintptr(l.epoll), "epoll")
	l.look, l.events = l.lookOnce, make([]unix.EpollEvent, 256)
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
	for !l.quit.Load() {
		l.wakeUp(l.poll())
	}
	l.closeAll()
	l.closeEvent()
	l.file.Close()
}

// wakeUp does what there is to do.
func (l *loop) wakeUp(events []unix.EpollEvent) {
	l.enter()
	defer l.leave()
	defer l.rescue()
	l.tick()
	for i := range events {
		l.handle(&events[i])
	}
	l.settle()
}

// turnWithin is a turn in the midst of a command that takes long, whose arguments
// and whose neighbours' are in the buffers of the turn that it belongs to.
func (l *loop) turnWithin() {
	rbuf, events := l.rbuf, l.events
	l.rbuf, l.events = make([]byte, readSize), make([]unix.EpollEvent, len(events))
	l.tick()
	if l.lookOnce(uintptr(l.epoll)) {
		found := l.events[:l.found]
		for i := range found {
			l.handle(&found[i])
		}
	}
	l.settle()
	l.rbuf, l.events = rbuf, events
}

func (l *loop) closeAll() {
	l.enter()
	defer l.leave()
	defer l.rescue()
	l.deliver() // there may be connections in it
	l.endAll()
}

// poll waits for events. It asks epoll without waiting, in a system call that
// the scheduler does not notice; under load there is always something. When
// there is nothing the goroutine waits in the runtime's own poller, in which
// the descriptor of our epoll is registered like a socket. A wait in the kernel
// (epoll_wait without a timeout) would cost more: the runtime's monitor takes
// the processor away from under a system call that lasts, and to find those it
// wakes up 10,000 times a second, which took 4% of the server's CPU.
func (l *loop) poll() []unix.EpollEvent {
	l.found = 0
	if err := l.waiter.Read(l.look); err != nil {
		return nil
	}
	return l.events[:l.found]
}

// lookOnce asks epoll; false means that there is nothing.
func (l *loop) lookOnce(fd uintptr) bool {
	n, _, _ := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, fd, uintptr(unsafe.Pointer(&l.events[0])), uintptr(len(l.events)), 0, 0, 0)
	l.found = max(int(n), 0)
	return l.found > 0
}

func (l *loop) handle(ev *unix.EpollEvent) {
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
	if ev.Events&unix.EPOLLOUT != 0 && c.s.closing != closed {
		l.flush(c.s)
	}
}

// readable reads once and executes what has come.
func (l *loop) readable(c *epollConn) {
	s := c.s
	if s.closing == closed {
		return
	}
	if s.heldAt != nil || s.running {
		s.link.wantRead(false)
		return
	}
	buf := l.ahead(s)
	direct := buf != nil
	if !direct {
		if buf = l.rbuf; s.bulky {
			buf = buf[:firstPiece]
		}
	}
	n, err := rawRead(c.fd, buf)
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
		return
	case err != nil:
		s.Close(false, err.Error())
		return
	case n == 0:
		s.Close(false, closedByClient)
		return
	}
	l.stats.netIn += int64(n)
	l.stats.reads++
	if direct {
		l.readAhead(s, n)
		l.arrived(s, nil)
	} else {
		l.arrived(s, buf[:n])
	}
	l.finish(s)
}

// epollConn is the link of a session to a loop.
type epollConn struct {
	l       *loop
	s       *session
	fd      int
	writing bool // EPOLLOUT is asked for
	deaf    bool // EPOLLIN is not
}

// adopt makes a session of an accepted connection. The loop's lock is held.
func (l *loop) adopt(fd int, s *session) error {
	if l.broken {
		return errBroken
	}
	c := &epollConn{l: l, s: s, fd: fd}
	s.worker, s.link, s.fd = l.worker, c, fd
	if err := l.watch(fd, unix.EPOLLIN); err != nil {
		return err
	}
	l.conns[int32(fd)] = c
	l.begin(s)
	return nil
}

func (c *epollConn) write(b []byte) (int, error) {
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

func (c *epollConn) wantWrite(on bool) {
	if c.writing != on && c.ask(on, c.deaf) {
		c.writing = on
	}
}

func (c *epollConn) wantRead(on bool) {
	if c.deaf == on && c.ask(c.writing, !on) {
		c.deaf = !on
	}
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

func (c *epollConn) close() {
	delete(c.l.conns, int32(c.fd))
	unix.Close(c.fd)
}

// rawRead and rawWrite are system calls on non-blocking descriptors that the
// scheduler is not told about: they return at once.
func rawRead(fd int, b []byte) (int, error) {
	n, _, e := syscall.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
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
