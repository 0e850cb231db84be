package host

import (
	"bufio"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"
)

// dialTo connects to a port of the loopback.
func dialTo(t *testing.T, port string) (*client, error) {
	t.Helper()
	conn, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	return &client{t, conn, bufio.NewReader(conn)}, nil
}

func mustDial(t *testing.T, port string) *client {
	t.Helper()
	c, err := dialTo(t, port)
	if err != nil {
		t.Fatal(err)
	}
	c.do("+PONG", "ping")
	return c
}

func portOf(srv *Server) string { return strconv.FormatInt(srv.params.net.Port.Load(), 10) }

func TestConfigSetPort(t *testing.T) {
	srv, log := loggedServer(t, "--io-threads", "2")
	old := portOf(srv)
	c := mustDial(t, old)

	next := freePort(t)
	srv.mustSet(t, "port", next)
	c.do("+PONG", "ping") // clients stay
	mustDial(t, next)
	if _, err := dialTo(t, old); err == nil {
		t.Error("the old port is still open")
	}

	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, used, _ := net.SplitHostPort(taken.Addr().String())
	err = srv.set("maxmemory", "10000002", "port", used)
	if want := "CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. Check server logs."; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	log.says(t, "cannot listen as CONFIG SET asks", "address already in use")
	if portOf(srv) != next || srv.params.maxMemory.Load() != 0 {
		t.Error("the values were not put back")
	}
	mustDial(t, next)

	srv.mustSet(t, "port", "0")
	if _, err := dialTo(t, next); err == nil {
		t.Error("the port is still open")
	}
	c.do("+PONG", "ping")
	srv.mustSet(t, "port", next)
	mustDial(t, next)
}

func TestConfigSetBind(t *testing.T) {
	srv, _ := loggedServer(t, "--protected-mode", "no")
	port := portOf(srv)
	served := func(addr string) bool {
		conn, err := net.DialTimeout("tcp", net.JoinHostPort(addr, port), 5*time.Second)
		if err != nil {
			return false
		}
		conn.Close()
		return true
	}
	for _, bind := range []string{"999.999.999.999", "127.0.0.1 192.0.2.1", "some.wrong.bind.address"} {
		err := srv.set("bind", bind)
		if want := "CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified addresses."; err == nil || err.Error() != want {
			t.Errorf("bind %s: %v, want %s", bind, err, want)
		}
		mustDial(t, port)
	}
	// One that covers what is open, and back.
	srv.mustSet(t, "bind", "*")
	if !served("127.0.0.1") || !served("127.0.0.2") {
		t.Error("not all addresses are served")
	}
	srv.mustSet(t, "bind", "127.0.0.2 -192.0.2.1")
	if served("127.0.0.1") || !served("127.0.0.2") {
		t.Error("the wrong addresses are served")
	}
	// A failure after the old listeners had to give way.
	if err := srv.set("bind", "* 192.0.2.1"); err == nil {
		t.Error("an address of another machine was bound")
	}
	if served("127.0.0.1") || !served("127.0.0.2") {
		t.Error("the wrong addresses are served after a failure")
	}
	srv.mustSet(t, "bind", "127.0.0.1")
	mustDial(t, port)
}

func TestConfigSetTLSPort(t *testing.T) {
	a := newAuthority(t, "ours")
	srv, _ := loggedServer(t)
	port := freePort(t)
	if err := srv.set("tls-port", port); err == nil || !strings.Contains(err.Error(), "Unable to update TLS configuration. Check server logs.") {
		t.Errorf("without a certificate: %v", err)
	}
	mustDial(t, portOf(srv))
	a.issue("server")
	srv.mustSet(t, "tls-cert-file", a.path("server.crt"), "tls-key-file", a.path("server.key"), "tls-auth-clients", "no", "tls-port", port)
	dialTLS(t, srv, a.client("")).do("+PONG", "ping")
	if err := srv.set("tls-port", portOf(srv)); err == nil || !strings.Contains(err.Error(), "Unable to listen on this port") {
		t.Errorf("the port of plain connections: %v", err)
	}
	dialTLS(t, srv, a.client(""))
	mustDial(t, portOf(srv))
}

// TestConfigSetPortUnderLoad moves the port while clients come and go.
func TestConfigSetPortUnderLoad(t *testing.T) {
	srv, _ := loggedServer(t, "--io-threads", "3")
	done := make(chan struct{})
	busy := mustDial(t, portOf(srv))
	go func() {
		defer close(done)
		for range 2000 {
			fmt.Fprint(busy.Conn, "ping\r\n")
			if _, err := busy.r.ReadString('\n'); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	for range 10 {
		port := freePort(t)
		srv.mustSet(t, "port", port)
		for range 10 {
			mustDial(t, port).Close()
		}
	}
	<-done
}

func TestProtectedModeRefusesOtherMachines(t *testing.T) {
	addr := ownAddress(t)
	srv, log := loggedServer(t, "--bind", addr, "127.0.0.1")
	dialOwn := func() *client {
		conn, err := net.Dial("tcp", net.JoinHostPort(addr, portOf(srv)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		_ = conn.SetDeadline(time.Now().Add(time.Minute))
		return &client{t, conn, bufio.NewReader(conn)}
	}
	c := dialOwn()
	if got := c.line(); !strings.HasPrefix(got, "-DENIED ") {
		t.Errorf("it said %q", got)
	}
	c.gone()
	log.says(t, "refused in protected mode", addr)
	if n := srv.totals().Rejected; n != 1 {
		t.Errorf("%d rejected, want 1", n)
	}
	mustDial(t, portOf(srv))
	srv.mustSet(t, "protected-mode", "no")
	dialOwn().do("+PONG", "ping")
}

// ownAddress is an address of this machine that is not of the loopback.
func ownAddress(t *testing.T) string {
	t.Helper()
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLoopback() && n.IP.To4() != nil {
			return n.IP.String()
		}
	}
	t.Skip("this machine has no address but the loopback's")
	return ""
}
