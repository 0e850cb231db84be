package pubsub_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules/connection"
	"github.com/ferrousdb/ferrous/modules/pubsub"
)

// What a conformance script cannot show: several event loops, many subscribers,
// sessions that go.

func start(t *testing.T, args ...string) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr = l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(addr)
	srv, err := host.Start(host.Options{
		Modules: []core.Module{connection.New(), pubsub.New()},
		Args:    append([]string{"--bind", "127.0.0.1", "--port", port}, args...),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	return addr
}

type client struct {
	net.Conn
	r *bufio.Reader
}

func dial(t *testing.T, addr string) *client {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	return &client{conn, bufio.NewReader(conn)}
}

func (c *client) send(format string, args ...any) {
	_, _ = fmt.Fprintf(c, format+"\r\n", args...)
}

// reply reads a reply of strings and integers; those of an array are separated
// by blanks.
func (c *client) reply() string {
	line, err := c.r.ReadString('\n')
	if err != nil {
		return "error: " + err.Error()
	}
	line = strings.TrimSuffix(line, "\r\n")
	switch line[0] {
	case '*', '>':
		var n int
		_, _ = fmt.Sscan(line[1:], &n)
		parts := make([]string, n)
		for i := range parts {
			parts[i] = c.reply()
		}
		return strings.Join(parts, " ")
	case '$':
		var n int
		_, _ = fmt.Sscan(line[1:], &n)
		b := make([]byte, max(n, 0)+2)
		if n < 0 {
			return "nil"
		}
		_, _ = io.ReadFull(c.r, b)
		return string(b[:n])
	}
	return line[1:]
}

// TestOneOrder: all who listen to a channel get its messages in one order,
// whichever loops they and the publishers are on.
func TestOneOrder(t *testing.T) {
	addr := start(t, "--io-threads", "3")
	const listeners, publishers, each = 6, 4, 200
	var got [listeners][]string
	var wg sync.WaitGroup
	for i := range listeners {
		c := dial(t, addr)
		if i%2 == 0 {
			c.send("SUBSCRIBE news")
		} else {
			c.send("PSUBSCRIBE n*")
		}
		c.reply()
		wg.Go(func() {
			for range publishers * each {
				words := strings.Fields(c.reply())
				got[i] = append(got[i], words[len(words)-1])
			}
		})
	}
	for p := range publishers {
		c := dial(t, addr)
		wg.Go(func() {
			for i := range each {
				c.send("PUBLISH news %d-%d", p, i)
				if n := c.reply(); n != fmt.Sprint(listeners) {
					t.Errorf("%s listeners", n)
				}
			}
		})
	}
	wg.Wait()
	for i := range got {
		if strings.Join(got[i], " ") != strings.Join(got[0], " ") {
			t.Fatalf("listener %d got another order than the first", i)
		}
	}
}

// TestSubscribersComeAndGo: who has gone is forgotten, and nobody else.
func TestSubscribersComeAndGo(t *testing.T) {
	addr := start(t, "--io-threads", "2")
	stays, pub := dial(t, addr), dial(t, addr)
	stays.send("SUBSCRIBE news")
	stays.reply()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				c := dial(t, addr)
				c.send("SUBSCRIBE news other\r\nPSUBSCRIBE n* o*\r\nSSUBSCRIBE news")
				for range 5 {
					c.reply()
				}
				c.Close()
			}
		})
	}
	messages := 0
	for done := make(chan struct{}); done != nil; {
		select {
		case <-done:
			done = nil
		default:
			if messages == 0 {
				go func() { wg.Wait(); close(done) }()
			}
			pub.send("PUBLISH news x")
			pub.reply()
			messages++
		}
	}
	for range messages {
		if got := stays.reply(); got != "message news x" {
			t.Fatal(got)
		}
	}
	for end := time.Now().Add(time.Minute); ; {
		pub.send("PUBSUB NUMSUB news other\r\nPUBSUB NUMPAT\r\nPUBSUB SHARDNUMSUB news")
		got := pub.reply() + "; " + pub.reply() + "; " + pub.reply()
		if got == "news 1 other 0; 0; news 0" {
			break
		}
		if time.Now().After(end) {
			t.Fatal(got)
		}
	}
}

// TestManySubscribers: a message reaches each of many, and one who does not read
// is cut off without holding up the others.
func TestManySubscribers(t *testing.T) {
	addr := start(t, "--client-output-buffer-limit", "pubsub 1mb 0 0")
	const many = 30
	clients := make([]*client, many)
	for i := range clients {
		clients[i] = dial(t, addr)
		clients[i].send("SUBSCRIBE news")
		clients[i].reply()
	}
	lazy, pub := dial(t, addr), dial(t, addr)
	lazy.send("SUBSCRIBE news")
	text := strings.Repeat("x", 32<<10)
	left := ""
	for n := 0; left != fmt.Sprint(many); n++ {
		pub.send("PUBLISH news %s", text)
		left = pub.reply()
		for _, c := range clients {
			if got := c.reply(); got != "message news "+text {
				t.Fatalf("%.40q", got)
			}
		}
		if n == 1000 {
			t.Fatal("a subscriber that does not read stays")
		}
	}
}
