package host

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core"
)

// TestLargeArgumentsInPieces sends large arguments in requests of every form, cut at random
// places.
func TestLargeArgumentsInPieces(t *testing.T) {
	srv := testServer(t, "--arena-poison", "yes")
	rng := rand.New(rand.NewPCG(1, 2))
	c := dial(t, srv)
	r := bufio.NewReader(c.Conn)
	var want, sent strings.Builder
	send := func(reply string, args ...string) {
		fmt.Fprintf(&sent, "*%d\r\n", len(args))
		for _, a := range args {
			fmt.Fprintf(&sent, "$%d\r\n%s\r\n", len(a), a)
		}
		want.WriteString(reply)
	}
	for i := range 40 {
		value := strings.Repeat(fmt.Sprintf("%08d", i), 4000+rng.IntN(60_000))
		key := fmt.Sprint("k", rng.IntN(1000))
		send("+OK\r\n", "pushpx", key, value, "100000")
		send(fmt.Sprintf("$%d\r\n%s\r\n", len(value), value), "get", key)
		send("+OK\r\n", "push", "other"+key, value+value)
		send("+PONG\r\n", "ping", value, "x", value)
		send("-ERR wrong number of arguments for 'get' command\r\n", "get", value, value)
		send("+PONG\r\n", "ping")
	}
	go func() {
		for s := sent.String(); s != ""; {
			n := min(len(s), 1+rng.IntN(200_000))
			if _, err := io.WriteString(c.Conn, s[:n]); err != nil {
				return
			}
			s = s[n:]
		}
	}()
	got := make([]byte, want.Len())
	_ = c.Conn.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := io.ReadFull(r, got); err != nil || string(got) != want.String() {
		t.Fatalf("the replies differ: %v", err)
	}
}

// TestLargeArgumentOfWhoLeaves: a client that goes away, or is blocked, in the midst
// of a large argument leaves nothing behind, and loses nothing.
func TestLargeArgumentOfWhoLeaves(t *testing.T) {
	srv := testServer(t, "--arena-poison", "yes", "--io-threads", "1")
	c := dial(t, srv)
	fmt.Fprintf(c.Conn, "*3\r\n$4\r\npush\r\n$1\r\nk\r\n$100000\r\n%s", strings.Repeat("x", 50_000))
	held := func(n int) func() bool {
		return func() bool {
			most, clients := 0, 0
			srv.conns(func(_ *core.Session, info core.ConnInfo) {
				most, clients = max(most, info.QueryBuf), clients+1
			})
			return n > 0 && most >= n || n == 0 && most == 0 && clients <= 1
		}
	}
	eventually(t, "half of it has come", held(50_000))
	c.Conn.Close()
	eventually(t, "it is gone", held(0))

	c = dial(t, srv)
	body := strings.Repeat("y", 100_000)
	fmt.Fprintf(c.Conn, "*3\r\n$4\r\nbpop\r\n$1\r\nq\r\n$1\r\n0\r\n*3\r\n$4\r\npush\r\n$1\r\nk\r\n$%d\r\n%s\r\n", len(body), body)
	eventually(t, "all has come", func() (all bool) {
		srv.conns(func(_ *core.Session, info core.ConnInfo) {
			all = all || info.Blocked && info.QueryBuf > len(body)
		})
		return all
	})
	dial(t, srv).do("+OK", "push q z")
	c.do2("z")
	c.do2("+OK")
}
