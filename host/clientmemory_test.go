package host

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
)

// hoard makes a client that has sent most of an argument of n bytes, and waits
// until the server has got it.
func hoard(t *testing.T, srv *Server, n int) *client {
	t.Helper()
	c := dial(t, srv)
	before, evicted := srv.figures().Weighed, srv.totals().EvictedClients
	if _, err := fmt.Fprintf(c.Conn, "*2\r\n$3\r\nget\r\n$%d\r\n%s", n+1, strings.Repeat("x", n)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the argument has arrived", func() bool {
		return srv.figures().Weighed >= before+int64(n) || srv.totals().EvictedClients > evicted
	})
	return c
}

// TestClientsGiveWay: at maxmemory-clients the client with the largest buffer is
// disconnected, and nobody else.
func TestClientsGiveWay(t *testing.T) {
	srv := testServer(t, "--maxmemory-clients", "3mb")
	small := hoard(t, srv, 400<<10)
	large := hoard(t, srv, 1500<<10)
	middle := hoard(t, srv, 800<<10)
	if n := srv.totals().EvictedClients; n != 0 {
		t.Fatalf("%d clients were disconnected below the limit", n)
	}
	another := hoard(t, srv, 900<<10)
	large.gone()
	if n := srv.totals().EvictedClients; n != 1 {
		t.Errorf("%d clients were disconnected, want 1", n)
	}
	for _, c := range []*client{small, middle, another} { // the rest of the argument, and what follows
		c.do("$-1", "x")
	}
	eventually(t, "nothing is held any more", func() bool { return srv.figures().Weighed < 64<<10 })
}

// TestClientsThatStay: those with NO-EVICT are left alone; they go when that ends.
func TestClientsThatStay(t *testing.T) {
	srv, log := loggedServer(t, "--maxmemory-clients", "1mb")
	c := hoard(t, srv, 10)
	spare := func(yes bool) {
		srv.conns(func(s *core.Session, _ core.ConnInfo) { s.NoEvict = yes })
	}
	spare(true)
	if _, err := c.Write([]byte("x\r\n*2\r\n$3\r\nget\r\n$2000000\r\n" + strings.Repeat("x", 1_500_000))); err != nil {
		t.Fatal(err)
	}
	log.says(t, "Over client maxmemory after evicting all evictable clients")
	if got := c.line(); got != "$-1" || srv.totals().EvictedClients != 0 {
		t.Fatalf("%q, %d evicted", got, srv.totals().EvictedClients)
	}
	spare(false)
	c.gone()
}

// TestClientLimitComesAndGoes: without a limit nothing is weighed, with a new one
// everything at once.
func TestClientLimitComesAndGoes(t *testing.T) {
	srv := testServer(t)
	c := dial(t, srv)
	if _, err := fmt.Fprintf(c.Conn, "*2\r\n$3\r\nget\r\n$%d\r\n%s", 2_000_000, strings.Repeat("x", 1_000_000)); err != nil {
		t.Fatal(err)
	}
	other := dial(t, srv)
	other.do("$-1", "get x")
	if n := srv.figures().Weighed; n != 0 {
		t.Errorf("%d bytes were counted without a limit", n)
	}
	set := func(limit int64) {
		srv.Standstill(func() {
			srv.params.engine.ClientMemory.Store(limit)
			srv.eng.LimitClients(0)
		})
	}
	eventually(t, "the argument is there, and is weighed", func() bool {
		set(10 << 20)
		return srv.figures().Weighed > 1_000_000
	})
	set(0)
	if n := srv.figures().Weighed; n != 0 {
		t.Errorf("%d bytes are counted without a limit", n)
	}
	set(500_000)
	other.do("$-1", "get x") // the next command of anybody is enough
	c.gone()
}
