package host

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// source is a module that brings data in when it is told to go on.
type source struct {
	srv  core.Server
	goOn chan error
	asks *int // how many sources were asked
	last bool
}

func (s *source) Name() string { return map[bool]string{false: "source", true: "nextsource"}[s.last] }

func (s *source) Register(r *core.Registry) error {
	r.OnLoad(func() (bool, error) {
		*s.asks++
		if s.last {
			return true, nil
		}
		err := s.srv.Load(1000, func(ctx context.Context, p *core.Progress) error {
			p.Add(250)
			select {
			case err := <-s.goOn:
				return err
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		return true, err
	})
	return nil
}

func (s *source) Start(srv core.Server) error { s.srv = srv; return nil }

type started struct {
	srv *Server
	err error
}

func startLoading(t *testing.T) (s *source, port string, result chan started) {
	t.Helper()
	asks := 0
	s = &source{goOn: make(chan error), asks: &asks}
	port, result = freePort(t), make(chan started, 1)
	go func() {
		srv, err := Start(Options{
			Modules: []core.Module{stack{}, s, &source{last: true, asks: &asks}},
			Args:    []string{"--bind", "127.0.0.1", "--port", port},
		})
		result <- started{srv, err}
	}()
	eventually(t, "listening", func() bool {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return s, port, result
}

func TestClientsAreToldOfLoading(t *testing.T) {
	s, port, result := startLoading(t)
	c, err := dialTo(t, port)
	if err != nil {
		t.Fatal(err)
	}
	c.do("-LOADING Redis is loading the dataset in memory", "push k a")
	s.goOn <- nil
	r := <-result
	if r.err != nil {
		t.Fatal(r.err)
	}
	t.Cleanup(r.srv.Stop)
	c.do("+OK", "push k a")
	if *s.asks != 1 {
		t.Errorf("%d sources were asked, though the first had the data", *s.asks)
	}
	if mode := r.srv.ks.Expiry(); mode != keyspace.DeleteExpired {
		t.Errorf("expiry mode %d after the load", mode)
	}
}

func TestServerDoesNotStartWithoutItsData(t *testing.T) {
	s, port, result := startLoading(t)
	c, err := dialTo(t, port)
	if err != nil {
		t.Fatal(err)
	}
	s.goOn <- errors.New("the file is torn")
	if r := <-result; r.err == nil || r.err.Error() != "the file is torn" {
		t.Fatalf("%v", r.err)
	}
	c.gone()
}

// saver is a module with something to do before a shutdown.
type saver struct {
	fail  atomic.Bool
	asked chan core.Shutdown
}

func (*saver) Name() string { return "saver" }

func (s *saver) Register(r *core.Registry) error {
	r.OnShutdown(func(o core.Shutdown) error {
		s.asked <- o
		if s.fail.Load() {
			return errors.New("the disk is full")
		}
		return nil
	})
	r.Commands(core.Command{Name: "shutdown", Arity: -1, Flags: core.AllSessions | core.AllKeys, Run: func(c *core.Ctx) error {
		if c.Server.Shutdown(core.Shutdown{Force: len(c.Args) > 1}) != nil {
			return core.Err("Errors trying to SHUTDOWN. Check logs.")
		}
		return nil
	}})
	return nil
}

func TestShutdownSavesFirst(t *testing.T) {
	for _, force := range []bool{false, true} {
		s := &saver{asked: make(chan core.Shutdown, 2)}
		s.fail.Store(true)
		srv, err := Start(Options{Modules: []core.Module{stack{}, s}, Args: []string{"--bind", "127.0.0.1", "--port", freePort(t)}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(srv.Stop)
		c := dial(t, srv)
		c.do("-ERR Errors trying to SHUTDOWN. Check logs.", "shutdown")
		c.do("+OK", "push k a") // it goes on
		if force {
			c.send("shutdown force\r\npush k b")
		} else {
			s.fail.Store(false)
			c.send("shutdown\r\npush k b") // nothing comes after what was saved
		}
		c.gone()
		<-srv.ending.complete
		if first, second := <-s.asked, <-s.asked; first.Force || second.Force != force {
			t.Errorf("asked: %+v, %+v", first, second)
		}
	}
}

// Who connects to a server whose data are there in a moment is served, and never
// knows that they were not there yet.
func TestClientsWaitForAShortLoad(t *testing.T) {
	s, port, result := startLoading(t)
	c, err := dialTo(t, port)
	if err != nil {
		t.Fatal(err)
	}
	c.send("push k a")
	s.goOn <- nil
	if got := c.line(); got != "+OK" {
		t.Errorf("told %q", got)
	}
	r := <-result
	if r.err != nil {
		t.Fatal(r.err)
	}
	t.Cleanup(r.srv.Stop)
}
