package host

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core"
)

// TestNoElementIsLost lets clients wait with deadlines of about the time that
// it takes to be served, on several keys and loops. Whatever is pushed must be
// popped by somebody or still be there.
func TestNoElementIsLost(t *testing.T) {
	srv := testServer(t, "--io-threads", "4")
	const keys, perPusher = 3, 2000
	var popped atomic.Int64
	var waiters, pushers sync.WaitGroup
	stop := make(chan struct{})
	for i := range 12 {
		c := dial(t, srv)
		_ = c.SetDeadline(time.Now().Add(time.Minute))
		waiters.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				fmt.Fprintf(c.Conn, "bpop k%d k%d 0.00%d\r\n", i%keys, rand.IntN(keys), 1+rand.IntN(3))
				line, err := c.r.ReadString('\n')
				if err != nil {
					t.Error(err)
					return
				}
				if strings.HasPrefix(line, "$") {
					if _, err := c.r.ReadString('\n'); err != nil {
						t.Error(err)
						return
					}
					popped.Add(1)
				}
			}
		})
	}
	for i := range keys {
		c := dial(t, srv)
		_ = c.SetDeadline(time.Now().Add(time.Minute))
		pushers.Go(func() {
			for range perPusher {
				fmt.Fprintf(c.Conn, "push k%d x\r\n", i)
				if _, err := c.r.ReadString('\n'); err != nil {
					t.Error(err)
					return
				}
				if rand.IntN(8) == 0 {
					time.Sleep(time.Duration(rand.IntN(2000)) * time.Microsecond)
				}
			}
		})
	}
	pushers.Wait()
	close(stop)
	waiters.Wait()
	left := int64(0)
	c := dial(t, srv)
	for i := range keys {
		c.send("get k%d", i)
		if s := c.line(); s != "$-1" {
			left += int64(len(s))
		}
	}
	if got := popped.Load() + left; got != keys*perPusher {
		t.Errorf("%d popped and %d left, of %d", popped.Load(), left, keys*perPusher)
	}
	if popped.Load() < perPusher {
		t.Errorf("only %d were popped: this test tests nothing", popped.Load())
	}
}

// TestWaitersComeAndGo disconnects blocked clients while others are served.
func TestWaitersComeAndGo(t *testing.T) {
	srv := testServer(t, "--io-threads", "3")
	addr := srv.Addr("tcp").String()
	var wg sync.WaitGroup
	until := time.Now().Add(time.Second)
	for range 6 {
		wg.Go(func() {
			for time.Now().Before(until) {
				conn, err := net.Dial("tcp", addr)
				if err != nil {
					t.Error(err)
					return
				}
				fmt.Fprintf(conn, "bpop a b c 0\r\n")
				if rand.IntN(2) == 0 {
					_ = conn.SetReadDeadline(time.Now().Add(time.Duration(rand.IntN(3000)) * time.Microsecond))
					_, _ = bufio.NewReader(conn).ReadString('\n')
				}
				conn.Close()
			}
		})
		c := dial(t, srv)
		wg.Go(func() {
			for time.Now().Before(until) {
				fmt.Fprintf(c.Conn, "push %c x\r\n", 'a'+rand.IntN(3))
				if _, err := c.r.ReadString('\n'); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	eventually(t, "no waiter is left", func() bool { return srv.eng.Waiting() == 0 })
	if srv.figures().BlockingKeys != 0 {
		t.Error("keys of waiters are left")
	}
}

func TestBlockingOnTheSameKeyTwice(t *testing.T) {
	srv := testServer(t)
	b, c := dial(t, srv), dial(t, srv)
	b.send("bpop k k 0")
	eventually(t, "blocked", func() bool { return srv.eng.Waiting() == 1 })
	c.do("+OK", "push k a")
	if got := b.line(); got != "a" {
		t.Fatal(got)
	}
	if f := srv.figures(); f.Blocked != 0 || f.BlockingKeys != 0 {
		t.Error("the waiter is still there")
	}
}

func TestWaitForTheEndOfAKey(t *testing.T) {
	srv := testServer(t, "--io-threads", "2")
	c := dial(t, srv)
	for _, how := range []string{"pop k", "flush", "pexpire"} {
		c.do("+OK", "pushpx k a 100000")
		b := dial(t, srv)
		b.send("bgone k")
		eventually(t, "blocked", func() bool { return srv.eng.Waiting() == 1 })
		switch how {
		case "pexpire":
			c.do("+OK", "pushpx k a 1")
		case "flush":
			c.do("+OK", "flush")
		default:
			c.do("a", "%s", how)
		}
		if got := b.line(); got != "+gone" {
			t.Fatalf("after %s: %q", how, got)
		}
	}
}

func TestPlayerServesWaiters(t *testing.T) {
	srv := testServer(t, "--io-threads", "2")
	for range 4 { // on each of the loops
		b := dial(t, srv)
		b.send("bpop k 0")
		eventually(t, "blocked", func() bool { return srv.eng.Waiting() == 1 })
		if err := srv.Player(nil).Play([][]byte{[]byte("push"), []byte("k"), []byte("a")}); err != nil {
			t.Fatal(err)
		}
		if got := b.line(); got != "a" {
			t.Fatal(got)
		}
	}
	if err := srv.Player(nil).Play([][]byte{[]byte("nonsense")}); err == nil {
		t.Error("an unknown command ran")
	}
}

// BenchmarkManyWaiters pushes to a key for which a thousand clients wait, as a
// pool of workers does.
func BenchmarkManyWaiters(b *testing.B) {
	srv := testServer(b)
	addr := srv.Addr("tcp").String()
	for range 1000 {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { conn.Close() })
		go func() {
			r := bufio.NewReader(conn)
			for {
				if _, err := io.WriteString(conn, "bpop k 0\r\n"); err != nil {
					return
				}
				if _, err := r.ReadString('\n'); err != nil {
					return
				}
				if _, err := r.ReadString('\n'); err != nil {
					return
				}
			}
		}()
	}
	eventually(b, "all blocked", func() bool { return srv.eng.Waiting() == 1000 })
	p := srv.Pipe(0)
	b.ResetTimer()
	for range b.N {
		p.Exchange(nil, []byte("push k x\r\n"))
	}
}

// Wants keeps a wait going when a key becomes something else, and who ends waits may
// give a reason of its own.
func TestUnblockAll(t *testing.T) {
	srv := testServer(t)
	a, b, ctl := dial(t, srv), dial(t, srv), dial(t, srv)
	a.send("bpop one 0")
	b.send("bpop other 0")
	eventually(t, "both wait", func() bool { return srv.eng.Waiting() == 2 })
	srv.Standstill(func() {
		srv.UnblockAll(func(db int, keys [][]byte) error {
			if db == 0 && len(keys) == 1 && string(keys[0]) == "one" {
				return core.Error{Code: "MOVED", Text: "7 elsewhere"}
			}
			return nil
		})
	})
	if got := a.line(); got != "-MOVED 7 elsewhere" {
		t.Errorf("told %q", got)
	}
	ctl.do("+OK", "push other x")
	if got := b.line(); got == "" || got[0] == '-' {
		t.Errorf("the other is told %q", got)
	}
}
