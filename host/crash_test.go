package host

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/host/engine"
)

// trouble is a module whose commands panic in all places.
type trouble struct{}

func (trouble) Name() string { return "trouble" }

func (trouble) Register(r *core.Registry) error {
	key := []core.KeySpec{core.KeyAt(1, core.KeyRW)}
	oops := func(c *core.Ctx) error {
		if err := push(c); err != nil {
			return err
		}
		panic("oops")
	}
	expired := r.OnChange(func(c *core.Ctx, ch core.Change) {
		if c == nil && ch.Class == core.EventExpired {
			panic("oops")
		}
	})
	r.Commands(
		core.Command{Name: "oopsexpire", Arity: 1, Run: func(c *core.Ctx) error {
			expired.Set(true)
			c.OK()
			return nil
		}},
		core.Command{Name: "oops", Run: oops, Arity: 3, Flags: core.Write, Keys: key},
		core.Command{Name: "oopsall", Run: func(*core.Ctx) error { panic("oops") }, Arity: 1, Flags: core.AllSessions | core.AllKeys},
		core.Command{Name: "oopssecret", Run: func(*core.Ctx) error { panic("oops") }, Arity: -1, Flags: core.Sensitive},
		core.Command{Name: "oopswithin", Arity: 1, Flags: core.AllKeys, Run: func(c *core.Ctx) error {
			c.Call(c.Server.Registry().Find("oops"), [][]byte{[]byte("oops"), []byte("k"), []byte("x")}, core.InScript)
			return nil
		}},
		core.Command{Name: "boops", Arity: 2, Flags: core.Write | core.Blocking, Keys: key, Run: func(c *core.Ctx) error {
			return c.Block(core.Wait{Keys: c.Args[1:2], Expired: (*core.Ctx).Null,
				Retry: func(*core.Ctx, []byte) (bool, error) { panic("oops") }})
		}},
	)
	return nil
}

// stoppedBy waits for the end of a server that must have been stopped by a
// panic.
func stoppedBy(t *testing.T, srv *Server, where string) {
	t.Helper()
	select {
	case <-srv.ending.complete:
	case <-time.After(time.Minute):
		t.Fatal("the server did not stop")
	}
	var c *engine.Crash
	if !errors.As(srv.ending.failure, &c) || !strings.Contains(c.Where, where) {
		t.Fatalf("the server stopped with %v", srv.ending.failure)
	}
}

func TestPanicStopsTheServer(t *testing.T) {
	for _, test := range []struct{ command, where string }{
		{"oops k x", `"oops" "k" "x"`},
		{"oopsall", `"oopsall"`},
		{"oopswithin", `"oops" "k" "x" within oopswithin`},
		{"oopssecret password", "oopssecret with 1 arguments"},
	} {
		t.Run(test.command, func(t *testing.T) {
			srv, log := loggedServer(t, "--io-threads", "3")
			c, other := dial(t, srv), dial(t, srv)
			other.do("+PONG", "ping")
			c.do("+OK", "push k a")
			c.send("push k b\r\n%s", test.command)
			if got, _ := io.ReadAll(c.Conn); len(got) != 0 {
				t.Errorf("the batch of the panic was answered with %q", got)
			}
			stoppedBy(t, srv, test.where)
			log.says(t, "BUG REPORT", "oops")
			log.says(t, "crash_test.go")
			if strings.Contains(log.String(), "password") {
				t.Error("the log shows a secret")
			}
		})
	}
}

func TestPanicOfARetryStopsTheServer(t *testing.T) {
	srv, _ := loggedServer(t, "--io-threads", "2")
	b, c := dial(t, srv), dial(t, srv)
	b.send("boops k")
	eventually(t, "blocked", func() bool { return srv.eng.Waiting() == 1 })
	c.send("push k a")
	c.gone()
	b.gone()
	stoppedBy(t, srv, `the retry of "boops" "k"`)
}

func TestPanicReachesAPipe(t *testing.T) {
	srv, _ := loggedServer(t)
	if out := srv.Pipe(0).Exchange(nil, []byte("push k a\r\noops k b\r\n")); len(out) != 0 {
		t.Errorf("answered with %q", out)
	}
	stoppedBy(t, srv, `"oops" "k" "b"`)
}

func TestPanicOfTheBackgroundWork(t *testing.T) {
	srv, _ := loggedServer(t)
	dial(t, srv).send("oopsexpire\r\npushpx k a 1")
	stoppedBy(t, srv, "background work")
}

func TestPanicUnderLoad(t *testing.T) {
	srv, _ := loggedServer(t, "--io-threads", "4")
	for i := range 8 {
		c := dial(t, srv)
		go func() {
			for n := 0; ; n++ {
				if _, err := fmt.Fprintf(c.Conn, "push k%d x\r\nclients\r\npush k%d y\r\n", i, n); err != nil {
					return
				}
			}
		}()
		go func() { _, _ = io.Copy(io.Discard, c.Conn) }()
	}
	c := dial(t, srv)
	c.send("oopsall")
	c.gone()
	stoppedBy(t, srv, "oopsall")
}
