package host

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/internal/freeport"
	"github.com/ferrousdb/ferrous/modules/tls"
)

// stack is a module of the tests: strings used as stacks of bytes, with a
// blocking pop, and what is needed to look at sessions from inside.
type stack struct{}

func (stack) Name() string { return "stack" }

func (stack) Register(r *core.Registry) error {
	if err := tls.New().Register(r); err != nil { // part of it, so that it is in all tests
		return err
	}
	key := func(f core.KeyFlags) []core.KeySpec { return []core.KeySpec{core.KeyAt(1, f)} }
	r.Commands(
		core.Command{Name: "ping", Run: func(c *core.Ctx) error { c.Status("PONG"); return nil }, Arity: -1, Flags: core.Fast},
		core.Command{Name: "push", Run: push, Arity: 3, Flags: core.Write | core.DenyOOM, Keys: key(core.KeyRW)},
		core.Command{Name: "pushpx", Run: pushPX, Arity: 4, Flags: core.Write | core.DenyOOM, Keys: key(core.KeyRW)},
		core.Command{Name: "pop", Run: pop, Arity: 2, Flags: core.Write, Keys: key(core.KeyRW)},
		core.Command{Name: "bpop", Run: bpop, Arity: -3, Flags: core.Write | core.Blocking, Keys: []core.KeySpec{core.KeyRange(1, -2, 1, core.KeyRW)}},
		core.Command{Name: "bmove", Run: bmove, Arity: 4, Flags: core.Write | core.Blocking, Keys: []core.KeySpec{core.KeyRange(1, 1, 1, core.KeyRW)}},
		core.Command{Name: "bgone", Run: bgone, Arity: 2, Flags: core.ReadOnly | core.Blocking, Keys: key(core.KeyRO)},
		core.Command{Name: "flush", Run: flush, Arity: 1, Flags: core.Write | core.AllKeys},
		core.Command{Name: "get", Run: get, Arity: 2, Flags: core.ReadOnly | core.Fast, Keys: key(core.KeyRO)},
		core.Command{Name: "big", Run: big, Arity: 2, Flags: core.ReadOnly},
		core.Command{Name: "unblock", Run: unblock, Arity: 3, Flags: core.Admin | core.AllSessions},
		core.Command{Name: "kill", Run: kill, Arity: 2, Flags: core.Admin | core.AllSessions},
		core.Command{Name: "unpause", Run: func(c *core.Ctx) error { c.Server.Unpause(); c.OK(); return nil }, Arity: 1, Flags: core.AllSessions | core.AllKeys},
		core.Command{Name: "tell", Run: tell, Arity: 2, Flags: core.AllSessions},
		core.Command{Name: "pause", Run: pause, Arity: 2, Flags: core.Admin | core.AllSessions | core.AllKeys},
		core.Command{Name: "id", Run: func(c *core.Ctx) error { c.Int(int64(c.Session.ID)); return nil }, Arity: 1},
		core.Command{Name: "clients", Run: clients, Arity: 1, Flags: core.AllSessions},
		core.Command{Name: "sleep", Run: func(*core.Ctx) error { time.Sleep(50 * time.Millisecond); return core.Err("slept") }, Arity: 1},
	)
	return nil
}

func push(c *core.Ctx) error {
	e := c.FindForWrite(c.Args[1])
	if !e.OK() {
		copy(c.DB.Put(c.Args[1], keyspace.MakeKind(keyspace.String, keyspace.Raw), len(c.Args[2]), 0, c.Now), c.Args[2])
	} else {
		n := len(e.Data())
		copy(e.GrowText(n + len(c.Args[2]))[n:], c.Args[2])
	}
	c.Changed(core.EventList, "push", c.Args[1])
	c.OK()
	return nil
}

// pushPX is push onto nothing, with an expiry in milliseconds.
func pushPX(c *core.Ctx) error {
	ms, err := c.ArgInt(3)
	if err != nil {
		return err
	}
	c.SetString(c.Args[1], c.Args[2], c.Now+ms)
	c.Changed(core.EventList, "push", c.Args[1])
	c.OK()
	return nil
}

func popFrom(c *core.Ctx, key []byte) (byte, bool) {
	e := c.FindForWrite(key)
	if !e.OK() {
		return 0, false
	}
	n := len(e.Data())
	b := e.Data()[n-1]
	if n == 1 {
		e.Delete()
	} else {
		e.GrowText(n - 1)
	}
	c.Changed(core.EventList, "pop", key)
	return b, true
}

func pop(c *core.Ctx) error {
	b, ok := popFrom(c, c.Args[1])
	if !ok {
		c.Null()
		return nil
	}
	c.Bulk([]byte{b})
	return nil
}

func bpop(c *core.Ctx) error {
	keys := c.Args[1 : len(c.Args)-1]
	for _, k := range keys {
		if b, ok := popFrom(c, k); ok {
			c.Bulk([]byte{b})
			return nil
		}
	}
	deadline, err := c.Timeout(len(c.Args) - 1)
	if err != nil {
		return err
	}
	return c.Block(core.Wait{Keys: keys, Deadline: deadline, Expired: (*core.Ctx).NullArray,
		Retry: func(c *core.Ctx, key []byte) (bool, error) {
			b, ok := popFrom(c, key)
			if ok {
				c.Bulk([]byte{b})
			}
			return ok, nil
		}})
}

func bmove(c *core.Ctx) error {
	move := func(c *core.Ctx, _ []byte) (bool, error) {
		b, ok := popFrom(c, c.Args[1])
		if ok {
			dst := c.Args[2]
			copy(c.DB.Put(dst, keyspace.MakeKind(keyspace.String, keyspace.Raw), 1, 0, c.Now), []byte{b})
			c.Changed(core.EventList, "push", dst)
			c.Bulk([]byte{b})
		}
		return ok, nil
	}
	if ok, err := move(c, nil); ok || err != nil {
		return err
	}
	return c.Block(core.Wait{Keys: c.Args[1:2], Retry: move, Expired: (*core.Ctx).Null})
}

// bgone waits for the end of a key.
func bgone(c *core.Ctx) error {
	return c.Block(core.Wait{Keys: c.Args[1:2], Gone: true, Expired: (*core.Ctx).Null,
		Retry: func(c *core.Ctx, key []byte) (bool, error) {
			gone := !c.DB.Find(key, c.Now, 0).OK()
			if gone {
				c.Status("gone")
			}
			return gone, nil
		}})
}

func flush(c *core.Ctx) error {
	c.Hooks.Flushed(c, c.DB.Index())
	c.DB.Flush()
	c.OK()
	return nil
}

func get(c *core.Ctx) error {
	e, err := c.FindType(c.Args[1], keyspace.String)
	if err != nil {
		return err
	}
	if !e.OK() {
		c.Null()
		return nil
	}
	c.Bulk(e.Text(nil))
	return nil
}

func big(c *core.Ctx) error {
	n, err := c.ArgInt(1)
	if err != nil {
		return err
	}
	clear(c.BulkSpace(int(n)))
	return nil
}

func unblock(c *core.Ctx) error {
	id, err := c.ArgInt(1)
	if err != nil {
		return err
	}
	var with error
	if c.Is(2, "error") {
		with = core.ErrUnblocked
	}
	s := c.Server.Session(uint64(id))
	c.Bool(s != nil && s.Conn.Unblock(with))
	return nil
}

func kill(c *core.Ctx) error {
	id, err := c.ArgInt(1)
	if err != nil {
		return err
	}
	s := c.Server.Session(uint64(id))
	if s != nil {
		s.Conn.Close(s == c.Session, "killed")
	}
	c.Bool(s != nil)
	return nil
}

// tell delivers a word to everybody, as PUBLISH does.
func tell(c *core.Ctx) error {
	word := append([]byte("+"), c.Args[1]...)
	word = append(word, '\r', '\n')
	c.Server.Sessions(func(s *core.Session) bool {
		if s != c.Session {
			s.Conn.Deliver(word)
		}
		return true
	})
	c.OK()
	return nil
}

func pause(c *core.Ctx) error {
	ms, err := c.ArgInt(1)
	if err != nil {
		return err
	}
	c.Server.Pause(c.Now+ms, false)
	c.OK()
	return nil
}

func clients(c *core.Ctx) error {
	n := 0
	c.Server.Sessions(func(*core.Session) bool { n++; return true })
	c.Int(int64(n))
	return nil
}

// testServer starts a server on a free port of the loopback.
func testServer(t testing.TB, args ...string) *Server {
	t.Helper()
	port := freePort(t)
	srv, err := Start(Options{Modules: []core.Module{stack{}}, Args: append([]string{"--bind", "127.0.0.1", "--port", port}, args...), Pipes: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	return srv
}

func freePort(t testing.TB) string {
	t.Helper()
	port, err := freeport.Find()
	if err != nil {
		t.Fatal(err)
	}
	return strconv.Itoa(port)
}

// client is a plain connection: lines in, lines out.
type client struct {
	t *testing.T
	net.Conn
	r *bufio.Reader
}

func dial(t *testing.T, srv *Server) *client {
	t.Helper()
	addr := srv.Addr("tcp")
	conn, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	return &client{t, conn, bufio.NewReader(conn)}
}

func (c *client) send(format string, args ...any) {
	c.t.Helper()
	if _, err := fmt.Fprintf(c.Conn, format+"\r\n", args...); err != nil {
		c.t.Fatal(err)
	}
}

// line reads one line of a reply; that of a bulk string is its content.
func (c *client) line() string {
	c.t.Helper()
	s, err := c.r.ReadString('\n')
	if err != nil {
		c.t.Fatalf("reading a reply: %v", err)
	}
	s = strings.TrimRight(s, "\r\n")
	if strings.HasPrefix(s, "$") && s != "$-1" {
		return c.line()
	}
	return s
}

func (c *client) do(want, format string, args ...any) {
	c.t.Helper()
	c.send(format, args...)
	if got := c.line(); got != want {
		c.t.Fatalf("%s: %q, want %q", fmt.Sprintf(format, args...), got, want)
	}
}

// gone waits for the server to end the connection.
func (c *client) gone() {
	c.t.Helper()
	if _, err := io.Copy(io.Discard, c.Conn); err != nil && !strings.Contains(err.Error(), "reset") {
		c.t.Fatalf("the connection was not closed: %v", err)
	}
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("it never came true: %s", what)
}

func (c *client) id() (n int) {
	c.t.Helper()
	c.send("id")
	if _, err := fmt.Sscanf(c.line(), ":%d", &n); err != nil {
		c.t.Fatal(err)
	}
	return n
}

func TestRequestsAndErrors(t *testing.T) {
	c := dial(t, testServer(t))
	c.do("+PONG", "PiNg")
	c.do("-ERR unknown command 'foo', with args beginning with: 'a' 'b' ", "foo a b")
	c.do("-ERR wrong number of arguments for 'push' command", "push a")
	c.do("+OK", "push k abc")
	c.do("abc", "get k")
	c.do("c", "pop k")
	c.do("ab", "get k")
	c.do("-ERR Protocol error: unbalanced quotes in request", "get \"")
	c.gone()
}

func TestPipelineIsAnsweredInOrder(t *testing.T) {
	c := dial(t, testServer(t))
	const n = 20000
	go func() {
		for i := range n {
			fmt.Fprintf(c.Conn, "push key:%d %d\r\nget key:%d\r\n", i, i, i)
		}
	}()
	for i := range n {
		if got := c.line(); got != "+OK" {
			t.Fatal(got)
		}
		if got := c.line(); got != fmt.Sprint(i) {
			t.Fatalf("%q, want %d", got, i)
		}
	}
}

func TestLargeArguments(t *testing.T) {
	c := dial(t, testServer(t))
	for _, n := range []int{1000, 32 << 10, 64<<10 + 1, 5 << 20} {
		key := fmt.Sprint("big", n)
		body := strings.Repeat("x", n)
		fmt.Fprintf(c.Conn, "*3\r\n$4\r\npush\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n", len(key), key, n, body)
		if got := c.line(); got != "+OK" {
			t.Fatal(got)
		}
		c.do(body, "get %s", key)
	}
}

func TestBlockingIsServedInOrderOfBlocking(t *testing.T) {
	srv := testServer(t, "--io-threads", "3")
	var waiting []*client
	for i := range 5 {
		c := dial(t, srv)
		c.send("bpop k other 0")
		waiting = append(waiting, c)
		eventually(t, "blocked", func() bool { return srv.eng.Waiting() == i+1 })
	}
	c := dial(t, srv)
	c.do("+OK", "push k edcba")
	for i, w := range waiting {
		if got := w.line(); got != string("abcde"[i]) {
			t.Errorf("client %d got %q", i, got)
		}
		w.do("+PONG", "ping")
	}
	c.do("$-1", "get k")
}

func TestBlockedClientGoesOnWithItsPipeline(t *testing.T) {
	srv := testServer(t)
	b := dial(t, srv)
	b.send("bpop k 0\r\npush x 1\r\nget x")
	eventually(t, "blocked", func() bool { return srv.eng.Waiting() == 1 })
	dial(t, srv).do("+OK", "push k a")
	for _, want := range []string{"a", "+OK", "1"} {
		if got := b.line(); got != want {
			t.Fatalf("%q, want %q", got, want)
		}
	}
}

func TestBlockingChain(t *testing.T) {
	srv := testServer(t, "--io-threads", "2")
	last, first := dial(t, srv), dial(t, srv)
	last.send("bpop c 0")
	eventually(t, "blocked", func() bool { return srv.eng.Waiting() == 1 })
	first.send("bmove a c 0")
	eventually(t, "blocked", func() bool { return srv.eng.Waiting() == 2 })
	dial(t, srv).do("+OK", "push a z")
	if a, b := first.line(), last.line(); a != "z" || b != "z" {
		t.Fatalf("%q, %q", a, b)
	}
}

func TestBlockingEnds(t *testing.T) {
	srv := testServer(t, "--io-threads", "2")
	c, other := dial(t, srv), dial(t, srv)
	c.do("*-1", "bpop k 0.01")
	c.do("-ERR timeout is negative", "bpop k -1")
	c.do("-ERR timeout is not a float or out of range", "bpop k x")
	id := c.id()
	for _, how := range []string{"error", "timeout"} {
		c.send("bpop k 0")
		eventually(t, "blocked", func() bool { return srv.eng.Waiting() == 1 })
		other.do(":1", "unblock %d %s", id, how)
		want := map[string]string{"error": "-UNBLOCKED client unblocked via CLIENT UNBLOCK", "timeout": "*-1"}[how]
		if got := c.line(); got != want {
			t.Fatalf("%q, want %q", got, want)
		}
	}
	other.do(":0", "unblock %d error", id)
	c.send("bpop k 0")
	eventually(t, "blocked", func() bool { return srv.eng.Waiting() == 1 })
	c.Close()
	eventually(t, "the waiter is forgotten", func() bool { return srv.eng.Waiting() == 0 })
	other.do("+OK", "push k a")
	other.do("a", "get k")
}

func TestPauseHoldsCommandsBack(t *testing.T) {
	srv := testServer(t, "--io-threads", "2")
	c, other := dial(t, srv), dial(t, srv)
	start := time.Now()
	other.do("+OK", "pause 200")
	c.send("push a 1\r\nget a")
	if got := c.line(); got != "+OK" || time.Since(start) < 190*time.Millisecond {
		t.Fatalf("%q after %v", got, time.Since(start))
	}
	if got := c.line(); got != "1" {
		t.Fatal(got)
	}
	other.do("+PONG", "ping")
}

func TestMaxClients(t *testing.T) {
	srv := testServer(t, "--maxclients", "3") // one is the pipe
	a, b := dial(t, srv), dial(t, srv)
	a.do("+PONG", "ping")
	b.do("+PONG", "ping")
	c := dial(t, srv)
	if got := c.line(); got != "-ERR max number of clients reached" {
		t.Fatal(got)
	}
	c.gone()
	a.Close()
	eventually(t, "there is room again", func() bool { return srv.eng.Clients() == 2 })
	dial(t, srv).do("+PONG", "ping")
}

func TestReaderThatDoesNotReadIsDropped(t *testing.T) {
	srv := testServer(t, "--client-output-buffer-limit", "normal 4mb 0 0")
	lazy, other := dial(t, srv), dial(t, srv)
	lazy.send("%s", strings.TrimSuffix(strings.Repeat("big 1000000\r\n", 64), "\r\n")) // it may be dropped before it has sent all by itself
	eventually(t, "it is dropped", func() bool { return srv.eng.Clients() == 2 })
	other.do("+PONG", "ping")
}

func TestSoftOutputLimit(t *testing.T) {
	srv := testServer(t, "--client-output-buffer-limit", "normal 0 1mb 1")
	lazy := dial(t, srv)
	for range 32 {
		lazy.send("big 1000000")
	}
	eventually(t, "it is dropped", func() bool { return srv.eng.Clients() == 1 })
}

func TestQueryBufferLimit(t *testing.T) {
	srv := testServer(t, "--client-query-buffer-limit", "1mb")
	c := dial(t, srv)
	go func() {
		fmt.Fprintf(c.Conn, "*2\r\n$3\r\nget\r\n$4000000\r\n%s", strings.Repeat("x", 3<<20))
	}()
	c.gone()
	dial(t, srv).do("+PONG", "ping")
}

func TestIdleClientIsDisconnected(t *testing.T) {
	c := dial(t, testServer(t, "--timeout", "1"))
	c.do("+PONG", "ping")
	c.gone()
}

func TestUnixSocket(t *testing.T) {
	path := t.TempDir() + "/s"
	srv := testServer(t, "--unixsocket", path, "--unixsocketperm", "700")
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c := &client{t, conn, bufio.NewReader(conn)}
	c.do("+PONG", "ping")
	_ = srv
}

func TestPipe(t *testing.T) {
	srv := testServer(t)
	p := srv.Pipe(0)
	out := p.Exchange(nil, []byte("push k a\r\nget k\r\n*1\r\n$4\r\nPI"))
	out = p.Exchange(out, []byte("NG\r\n"))
	if want := "+OK\r\n$1\r\na\r\n+PONG\r\n"; string(out) != want {
		t.Fatalf("%q, want %q", out, want)
	}
}
