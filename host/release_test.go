package host

import (
	"fmt"
	"io"
	"net"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
)

// What clients have made the server hold is let go when it is of no use any more. The
// figures are counted, not what the system says the process has: what lives in Go's
// heap, and the pages behind data and buffers.

// holding returns how many bytes those are.
func holding(srv *Server) int64 {
	runtime.GC()
	runtime.GC() // what finalizers and pools have kept through one
	live := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(live)
	return int64(live[0].Value.Uint64()) + srv.ks.PoolStats().Resident + srv.buffers.Resident()
}

// TestWhatClientsLeaveIsLetGo: each row makes the server hold 24 MB at the least, and
// leaves. 6 MB may stay: pools keep some 64 free chunks of 64 kB each for what comes next.
func TestWhatClientsLeaveIsLetGo(t *testing.T) {
	if underRace {
		t.Skip("the race detector keeps memory of its own")
	}
	const size = 24 << 20
	text := strings.Repeat("x", size)
	words := strings.Split(strings.Repeat("x", 30_000)+" ", " ")[:1]
	for len(words) < size/30_000 {
		words = append(words, words[0])
	}
	// what is sent, to be read by nobody or as long as want says
	send := func(c *client, request string) {
		if _, err := io.WriteString(c.Conn, request); err != nil {
			t.Fatal(err)
		}
	}
	rows := []struct {
		name string
		do   func(srv *Server, c *client)
	}{
		{"a large value that is deleted", func(_ *Server, c *client) {
			send(c, fmt.Sprintf("*3\r\n$4\r\npush\r\n$1\r\nk\r\n$%d\r\n%s\r\n", size, text))
			c.do2("+OK")
			c.do("+OK", "flush")
		}},
		{"one in a pipeline", func(_ *Server, c *client) {
			send(c, fmt.Sprintf("*3\r\n$4\r\npush\r\n$1\r\nk\r\n$%d\r\n%s\r\n*1\r\n$5\r\nflush\r\n*1\r\n$4\r\nping\r\n", size, text))
			c.do2("+OK")
			c.do2("+OK")
			c.do2("+PONG")
		}},
		{"half an argument", func(srv *Server, c *client) {
			send(c, fmt.Sprintf("*3\r\n$4\r\npush\r\n$1\r\nk\r\n$%d\r\n%s", 2*size, text))
			holds(t, srv, size)
		}},
		{"many arguments", func(_ *Server, c *client) {
			send(c, fmt.Sprintf("*%d\r\n$4\r\nping\r\n", 1+len(words)))
			for _, w := range words {
				send(c, fmt.Sprintf("$%d\r\n%s\r\n", len(w), w))
			}
			c.do2("+PONG")
		}},
		{"many arguments, but the last", func(srv *Server, c *client) {
			send(c, fmt.Sprintf("*%d\r\n$4\r\nping\r\n", 2+len(words)))
			for _, w := range words {
				send(c, fmt.Sprintf("$%d\r\n%s\r\n", len(w), w))
			}
			holds(t, srv, size)
		}},
		{"20 clients that do not read", func(srv *Server, c *client) {
			var lazy []net.Conn
			for range 20 {
				conn := raw(t, portOf(srv))
				fmt.Fprint(conn, strings.Repeat("big 1000000\r\n", 10))
				lazy = append(lazy, conn)
			}
			holds(t, srv, size)
			for _, conn := range lazy {
				conn.Close()
			}
		}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			srv := testServer(t, "--io-threads", "1")
			dial(t, srv).do("+PONG", "ping")
			before := holding(srv)
			c := dial(t, srv)
			row.do(srv, c)
			c.Close()
			left := int64(0)
			defer func() {
				if t.Failed() {
					t.Errorf("%d kB did not return", left>>10)
				}
			}()
			eventually(t, "it is let go", func() bool {
				left = holding(srv) - before
				return left < 6<<20
			})
		})
	}
}

// holds waits until the server holds at least n bytes for its clients.
func holds(t *testing.T, srv *Server, n int64) {
	t.Helper()
	eventually(t, "the server holds it", func() bool { return srv.figures().Memory >= n })
}
