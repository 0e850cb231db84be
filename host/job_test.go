package host

import (
	"fmt"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core"
)

// putter is a module of the tests with a command that is put off until another one runs.
type putter struct {
	begun, drops atomic.Int64
	over         atomic.Bool
}

func (*putter) Name() string { return "putter" }

func (m *putter) Register(r *core.Registry) error {
	r.Commands(
		core.Command{Name: "await", Arity: 2, Flags: core.Write, Keys: core.FirstKey(core.KeyRW), Run: func(c *core.Ctx) error {
			if c.Prepared == nil {
				m.begun.Add(1)
				c.BulkString("this is taken back")
				return c.Prepare(&core.Job{
					Made: m,
					Step: func() bool { time.Sleep(time.Millisecond); return !m.over.Load() },
					Drop: func() { m.drops.Add(1) },
				})
			}
			if c.Prepared.Made != m {
				return core.Err("what was made is lost")
			}
			c.BulkString("done " + string(c.Args[1]))
			return nil
		}},
		core.Command{Name: "over", Arity: 1, Flags: core.ReadOnly, Run: func(c *core.Ctx) error {
			m.over.Store(true)
			c.OK()
			return nil
		}},
	)
	return nil
}

// TestPutOff: others are served while the job of a command is done, and what its client has
// sent behind it comes after it; with connections of either kind. Without turns in between
// the job would never end.
func TestPutOff(t *testing.T) {
	a := newAuthority(t, "CA")
	a.issue("server")
	m := &putter{}
	srv, err := Start(Options{Modules: []core.Module{stack{}, m}, Args: []string{
		"--bind", "127.0.0.1", "--port", freePort(t), "--io-threads", "1", "--tls-port", freePort(t),
		"--tls-cert-file", a.path("server.crt"), "--tls-key-file", a.path("server.key"), "--tls-auth-clients", "no",
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	other, jobs := dial(t, srv), int64(0)
	begin := func(c *client, n int64, script string) {
		t.Helper()
		m.over.Store(false)
		at := m.begun.Load()
		c.send("%s", script)
		eventually(t, "a job has begun", func() bool { return m.begun.Load() > at })
		other.do("+PONG", "ping")
		other.do("+OK", "over")
		jobs += n
	}
	for i, c := range []*client{dial(t, srv), dialTLS(t, srv, a.client(""))} {
		begin(c, 3, "await one\r\npush k v\r\nawait two\r\nawait three\r\nget k")
		want := "$8\r\ndone one\r\n+OK\r\n$8\r\ndone two\r\n$10\r\ndone three\r\n"
		got := make([]byte, len(want))
		if _, err := io.ReadFull(c.r, got); err != nil || string(got) != want {
			t.Errorf("connection %d: %v, %q, want %q", i, err, got, want)
		}
		c.line()
	}
	eventually(t, "jobs are dropped", func() bool { return m.drops.Load() == jobs })
	gone := dial(t, srv)
	m.over.Store(false)
	at := m.begun.Load()
	gone.send("await one")
	eventually(t, "a job has begun", func() bool { return m.begun.Load() > at })
	gone.Close() // what was begun comes to its end all the same
	other.do("+OK", "over")
	eventually(t, "it is dropped", func() bool { return m.drops.Load() == jobs+1 })
	m.over.Store(false)
	fmt.Fprintf(dial(t, srv).Conn, "await one\r\n")
	eventually(t, "a job has begun", func() bool { return m.begun.Load() > at+1 })
	m.over.Store(true)
	srv.Stop()
	if n := m.drops.Load(); n != jobs+2 {
		t.Errorf("%d jobs are not dropped when the server ends", jobs+2-n)
	}
}
