package host

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core"
)

// What clients do that mean no good, or know no better. Others must not notice.

// raw opens a connection without expectations.
func raw(t *testing.T, port string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	return conn
}

func (c *client) number(format string, args ...any) (n int64) {
	c.t.Helper()
	c.send(format, args...)
	if _, err := fmt.Sscanf(c.line(), ":%d", &n); err != nil {
		c.t.Fatal(err)
	}
	return n
}

func TestRandomBytes(t *testing.T) {
	srv, log := loggedServer(t, "--io-threads", "2")
	good := dial(t, srv)
	var wg sync.WaitGroup
	for seed := range uint64(40) {
		conn := raw(t, portOf(srv))
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(seed, 0))
			alphabet := []string{"", "*$\r\n0123456789-abc \"'", "*$\r\n123"}[seed%3]
			buf := make([]byte, 4096)
			go func() { // it reads, too
				r := make([]byte, 4096)
				for {
					if _, err := conn.Read(r); err != nil {
						return
					}
				}
			}()
			for range 200 {
				for i := range buf {
					buf[i] = byte(rnd.Uint32())
					if alphabet != "" {
						buf[i] = alphabet[rnd.IntN(len(alphabet))]
					}
				}
				if _, err := conn.Write(buf); err != nil {
					return
				}
			}
		})
	}
	for range 500 {
		good.do("+PONG", "ping")
	}
	wg.Wait()
	good.do("+PONG", "ping")
	log.says(t, "Protocol error", "from client")
	log.says(t, "client closed", "Protocol error")
}

func TestRequestsThatAreTooLarge(t *testing.T) {
	srv, log := loggedServer(t)
	for _, test := range []struct{ request, answer string }{
		{"*3\r\n$4\r\npush\r\n$1\r\nk\r\n$629145600\r\n", "invalid bulk length"},
		{"*3\r\n$4\r\npush\r\n$1\r\nk\r\n$-1\r\n", "invalid bulk length"},
		{"*2147483648\r\n", "invalid multibulk length"},
		{"*1\r\n:4\r\n", "expected '$', got ':'"},
		{"*" + strings.Repeat("1", 70000), "too big mbulk count string"},
		{"*1\r\n$" + strings.Repeat("1", 70000), "too big bulk count string"},
		{strings.Repeat("x", 70000), "too big inline request"},
		{"get \"a\r\n", "unbalanced quotes in request"},
	} {
		c := dial(t, srv)
		if _, err := fmt.Fprint(c.Conn, test.request); err != nil {
			t.Fatal(err)
		}
		want := "Protocol error: " + test.answer
		if got := c.line(); got != "-ERR "+want {
			t.Errorf("%.40q: %q, want %q", test.request, got, want)
		}
		c.gone()
		log.says(t, want+" from client")
	}
	dial(t, srv).do("+PONG", "ping")
}

// TestPromisesAreNotBelieved announces much and sends little.
func TestPromisesAreNotBelieved(t *testing.T) {
	p := startProcess(t, nil).ready()
	good := mustDial(t, p.port)
	before := good.number("rss")
	for i := range 40 {
		conn := raw(t, p.port)
		fmt.Fprint(conn, "*3\r\n$4\r\npush\r\n$1\r\nk\r\n$500000000\r\n")
		if i%2 == 0 {
			fmt.Fprint(conn, strings.Repeat("x", 50_000))
		}
		conn = raw(t, p.port)
		fmt.Fprint(conn, "*2147483647\r\n$4\r\npush\r\n")
	}
	for range 100 {
		good.do("+PONG", "ping")
	}
	eventually(t, "all are there", func() bool { return good.number("clients") == 81 })
	if grown := good.number("rss") - before; grown > 100<<20 && !underRace {
		t.Errorf("%d MB for 20 GB that were announced", grown>>20)
	}
}

// TestSlowloris sends requests in two halves, with much time between.
func TestSlowloris(t *testing.T) {
	srv, _ := loggedServer(t, "--io-threads", "2")
	good := dial(t, srv)
	request := "*3\r\n$4\r\npush\r\n$1\r\nk\r\n$5\r\nhello\r\n"
	var slow []*client
	for i := range 5 * len(request) {
		c := dial(t, srv)
		if _, err := fmt.Fprint(c.Conn, request[:i%len(request)]); err != nil {
			t.Fatal(err)
		}
		slow = append(slow, c)
	}
	for range 100 {
		good.do("+PONG", "ping")
	}
	for i, c := range slow {
		if _, err := fmt.Fprint(c.Conn, request[i%len(request):]); err != nil {
			t.Fatal(err)
		}
		c.do2("+OK")
	}
}

// TestManySmallArguments stays incomplete until the query limit is reached; the
// parser's own notes count.
func TestManySmallArguments(t *testing.T) {
	srv, log := loggedServer(t, "--client-query-buffer-limit", "8mb")
	p := srv.Pipe(0)
	p.Exchange(nil, []byte("*1000000\r\n"))
	chunk := bytes.Repeat([]byte("$0\r\n\r\n"), 10_000)
	sent := 0
	for ; !p.Closed() && sent < 10<<20; sent += len(chunk) {
		p.Exchange(nil, chunk)
	}
	if sent > 3<<20 { // with 16 bytes of notes for 6 of an argument
		t.Errorf("it could send %d bytes", sent)
	}
	log.says(t, "max query buffer length")
	dial(t, srv).do("+PONG", "ping")
}

// TestPipelineOfLargeReplies asks in one small packet for more than the output
// limit allows.
func TestPipelineOfLargeReplies(t *testing.T) {
	p := startProcess(t, nil, "--client-output-buffer-limit", "normal 16mb 0 0").ready()
	good := mustDial(t, p.port)
	before := good.number("rss")
	lazy := raw(t, p.port)
	fmt.Fprint(lazy, strings.Repeat("big 1000000\r\n", 4000)) // 4 GB
	p.log.says(t, "overcoming of output buffer limits")
	p.log.says(t, "client closed", "output buffer limit")
	if grown := good.number("rss") - before; grown > 200<<20 && !underRace {
		t.Errorf("it took %d MB to find out", grown>>20)
	}
}

// TestMemoryReturns lets clients make the server take much memory, and leave.
func TestMemoryReturns(t *testing.T) {
	if underRace {
		t.Skip("the race detector keeps memory of its own")
	}
	p := startProcess(t, nil).ready()
	good := mustDial(t, p.port)
	before := good.number("rss")
	var bad []net.Conn
	for range 10 {
		lazy := raw(t, p.port)
		fmt.Fprint(lazy, strings.Repeat("big 1000000\r\n", 10))
		half := raw(t, p.port)
		fmt.Fprintf(half, "*3\r\n$4\r\npush\r\n$1\r\nk\r\n$20000000\r\n%s", strings.Repeat("x", 10_000_000))
		bad = append(bad, lazy, half)
	}
	eventually(t, "the server holds it", func() bool { return good.number("rss")-before > 100<<20 })
	for _, conn := range bad {
		conn.Close()
	}
	end := time.Now().Add(time.Minute)
	left := int64(0)
	for time.Now().Before(end) {
		if left = good.number("rss") - before; left < 40<<20 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("%d MB did not return", left>>20)
}

// TestHugeRequestLeavesNoBuffer sends a large argument in the middle of a
// pipeline, so that the buffer it took is not empty when it has gone.
func TestHugeRequestLeavesNoBuffer(t *testing.T) {
	srv := testServer(t, "--io-threads", "1")
	c := dial(t, srv)
	body := strings.Repeat("x", 10_000_000)
	fmt.Fprintf(c.Conn, "*3\r\n$4\r\npush\r\n$1\r\nk\r\n$%d\r\n%s\r\n*2\r\n$3\r\nget\r\n$1\r\n", len(body), body)
	c.do2("+OK")
	eventually(t, "the buffer is small", func() (small bool) {
		srv.conns(func(s *core.Session, info core.ConnInfo) {
			small = small || s.ID == 2 && info.QueryBuf+info.QueryFree <= 4<<10
		})
		return small
	})
	fmt.Fprint(c.Conn, "q\r\n")
	if got, _ := bufio.NewReader(c.Conn).ReadString('\n'); got != "$-1\r\n" {
		t.Errorf("%q", got)
	}
}

// TestHTTPIsCutOff: what follows the headers must not be executed.
func TestHTTPIsCutOff(t *testing.T) {
	srv, log := loggedServer(t)
	for _, request := range []string{
		"POST / HTTP/1.1\r\nHost: localhost\r\n\r\npush k attack\r\n",
		"GET / HTTP/1.1\r\nhOsT: localhost\r\n\r\npush k attack\r\n",
	} {
		c := dial(t, srv)
		if _, err := fmt.Fprint(c.Conn, request); err != nil {
			t.Fatal(err)
		}
		c.gone()
	}
	log.says(t, "client closed", "it speaks HTTP")
	if n := log.count("SECURITY ATTACK"); n != 1 {
		t.Errorf("the log says it %d times", n)
	}
	dial(t, srv).do("$-1", "get k")
}
