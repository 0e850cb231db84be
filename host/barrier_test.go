package host

import (
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core"
)

// promise is a module that keeps a barrier: every write is to be reached.
type promise struct {
	barrier *core.Barrier
	fed     atomic.Uint64
}

func (*promise) Name() string { return "promise" }

func (p *promise) Register(r *core.Registry) error {
	p.barrier = r.Barrier()
	r.OnFeed(func(core.Fed) { p.barrier.Want(p.fed.Add(1)) }).Set(true)
	return nil
}

func promising(t *testing.T, args ...string) (*promise, *Server) {
	t.Helper()
	p := &promise{}
	srv, err := Start(Options{Modules: []core.Module{stack{}, p}, Args: append([]string{"--bind", "127.0.0.1", "--port", freePort(t)}, args...)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	return p, srv
}

// silent fails if anything comes within a moment: it can only be wrong in
// favour of the server.
func (c *client) silent() {
	c.t.Helper()
	if c.r.Buffered() > 0 {
		c.t.Fatal("a reply came that is to be held")
	}
	_ = c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	_, err := c.r.Peek(1)
	if ne, ok := err.(net.Error); !ok || !ne.Timeout() {
		c.t.Fatalf("a reply came that is to be held (%v)", err)
	}
	_ = c.SetReadDeadline(time.Now().Add(time.Minute))
}

func TestBarrierHoldsReplies(t *testing.T) {
	for _, loops := range []string{"1", "3"} {
		p, srv := promising(t, "--io-threads", loops)
		writer, reader := dial(t, srv), dial(t, srv)
		reader.do("$-1", "get k")
		writer.send("push k a")
		eventually(t, "fed", func() bool { return p.fed.Load() == 1 })
		writer.silent()
		reader.send("get k") // what it sees must be safe, too
		reader.silent()
		writer.send("push k b") // not executed before the first is safe
		writer.silent()
		if n := p.fed.Load(); n != 1 {
			t.Fatalf("%d writes of a client that waits for a reply", n)
		}
		p.barrier.Reach(1)
		if got := writer.line(); got != "+OK" {
			t.Fatal(got)
		}
		if got := reader.line(); got != "a" && got != "ab" {
			t.Fatal(got)
		}
		eventually(t, "the second write", func() bool { return p.fed.Load() == 2 })
		writer.silent()
		p.barrier.Reach(2)
		if got := writer.line(); got != "+OK" {
			t.Fatal(got)
		}
		reader.do("ab", "get k")
	}
}

func TestBarrierHoldsWaiters(t *testing.T) {
	p, srv := promising(t)
	b, c := dial(t, srv), dial(t, srv)
	b.send("bpop k 0")
	eventually(t, "blocked", func() bool { return srv.eng.Waiting() == 1 })
	c.send("push k a")
	eventually(t, "served", func() bool { return p.fed.Load() == 2 })
	b.silent()
	p.barrier.Reach(1)
	b.silent()
	p.barrier.Reach(2)
	if got := b.line(); got != "a" {
		t.Fatal(got)
	}
	if got := c.line(); got != "+OK" {
		t.Fatal(got)
	}
}

func TestBarrierBreaks(t *testing.T) {
	p, srv := promising(t)
	waits, later := dial(t, srv), dial(t, srv)
	later.do("+PONG", "ping")
	waits.send("push k a")
	eventually(t, "fed", func() bool { return p.fed.Load() == 1 })
	waits.silent()
	later.send("get k") // it has written nothing
	later.silent()
	p.barrier.Break()
	waits.gone()
	if got := later.line(); got != "a" {
		t.Fatal(got)
	}
	later.do("a", "get k")
}

// TestBarrierUnderLoad lets a barrier move all the time: nothing is forgotten,
// and nothing overtaken.
func TestBarrierUnderLoad(t *testing.T) {
	p, srv := promising(t, "--io-threads", "2")
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) })
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(50 * time.Microsecond): // who never rests has a lone processor for himself
				p.barrier.Reach(p.fed.Load())
			}
		}
	}()
	const clients, each = 8, 300
	done := make(chan bool, clients)
	for range clients {
		c := dial(t, srv)
		go func() {
			ok := true
			for range each {
				c.send("push k%d a\r\nget k%d\r\npop k%d", c.LocalAddr().(*net.TCPAddr).Port, c.LocalAddr().(*net.TCPAddr).Port, c.LocalAddr().(*net.TCPAddr).Port)
				for _, want := range []string{"+OK", "a", "a"} {
					ok = ok && c.line() == want
				}
			}
			done <- ok
		}()
	}
	for range clients {
		if !<-done {
			t.Error("a wrong reply")
		}
	}
}
