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

// TestLargeArgumentsAlike: who has sent a large argument is read as if the next request were
// like it. It may be, to the byte; or another that is as long, or ends in the midst, or is none.
func TestLargeArgumentsAlike(t *testing.T) {
	srv := testServer(t, "--arena-poison", "yes", "--io-threads", "1")
	rng := rand.New(rand.NewPCG(3, 4))
	body := strings.Repeat("0123456789", 10_000)
	set := func(key, value string) string {
		return fmt.Sprintf("*3\r\n$4\r\npush\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n", len(key), key, len(value), value)
	}
	others := []struct{ sent, reply string }{
		{set("k", body), "+OK\r\n"},
		{set("k", body[:60_000]), "+OK\r\n"},
		{set("key", body[:len(body)-2]), "+OK\r\n"},
		{set("k", body[:12]), "+OK\r\n"},
		{"*1\r\n$4\r\nping\r\n", "+PONG\r\n"},
		{strings.Repeat("*1\r\n$4\r\nping\r\n", 3000), strings.Repeat("+PONG\r\n", 3000)},
		{"*1\r\n$4\r\nping\r\n" + set("k", body), "+PONG\r\n+OK\r\n"},
	}
	c := dial(t, srv)
	r := bufio.NewReader(c.Conn)
	_ = c.Conn.SetDeadline(time.Now().Add(time.Minute))
	exchange := func(sent, reply string) {
		t.Helper()
		for whole := rng.IntN(3) > 0; sent != ""; {
			n := len(sent)
			if !whole {
				n = min(n, 1+rng.IntN(70_000))
			}
			if _, err := io.WriteString(c.Conn, sent[:n]); err != nil {
				t.Fatal(err)
			}
			sent = sent[n:]
		}
		got := make([]byte, len(reply))
		if _, err := io.ReadFull(r, got); err != nil || string(got) != reply {
			t.Fatalf("%q is no %q: %v", got[:min(80, len(got))], reply[:min(80, len(reply))], err)
		}
	}
	want := ""
	for range 150 {
		value := body[rng.IntN(10):]
		value += body[:len(body)-len(value)]
		exchange(strings.Replace(set("j", value), "*3\r\n$4\r\npush", "*4\r\n$6\r\npushpx", 1)+"$6\r\n100000\r\n", "+OK\r\n")
		want = value
		if o := others[rng.IntN(len(others))]; rng.IntN(2) == 0 {
			exchange(o.sent, o.reply)
		}
		exchange("*2\r\n$3\r\nget\r\n$1\r\nj\r\n", fmt.Sprintf("$%d\r\n%s\r\n", len(want), want))
	}
	exchange(set("j", body), "+OK\r\n")
	exchange("*3\r\n$4\r\npush\r\n$1\r\nj\r\n!100000\r\n"+body, "-ERR Protocol error: expected '$', got '!'\r\n")
}
