package host

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"time"
)

// goWorker drives a worker for connections that have goroutines of their own:
// those that epoll cannot serve (TLS), and all of them on other systems. Each
// connection has a reader, which executes its requests under the worker's
// lock, and a writer, so that a client that does not read holds up nobody.
type goWorker struct {
	*worker
	mailbox chan struct{}
	ctx     context.Context // ends with the worker
	cancel  context.CancelFunc
	running sync.WaitGroup // the mailbox's goroutine and all connections'
}

func (srv *Server) startGoWorker() { srv.goWorkers = append(srv.goWorkers, srv.newGoWorker()) }

// startPlaying makes the worker of what comes from no client.
func (srv *Server) startPlaying() { srv.playing = srv.newGoWorker().worker }

func (srv *Server) newGoWorker() *goWorker {
	g := &goWorker{worker: srv.newWorker(), mailbox: make(chan struct{}, 1)}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	g.worker.gap = g.worker.gapShared
	g.worker.wake = func() {
		select {
		case g.mailbox <- struct{}{}:
		default:
		}
	}
	srv.drivers = append(srv.drivers, g)
	g.running.Add(1)
	go g.readMail()
	return g
}

// take executes fn as the worker and looks after the mail.
func (g *goWorker) take(fn func()) {
	g.enter()
	defer g.leave()
	defer g.rescue()
	g.tick()
	fn()
	g.settle()
}

func (g *goWorker) readMail() {
	defer g.running.Done()
	for {
		select {
		case <-g.ctx.Done():
			return
		case <-g.mailbox:
			g.take(func() {})
		}
	}
}

// stop implements driver.
func (g *goWorker) stop() {
	g.cancel()
	g.take(g.endAll)
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
		s, refusal := l.srv.newSession(l.kind, conn.RemoteAddr().String(), conn.LocalAddr().String())
		if s == nil {
			if l.kind != "tls" { // there, nothing can be said before the handshake
				_, _ = conn.Write([]byte(refusal))
			}
			conn.Close()
			continue
		}
		g := l.srv.goWorkers[i%len(l.srv.goWorkers)]
		g.running.Add(1)
		go g.serve(l.tls.Load(), s, conn)
	}
}

// serve is the life of one connection, and its reader.
func (g *goWorker) serve(config *tls.Config, s *session, raw net.Conn) {
	defer g.running.Done()
	c := &goConn{g: g, s: s, raw: raw, conn: raw, out: make(chan []byte, 1), hear: make(chan struct{}, 1)}
	if tcp, ok := raw.(*net.TCPConn); ok {
		if seconds := g.srv.params.keepAlive.Load(); seconds > 0 {
			idle := time.Duration(seconds) * time.Second
			_ = tcp.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: idle, Interval: max(idle/3, time.Second), Count: int(g.srv.params.probes.Load())})
		}
	}
	if config != nil {
		if err := c.handshake(config); err != nil {
			g.srv.accepts.failed.Add(1)
			g.srv.log.Debug("Error accepting a client connection", "addr", s.Addr, "error", err)
			c.drop()
			return
		}
	}
	welcome := false
	g.take(func() {
		if welcome = g.ctx.Err() == nil && !g.broken; welcome {
			g.running.Add(1)
			go c.writeLoop()
			s.worker, s.link, s.fd = g.worker, c, descriptor(raw)
			g.begin(s)
			g.protect(s)
		}
	})
	if !welcome {
		c.drop()
		return
	}
	c.readLoop()
}

// handshakeTime is how long a client may take for the TLS handshake.
const handshakeTime = 10 * time.Second

func (c *goConn) handshake(config *tls.Config) error {
	ctx, cancel := context.WithTimeout(c.g.ctx, handshakeTime)
	defer cancel()
	secure := tls.Server(c.raw, config)
	c.conn = secure
	return secure.HandshakeContext(ctx)
}

// drop ends a connection that no session has begun for.
func (c *goConn) drop() {
	c.raw.Close()
	c.g.srv.clients.Add(-1)
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
	s    *session
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
		c.g.take(func() {
			if gone = c.s.closing == closed; gone {
				return
			}
			if n > 0 {
				c.g.stats.netIn += int64(n)
				c.g.stats.reads++
				c.g.arrived(c.s, buf[:n])
				c.g.finish(c.s)
			}
			if err != nil {
				c.s.Close(false, readError(err))
			}
			held = c.s.heldAt != nil && c.s.closing == open
		})
	}
}

func readError(err error) string {
	if errors.Is(err, io.EOF) {
		return closedByClient
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
		c.g.take(func() {
			c.busy = false
			if err != nil {
				c.s.Close(false, err.Error())
			}
			c.g.flush(c.s)
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

// write implements link: it takes one buffer at a time, so that what waits is
// counted against the client's output limits.
func (c *goConn) write(b []byte) (int, error) {
	if c.busy {
		return 0, nil
	}
	n := min(len(b), 256<<10)
	if cap(c.copy) > keepQuery && n < cap(c.copy)/4 { // it was made for more
		c.copy = nil
	}
	c.busy, c.copy = true, append(c.copy[:0], b[:n]...)
	c.out <- c.copy
	return n, nil
}

// wantWrite implements link: the writer always calls flush when it is done.
func (c *goConn) wantWrite(bool) {}

// wantRead implements link: the reader has seen for itself that it is to wait.
func (c *goConn) wantRead(on bool) {
	if on {
		select {
		case c.hear <- struct{}{}:
		default:
		}
	}
}

// close implements link. The writer sends what it has and then closes the
// connection, which also ends the reader.
func (c *goConn) close() {
	_ = c.raw.SetWriteDeadline(time.Now().Add(lastWriteTime))
	close(c.out)
	c.wantRead(true)
}

// lastWriteTime is how long a closing connection may take for its last reply.
const lastWriteTime = 2 * time.Second
