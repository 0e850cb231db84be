package host

import (
	"bytes"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// spinner is a module with a command that runs until it is told to end, as a
// script may.
type spinner struct {
	end     atomic.Bool
	running atomic.Bool
	stopped atomic.Bool
	yields  atomic.Int64
}

func (*spinner) Name() string { return "spinner" }

var errSpin = core.Error{Code: "BUSY", Text: "spinning"}

func (sp *spinner) Register(r *core.Registry) error {
	r.Commands(
		core.Command{Name: "spin", Arity: -1, Flags: core.Long | core.AllKeys | core.Write, Run: sp.spin},
		core.Command{Name: "halt", Arity: 1, Flags: core.AllowBusy, Run: func(c *core.Ctx) error {
			sp.end.Store(true)
			c.OK()
			return nil
		}},
		core.Command{Name: "look", Arity: 2, Flags: core.AllowBusy | core.ReadOnly, Keys: []core.KeySpec{core.KeyAt(1, core.KeyRO)},
			Run: func(c *core.Ctx) error {
				e := c.Find(c.Args[1])
				c.Bulk(e.Data())
				return nil
			}},
		core.Command{Name: "everybody", Arity: 1, Flags: core.AllowBusy | core.AllSessions, Run: func(c *core.Ctx) error {
			n := 0
			c.Server.Sessions(func(*core.Session) bool { n++; return true })
			c.Int(int64(n))
			return nil
		}},
	)
	return nil
}

func (sp *spinner) spin(c *core.Ctx) error {
	due := c.Overdue()
	sp.running.Store(true)
	defer sp.running.Store(false)
	for n := 0; !sp.end.Load(); n++ {
		if !due.Load() {
			continue
		}
		copy(c.DB.Put([]byte("k"), keyspace.MakeKind(keyspace.String, keyspace.EmbStr), 1, 0, c.Now), "v")
		if err := c.Yield(errSpin); err != nil {
			sp.stopped.Store(true)
			return err
		}
		sp.yields.Add(1)
	}
	c.Bulk(bytes.Join(c.Args, []byte(" ")))
	return nil
}

func spinServer(t *testing.T, sp *spinner, args ...string) *Server {
	t.Helper()
	srv, err := Start(Options{Modules: []core.Module{stack{}, sp}, Args: append([]string{"--bind", "127.0.0.1", "--port", freePort(t),
		"--busy-reply-threshold", "30"}, args...)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sp.end.Store(true); srv.Stop() })
	return srv
}

// While a command takes long every client is answered, on its own loop and on
// others, those that wait for locks already and those that come later.
func TestYieldAnswersEverybody(t *testing.T) {
	const busy = "-BUSY spinning"
	for _, loops := range []int{1, 3} {
		t.Run(fmt.Sprint(loops), func(t *testing.T) {
			sp := &spinner{}
			srv := spinServer(t, sp, "--io-threads", fmt.Sprint(loops))
			var clients []*client
			for range 6 {
				c := dial(t, srv)
				c.do("+PONG", "ping")
				clients = append(clients, c)
			}
			long := dial(t, srv)
			long.send("spin a b c")
			eventually(t, "it spins", sp.running.Load)
			for _, c := range clients[:3] { // before it is overdue: they wait
				c.send("push x y")
			}
			for _, c := range clients[:3] {
				if got := c.line(); got != busy {
					t.Errorf("who has waited is told %q", got)
				}
			}
			long.send("push x y") // its own client waits
			for _, c := range clients {
				start := time.Now()
				c.do(busy, "get x")
				c.do(busy, "ping")
				c.do("v", "look k")
				c.do(fmt.Sprintf(":%d", len(clients)+1), "everybody")
				if d := time.Since(start); d > 30*time.Second {
					t.Errorf("four commands took %v", d)
				}
			}
			fresh := dial(t, srv)
			fresh.do(busy, "flush")
			fresh.send("halt")
			if got := fresh.line(); got != "+OK" {
				t.Fatal(got)
			}
			if got := long.line(); got != "spin a b c" {
				t.Errorf("the long command replies %q", got)
			}
			if got := long.line(); got != "+OK" {
				t.Errorf("what its client sent meanwhile replies %q", got)
			}
			for _, c := range clients {
				c.do("+PONG", "ping")
				c.do("v", "get k")
			}
			if sp.yields.Load() == 0 {
				t.Error("it has never yielded")
			}
		})
	}
}

// A client that leaves meanwhile takes nothing with it; one whose command it is
// goes when the command has ended.
func TestYieldAndLeaving(t *testing.T) {
	sp := &spinner{}
	srv := spinServer(t, sp, "--io-threads", "2")
	long, other, witness := dial(t, srv), dial(t, srv), dial(t, srv)
	long.send("spin")
	eventually(t, "it yields", func() bool { return sp.yields.Load() > 0 })
	other.Close()
	long.Close()
	witness.do("-BUSY spinning", "ping")
	witness.do("+OK", "halt")
	eventually(t, "all is as before", func() bool {
		witness.send("clients")
		return witness.line() == ":1"
	})
}

// A server that is told to stop does not wait for a command that takes long.
func TestYieldAndStopping(t *testing.T) {
	sp := &spinner{}
	srv := spinServer(t, sp, "--io-threads", "2")
	long := dial(t, srv)
	long.send("spin")
	eventually(t, "it yields", func() bool { return sp.yields.Load() > 0 })
	var err error
	srv.Standstill(func() { err = srv.Shutdown(core.Shutdown{NoSave: true}) })
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { srv.Stop(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Fatal("it does not stop")
	}
	if !sp.stopped.Load() {
		t.Error("the command was not told")
	}
}

func TestYieldOverTLS(t *testing.T) {
	a := newAuthority(t, "ca")
	a.issue("server")
	sp := &spinner{}
	srv := spinServer(t, sp, "--io-threads", "2", "--tls-port", freePort(t), "--tls-cert-file", a.path("server.crt"),
		"--tls-key-file", a.path("server.key"), "--tls-ca-cert-file", a.path("ca.crt"), "--tls-auth-clients", "no")
	var clients []*client
	for range 4 {
		clients = append(clients, dialTLS(t, srv, a.client("")))
	}
	plain := dial(t, srv)
	clients[0].send("spin x")
	eventually(t, "it yields", func() bool { return sp.yields.Load() > 0 })
	for _, c := range append(clients[1:], plain) {
		c.do("-BUSY spinning", "get x")
		c.do("-BUSY spinning", "ping")
	}
	clients[1].do("+OK", "halt")
	if got := clients[0].line(); got != "spin x" {
		t.Errorf("the long command replies %q", got)
	}
}
