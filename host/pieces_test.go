package host

import (
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/resp"
)

// patient is a module of the tests whose replies are made later.
type patient struct {
	made   atomic.Int64
	lookup func(args [][]byte) (*core.Command, error)
}

func (*patient) Name() string { return "patient" }

// later leaves n copies of a key's value for later, one at a time; -1 is without an end.
func (m *patient) later(c *core.Ctx, key []byte, n int64) {
	c.Array(int(n))
	e := c.Find(key)
	text := e.Data()
	c.Later(e, func(w *resp.Writer) bool {
		w.Bulk(text)
		m.made.Add(1)
		n--
		return n != 0
	})
}

func (m *patient) Register(r *core.Registry) error {
	m.lookup = r.Table().Lookup
	key := func(f core.KeyFlags) []core.KeySpec { return []core.KeySpec{core.KeyAt(1, f)} }
	r.Commands(
		// later KEY N
		core.Command{Name: "later", Arity: 3, Flags: core.ReadOnly, Keys: key(core.KeyRO), Run: func(c *core.Ctx) error {
			n, err := c.ArgInt(2)
			if err == nil {
				m.later(c, c.Args[1], n)
			}
			return err
		}},
		// blater KEY N: later when KEY changes.
		core.Command{Name: "blater", Arity: 3, Flags: core.ReadOnly | core.Blocking, Keys: key(core.KeyRO), Run: func(c *core.Ctx) error {
			return c.Block(core.Wait{Keys: c.Args[1:2], Expired: (*core.Ctx).Null, Retry: func(c *core.Ctx, key []byte) (bool, error) {
				n, err := c.ArgInt(2)
				m.later(c, key, n)
				return true, err
			}})
		}},
		// batch KEY N: EXEC of later, push and get, and then of what fails.
		core.Command{Name: "batch", Arity: 3, Flags: core.Write, Keys: key(core.KeyRW), Run: func(c *core.Ctx) error {
			c.Array(4)
			word, key, n := []byte("later"), c.Args[1], c.Args[2]
			for _, args := range [][][]byte{{word, key, n}, {[]byte("push"), key, []byte("x")}, {word, key, n}, {[]byte("get")}} {
				cmd, err := m.lookup(args)
				if cmd == nil {
					return err
				}
				c.Call(cmd, args, core.InExec)
			}
			return nil
		}},
	)
	return nil
}

func patientServer(t *testing.T, args ...string) (*Server, *patient) {
	t.Helper()
	m := &patient{}
	srv, err := Start(Options{
		Modules: []core.Module{stack{}, m}, Pipes: 1,
		Args: append([]string{"--bind", "127.0.0.1", "--port", freePort(t), "--arena-poison", "yes"}, args...),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	return srv, m
}

// frozen reports whether the server keeps any value as it was.
func frozen(srv *Server, key string) bool {
	ks := srv.ks
	hash := ks.Hash([]byte(key))
	ks.Lock(1 << (hash >> 58))
	defer ks.Unlock(1 << (hash >> 58))
	return ks.Arena(hash).Live()
}

func bulks(n int, text string) string {
	return fmt.Sprintf("*%d\r\n", n) + strings.Repeat(fmt.Sprintf("$%d\r\n%s\r\n", len(text), text), n)
}

// laterScript is a conversation with replies that are made later, and its replies.
func laterScript(key string) (send, want string) {
	return strings.ReplaceAll("push K v\r\nlater K 1000\r\npush K w\r\nget K\r\nlater K 3\r\nlater K 2\r\nbatch K 5\r\nping\r\n", "K", key),
		"+OK\r\n" + bulks(1000, "v") + "+OK\r\n$2\r\nvw\r\n" + bulks(3, "vw") + bulks(2, "vw") +
			"*4\r\n" + bulks(5, "vw") + "+OK\r\n" + bulks(5, "vwx") + "-ERR wrong number of arguments for 'get' command\r\n" + "+PONG\r\n"
}

// TestLaterReplies: what is made later stands where it belongs and tells of the values as
// they were, with connections of either kind, and in a pipe.
func TestLaterReplies(t *testing.T) {
	a := newAuthority(t, "CA")
	a.issue("server")
	srv, _ := patientServer(t, "--tls-port", freePort(t), "--tls-cert-file", a.path("server.crt"), "--tls-key-file", a.path("server.key"),
		"--tls-auth-clients", "no")
	for i, c := range []*client{dial(t, srv), dialTLS(t, srv, a.client(""))} {
		send, want := laterScript(fmt.Sprint("key", i))
		if _, err := io.WriteString(c.Conn, send); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(want))
		if _, err := io.ReadFull(c.r, got); err != nil || string(got) != want {
			t.Errorf("connection %d: %v, %.200q, want %.200q", i, err, got, want)
		}
		if frozen(srv, fmt.Sprint("key", i)) {
			t.Error("a value is still frozen")
		}
	}
	send, want := laterScript("key2")
	if got := string(srv.Pipe(0).Exchange(nil, []byte(send))); got != want {
		t.Errorf("pipe: %.200q, want %.200q", got, want)
	}
}

// TestLaterToWaiting: who has waited gets what is made later, too.
func TestLaterToWaiting(t *testing.T) {
	srv, _ := patientServer(t, "--io-threads", "2")
	var waiting []*client
	for range 4 {
		c := dial(t, srv)
		c.send("blater k 100\r\nping")
		waiting = append(waiting, c)
	}
	other := dial(t, srv)
	eventually(t, "they wait", func() bool { return srv.eng.Waiting() == len(waiting) })
	other.do("+OK", "push k v")
	for _, c := range waiting {
		want := bulks(100, "v") + "+PONG\r\n"
		got := make([]byte, len(want))
		if _, err := io.ReadFull(c.r, got); err != nil || string(got) != want {
			t.Errorf("%v, %.200q", err, got)
		}
	}
}

// TestLaterTakesTurns: replies without an end hold up nobody but those who asked for
// them, and end with their connections.
func TestLaterTakesTurns(t *testing.T) {
	srv, m := patientServer(t)
	other := dial(t, srv)
	other.do("+OK", "push k v")
	var asking []*client
	for range 3 {
		c := dial(t, srv)
		c.send("later k -1\r\npush k more")
		asking = append(asking, c)
	}
	for begun := m.made.Load(); m.made.Load() < begun+1000; {
		other.do("v", "get k")
	}
	if !frozen(srv, "k") {
		t.Error("the value is not frozen")
	}
	for _, c := range asking {
		c.Close()
	}
	eventually(t, "they are gone", func() bool { return srv.eng.Clients() == 2 && !frozen(srv, "k") }) // with the pipe's
	other.do("v", "get k")
}

// TestTooMuchLater: the limits of output end what is made later, and who is closed when
// he has got his replies gets all of them.
func TestTooMuchLater(t *testing.T) {
	srv, _ := patientServer(t, "--client-output-buffer-limit", "normal 10mb 0 0")
	other := dial(t, srv)
	other.do("+OK", "push k %s", strings.Repeat("x", 50_000))
	c := dial(t, srv)
	c.send("later k -1")
	eventually(t, "it is cut off", func() bool { return srv.buffers.Used() == 0 && !frozen(srv, "k") && srv.eng.Clients() == 2 })

	c = dial(t, srv)
	if _, err := io.WriteString(c.Conn, "later k 100\r\n*1\r\n$x\r\n"); err != nil { // no protocol
		t.Fatal(err)
	}
	got, err := io.ReadAll(c.r)
	if want := bulks(100, strings.Repeat("x", 50_000)); err != nil || !strings.HasPrefix(string(got), want+"-ERR Protocol") {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}
