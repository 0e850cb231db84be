package host

import (
	"crypto/tls"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/logging"
)

// door is a module of the tests that lets nobody in who has not said login.
type door struct{}

func (door) Name() string { return "door" }

func (door) Register(r *core.Registry) error {
	r.OnSession(func(s *core.Session) { s.Authenticated = false }, nil)
	r.Commands(core.Command{Name: "login", Arity: 1, Flags: core.NoAuth, Run: func(c *core.Ctx) error {
		c.Session.Authenticated = true
		c.OK()
		return nil
	}})
	return nil
}

// guarded is a server with a door, and its log.
func guarded(t *testing.T, args ...string) (*Server, *logBuffer) {
	t.Helper()
	log := &logBuffer{}
	srv, err := Start(Options{
		Modules: []core.Module{stack{}, door{}},
		Args:    append([]string{"--bind", "127.0.0.1", "--port", freePort(t)}, args...),
		Log:     logging.New(logging.Target{Output: log}),
	})
	if err != nil {
		t.Fatal(err)
	}
	srv.log.setLevel(logging.Warn)
	t.Cleanup(srv.Stop)
	return srv, log
}

// TestStrangersAreCutOff: a client that sends before it has authenticated, and
// reads nothing, makes the server hold some kilobytes and is disconnected,
// whatever it is connected by. The log is not filled with them.
func TestStrangersAreCutOff(t *testing.T) {
	a := newAuthority(t, "authority")
	a.issue("server")
	srv, log := guarded(t, "--unixsocket", filepath.Join(t.TempDir(), "s"), "--tls-port", freePort(t),
		"--tls-cert-file", a.path("server.crt"), "--tls-key-file", a.path("server.key"), "--tls-ca-cert-file", a.path("ca.crt"),
		"--tls-auth-clients", "no")
	flood := []byte(strings.Repeat("get x\r\n", 100)) // 3400 bytes of refusals
	for _, kind := range []string{"tcp", "unix", "tls"} {
		addr := srv.Addr(kind)
		conn, err := net.Dial(addr.Network(), addr.String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if kind == "tls" {
			conn = tls.Client(conn, a.client(""))
		}
		_ = conn.SetDeadline(time.Now().Add(time.Minute))
		for err == nil {
			_, err = conn.Write(flood)
		}
		if ne, ok := err.(net.Error); ok && ne.Timeout() {
			t.Errorf("%s: nobody cuts it off", kind)
		}
	}
	drops := srv.totals().OutputLimitDrops
	if n := log.count("output buffer limits"); drops != 3 || n != 1 {
		t.Errorf("%d were cut off, of which the log tells %d times", drops, n)
	}
}

// TestStrangersMayAsk: who reads the replies may try often, and come in, and has
// no such limits then.
func TestStrangersMayAsk(t *testing.T) {
	srv, _ := guarded(t)
	c := dial(t, srv)
	for range 20 {
		c.send(strings.TrimSuffix(strings.Repeat("get x\r\n", 100), "\r\n"))
		for range 100 {
			if got := c.line(); got != "-NOAUTH Authentication required." {
				t.Fatalf("%q", got)
			}
		}
	}
	c.do("+OK", "login")
	c.send("big 3000000\r\nping")
	if n, err := c.r.Discard(len("$3000000\r\n") + 3000000 + 2); err != nil {
		t.Fatalf("%d bytes, %v", n, err)
	}
	if got := c.line(); got != "+PONG" {
		t.Errorf("%q", got)
	}
}

// TestStrangersInAPause: what is sent during a pause is kept until its end, of
// strangers a megabyte.
func TestStrangersInAPause(t *testing.T) {
	srv, log := guarded(t)
	known := dial(t, srv)
	known.do("+OK", "login")
	stranger := dial(t, srv)
	known.do("+OK", "pause 60000")
	much := strings.Repeat("ping "+strings.Repeat("x", 1000)+"\r\n", 1500)
	for _, c := range []*client{known, stranger} {
		go func() { _, _ = c.Write([]byte("login\r\n" + much)) }()
	}
	stranger.gone()
	eventually(t, "the other's requests are all kept", func() bool {
		n := 0
		srv.conns(func(_ *core.Session, info core.ConnInfo) { n += info.QueryBuf })
		return n == len("login\r\n"+much)
	})
	if log.count("max query buffer length") != 1 {
		t.Error(log)
	}
}
