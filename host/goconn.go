package host

import (
	"crypto/tls"
	"net"
	"sync"
	"time"
)

// goWorker drives a worker for connections that have goroutines of their own:
// those that epoll cannot serve (TLS), and all of them on other systems. Each
// connection has a reader, which executes its requests under the worker's
// lock, and a writer, so that a client that does not read holds up nobody.
type goWorker struct {
	*worker
	mailbox chan struct{}
	quit    chan struct{}
	running sync.WaitGroup // the mailbox's goroutine and all connections'
}

func (srv *Server) startGoWorker() {
	g := &goWorker{worker: srv.newWorker(), mailbox: make(chan struct{}, 1), quit: make(chan struct{})}
	g.worker.wake = func() {
		select {
		case g.mailbox <- struct{}{}:
		default:
		}
	}
	srv.drivers = append(srv.drivers, g)
	srv.goWorkers = append(srv.goWorkers, g)
	g.running.Add(1)
	go g.readMail()
}

func (g *goWorker) readMail() {
	defer g.running.Done()
	for {
		select {
		case <-g.quit:
			return
		case <-g.mailbox:
			g.enter()
			g.tick()
			g.settle()
			g.leave()
		}
	}
}

// stop implements driver.
func (g *goWorker) stop() {
	close(g.quit)
	g.enter()
	for len(g.sessions) > 0 {
		g.sessions[0].reason = "server shutdown"
		g.end(g.sessions[0])
	}
	g.leave()
	g.running.Wait()
}

// acceptGo accepts connections that get goroutines.
func (l *listener) acceptGo() {
	for i := 0; ; i++ {
		conn, err := l.net.Accept()
		if err != nil {
			if !l.failed(err) {
				return
			}
			continue
		}
		g := l.srv.goWorkers[i%len(l.srv.goWorkers)]
		g.running.Add(1)
		go g.serve(l, conn)
	}
}

// serve is the reader of one connection.
func (g *goWorker) serve(l *listener, conn net.Conn) {
	defer g.running.Done()
	if tcp, ok := conn.(*net.TCPConn); ok {
		if seconds := l.srv.params.keepAlive.Load(); seconds > 0 {
			_ = tcp.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: time.Duration(seconds) * time.Second})
		}
	}
	if l.tls != nil {
		secure := tls.Server(conn, l.tls)
		_ = conn.SetDeadline(time.Now().Add(handshakeTime))
		if err := secure.Handshake(); err != nil {
			l.srv.accepts.failed.Add(1)
			l.srv.log.Debug("Error accepting a client connection", "addr", conn.RemoteAddr(), "error", err)
			conn.Close()
			return
		}
		_ = conn.SetDeadline(time.Time{})
		conn = secure
	}
	s, refusal := l.srv.newSession(l.kind, conn.RemoteAddr().String(), conn.LocalAddr().String())
	if s == nil {
		_, _ = conn.Write([]byte(refusal))
		conn.Close()
		return
	}
	c := &goConn{g: g, s: s, conn: conn, out: make(chan []byte, 1)}
	g.running.Add(1)
	go c.writeLoop()
	g.enter()
	s.worker, s.link = g.worker, c
	g.begin(s)
	if g.srv.protects(s) {
		s.queue([]byte(denied), true)
		s.Close(true, "protected mode")
	}
	g.settle()
	g.leave()
	c.readLoop()
}

// handshakeTime is how long a client may take for the TLS handshake.
const handshakeTime = 10 * time.Second

// goConn is the link of a session with goroutines.
type goConn struct {
	g    *goWorker
	s    *session
	conn net.Conn
	out  chan []byte // at most one buffer is on its way
	busy bool        // guarded by the worker's lock
}

func (c *goConn) readLoop() {
	buf := make([]byte, 16<<10)
	for {
		n, err := c.conn.Read(buf)
		c.g.enter()
		if c.s.closing == closed {
			c.g.leave()
			return
		}
		c.g.tick()
		if n > 0 {
			c.g.stats.netIn += int64(n)
			c.g.received(c.s, buf[:n])
			c.g.finish(c.s)
		}
		if err != nil {
			c.s.Close(false, err.Error())
		}
		c.g.settle()
		gone := c.s.closing == closed
		c.g.leave()
		if gone {
			return
		}
	}
}

// writeLoop sends what write has handed over, one buffer at a time.
func (c *goConn) writeLoop() {
	defer c.g.running.Done()
	for b := range c.out {
		_, err := c.conn.Write(b)
		c.g.enter()
		c.busy = false
		if err != nil {
			c.s.Close(false, err.Error())
		}
		c.g.flush(c.s)
		c.g.settle()
		c.g.leave()
	}
	c.conn.Close()
}

// write implements link: it takes one buffer at a time, so that what waits is
// counted against the client's output limits.
func (c *goConn) write(b []byte) (int, error) {
	if c.busy {
		return 0, nil
	}
	n := min(len(b), 256<<10)
	c.busy = true
	c.out <- append([]byte(nil), b[:n]...)
	return n, nil
}

// wantWrite implements link: the writer always calls flush when it is done.
func (c *goConn) wantWrite(bool) {}

// close implements link. The writer sends what it has and then closes the
// connection, which also ends the reader.
func (c *goConn) close() {
	_ = c.conn.SetWriteDeadline(time.Now().Add(lastWriteTime))
	close(c.out)
}

// lastWriteTime is how long a closing connection may take for its last reply.
const lastWriteTime = 2 * time.Second
