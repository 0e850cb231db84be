package network

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"time"
)

// goWorker drives a worker for connections that have goroutines of their own:
// those that epoll cannot serve (pipes in memory), and all of them on other systems. Each
// connection has a reader, which executes its requests under the worker's
// lock, and a writer, so that a client that does not read holds up nobody.
type goWorker struct {
	w       Worker
	of      *Net
	mailbox chan struct{}
	ctx     context.Context // ends with the worker
	cancel  context.CancelFunc
	running sync.WaitGroup // the mailbox's goroutine and all connections'
}

// Attend looks after the mail of a worker that gets no connections.
func (n *Net) Attend(w Worker) { n.newGoWorker(w) }

func (n *Net) startGoWorker(w Worker) { n.goWorkers = append(n.goWorkers, n.newGoWorker(w)) }

func (n *Net) newGoWorker(w Worker) *goWorker {
	g := &goWorker{w: w, of: n, mailbox: make(chan struct{}, 1)}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	w.Drive(true, func() {
		select {
		case g.mailbox <- struct{}{}:
		default:
		}
	}, func() {})
	n.drivers = append(n.drivers, g)
	g.running.Add(1)
	go g.readMail()
	return g
}

func (g *goWorker) readMail() {
	defer g.running.Done()
	for {
		select {
		case <-g.ctx.Done():
			return
		case <-g.mailbox:
			g.w.Turn(func() {})
		}
	}
}

// stop implements driver.
func (g *goWorker) stop() {
	g.cancel()
	g.w.Turn(g.w.EndAll)
	g.running.Wait()
}

// acceptGo accepts connections that get goroutines.
func (l *listener) acceptGo() {
	for i := 0; ; i++ {
		conn, err := l.net.Accept()
		if err != nil {
			if !l.goOn(err) {
				return
			}
			continue
		}
		s, refusal := l.of.host.Accepted(l.kind, conn.RemoteAddr().String(), conn.LocalAddr().String())
		if s == nil {
			if l.kind != "tls" { // there, nothing can be said before the handshake
				_, _ = conn.Write([]byte(refusal))
			}
			conn.Close()
			continue
		}
		g := l.of.goWorkers[i%len(l.of.goWorkers)]
		g.running.Add(1)
		go g.serve(l.wrap.Load(), s, conn)
	}
}

// serve is the life of one connection, and its reader.
func (g *goWorker) serve(secure *wrap, s Session, raw net.Conn) {
	defer g.running.Done()
	c := &goConn{g: g, s: s, raw: raw, conn: raw, out: make(chan []byte, 1), hear: make(chan struct{}, 1)}
	if tcp, ok := raw.(*net.TCPConn); ok {
		if seconds := g.of.params.keepAlive.Load(); seconds > 0 {
			idle := time.Duration(seconds) * time.Second
			_ = tcp.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: idle, Interval: max(idle/3, time.Second), Count: int(g.of.params.probes.Load())})
		}
	}
	if secure != nil {
		below := under(raw)
		if err := c.handshake(*secure, below); err != nil {
			g.of.Failed.Add(1)
			g.of.log.Debug("Error accepting a client connection", "addr", raw.RemoteAddr(), "error", err)
			c.drop()
			return
		}
		s.Certified(g.of.secure.Users(c.conn))
		if g.of.handOver(s, c.conn, below) {
			return
		}
	}
	welcome := false
	g.w.Turn(func() {
		if welcome = g.ctx.Err() == nil && !g.w.Broken(); welcome {
			g.running.Add(1)
			go c.writeLoop()
			s.Begin(g.w, c, descriptor(raw))
		}
	})
	if !welcome {
		c.drop()
		return
	}
	c.readLoop()
}

// handshakeTime is how long a client may take for the handshake of TLS.
const handshakeTime = 10 * time.Second

func (c *goConn) handshake(secure wrap, below net.Conn) error {
	ctx, cancel := context.WithTimeout(c.g.ctx, handshakeTime)
	defer cancel()
	conn, err := secure(ctx, below)
	if err == nil {
		c.conn = conn
	}
	return err
}

// drop ends a connection that no session has begun for.
func (c *goConn) drop() {
	c.raw.Close()
	c.s.Abandon()
}

// descriptor returns the number of a connection's descriptor, for CLIENT LIST.
func descriptor(conn net.Conn) (fd int) {
	if sc, ok := conn.(syscall.Conn); ok {
		if raw, err := sc.SyscallConn(); err == nil {
			_ = raw.Control(func(d uintptr) { fd = int(d) })
		}
	}
	return fd
}

// goConn is the link of a session with goroutines.
type goConn struct {
	g    *goWorker
	s    Session
	conn net.Conn // what is read and written: raw, or TLS over it
	raw  net.Conn
	out  chan []byte   // at most one buffer is on its way
	busy bool          // guarded by the worker's lock
	copy []byte        // what is on its way; free while not busy
	hear chan struct{} // wakes a reader that a barrier holds; a token too many does no harm
}

func (c *goConn) readLoop() {
	buf := make([]byte, 16<<10)
	for gone, held := false, false; !gone; {
		if held {
			<-c.hear
		}
		n, err := c.conn.Read(buf)
		c.g.w.Turn(func() {
			if gone = c.s.Ended(); gone {
				return
			}
			if n > 0 {
				c.s.Received(buf, n, false)
			}
			if err != nil {
				c.s.Close(false, readError(err))
			}
			held = c.s.Deaf()
		})
	}
}

func readError(err error) string {
	if errors.Is(err, io.EOF) {
		return ClosedByClient
	}
	return err.Error()
}

// writeLoop sends what write has handed over, one buffer at a time.
func (c *goConn) writeLoop() {
	defer c.g.running.Done()
	var err error
	for b := range c.out {
		if err == nil {
			_, err = c.conn.Write(b)
		}
		c.g.w.Turn(func() {
			c.busy = false
			if err != nil {
				c.s.Close(false, err.Error())
			}
			c.s.Flush()
		})
	}
	if err == nil {
		// TLS says goodbye, which a client that does not read could hold up.
		late := time.AfterFunc(lastWriteTime, func() { c.raw.Close() })
		c.conn.Close()
		late.Stop()
	}
	c.raw.Close()
}

// keepCopy is the largest buffer for what is on its way that a connection keeps, in bytes.
const keepCopy = 4 << 10

// Write implements Link: it takes one buffer at a time, so that what waits is
// counted against the client's output limits.
func (c *goConn) Write(b []byte) (int, error) {
	if c.busy {
		return 0, nil
	}
	n := min(len(b), 256<<10)
	if cap(c.copy) > keepCopy && n < cap(c.copy)/4 { // it was made for more
		c.copy = nil
	}
	c.busy, c.copy = true, append(c.copy[:0], b[:n]...)
	c.out <- c.copy
	return n, nil
}

// WantWrite implements Link: the writer always calls flush when it is done.
func (c *goConn) WantWrite(bool) {}

// WantRead implements Link: the reader has seen for itself that it is to wait.
func (c *goConn) WantRead(on bool) {
	if on {
		select {
		case c.hear <- struct{}{}:
		default:
		}
	}
}

// Close implements Link. The writer sends what it has and then closes the
// connection, which also ends the reader.
func (c *goConn) Close() {
	_ = c.raw.SetWriteDeadline(time.Now().Add(lastWriteTime))
	close(c.out)
	c.WantRead(true)
}

// lastWriteTime is how long a closing connection may take for its last reply.
const lastWriteTime = 2 * time.Second
