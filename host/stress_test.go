package host

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// goroutinesReturn waits for the goroutines of a test to end.
func goroutinesReturn(t *testing.T, baseline int) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if runtime.NumGoroutine() <= baseline {
			return
		}
	}
	buf := make([]byte, 1<<20)
	t.Errorf("%d goroutines, before it were %d\n%s", runtime.NumGoroutine(), baseline, buf[:runtime.Stack(buf, true)])
}

// TestStress lets many clients do everything at once, on several loops and
// over TLS, and stops the server under that load.
func TestStress(t *testing.T) {
	baseline := runtime.NumGoroutine()
	for _, how := range []string{"stop", "panic"} {
		t.Run(how, func(t *testing.T) { stress(t, how) })
	}
	goroutinesReturn(t, baseline)
}

func stress(t *testing.T, how string) {
	a := newAuthority(t, "ours")
	poison := map[string]string{"stop": "yes", "panic": "no"}[how] // a panic may leave half a change
	srv, log := secureServer(t, a, "--tls-auth-clients", "no", "--io-threads", "4", "--arena-poison", poison,
		"--hz", "100", "--client-output-buffer-limit", "normal 4mb 0 0")
	config := a.client("")
	addr, secure := srv.Addr("tcp").String(), srv.Addr("tls").String()
	var over atomic.Bool
	var replies, sessions atomic.Int64
	var wg sync.WaitGroup
	connect := func(i int) net.Conn {
		var conn net.Conn
		var err error
		if i%3 == 2 {
			conn, err = tls.Dial("tcp", secure, config)
		} else {
			conn, err = net.Dial("tcp", addr)
		}
		if err != nil {
			if !over.Load() {
				t.Error(err)
			}
			return nil
		}
		sessions.Add(1)
		return conn
	}
	for i := range 24 {
		wg.Go(func() {
			for !over.Load() {
				conn := connect(i)
				if conn == nil {
					return
				}
				gone := make(chan struct{})
				wg.Go(func() { // until it is killed, or leaves
					defer close(gone)
					r := bufio.NewReader(conn)
					for {
						if _, err := r.ReadString('\n'); err != nil {
							return
						}
						replies.Add(1)
					}
				})
				for n := range 1 + rand.IntN(200) {
					if _, err := io.WriteString(conn, anything(i, n)); err != nil || over.Load() {
						break
					}
				}
				select { // some take what they asked for
				case <-gone:
				case <-time.After(time.Duration(rand.IntN(3)) * 50 * time.Millisecond):
				}
				conn.Close()
			}
		})
	}
	// One client is left in peace: it must always be answered, but for a pause. It goes on for longer on a machine
	// that is slow (under the race detector, say), until there has been something to test.
	enough := func() bool { return replies.Load() >= 1000 && sessions.Load() >= 50 }
	began := time.Now()
	for time.Since(began) < 1500*time.Millisecond || !enough() && time.Since(began) < time.Minute {
		c := dial(t, srv)
		for range 50 {
			start := time.Now()
			if _, err := fmt.Fprint(c.Conn, "ping\r\n"); err != nil {
				break
			}
			line, err := c.r.ReadString('\n')
			if err != nil {
				break // killed all the same
			}
			if !strings.HasPrefix(line, "+") {
				t.Errorf("the reply to PING: %q", line)
			}
			if d := time.Since(start); d > 30*time.Second {
				t.Errorf("a PING took %v", d)
			}
		}
		c.Close()
	}
	over.Store(true)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		if how == "panic" {
			if conn, err := net.Dial("tcp", addr); err == nil {
				fmt.Fprint(conn, "unpause\r\noopsall\r\n")
				_, _ = io.Copy(io.Discard, conn)
				conn.Close()
			}
		} else {
			srv.Stop()
		}
		<-srv.ending.complete
	}()
	select {
	case <-stopped:
	case <-time.After(time.Minute):
		buf := make([]byte, 1<<20)
		t.Fatalf("the server does not stop\n%s", buf[:runtime.Stack(buf, true)])
	}
	wg.Wait()
	if n := srv.eng.Clients(); n != 0 {
		t.Errorf("%d clients are left", n)
	}
	if n := srv.eng.Waiting(); n != 0 {
		t.Errorf("%d waiters are left", n)
	}
	t.Logf("%d replies, %d sessions", replies.Load(), sessions.Load())
	if !enough() {
		t.Errorf("%d replies to %d sessions: this test tests nothing", replies.Load(), sessions.Load())
	}
	if how == "stop" && strings.Contains(log.String(), "BUG REPORT") {
		t.Error(log.String())
	}
}

// anything is a request of client i.
func anything(i, n int) string {
	key, rare := rand.IntN(20), rand.IntN(20) == 0
	switch what := rand.IntN(24); {
	case what == 0 && rare:
		return fmt.Sprintf("kill %d\r\n", rand.IntN(1000))
	case what == 1 && rare:
		return "pause 3\r\n"
	case what == 2 && rare:
		return fmt.Sprintf("bmove k%d k%d 0\r\n", key, rand.IntN(20))
	case what == 3 && rare:
		return "*3\r\n$4\r\npush\r\n$1\r\n" // the next request does not fit to it
	case what == 4:
		return "clients\r\n"
	case what == 5:
		return fmt.Sprintf("unblock %d timeout\r\n", rand.IntN(1000))
	case what == 6:
		return "tell word\r\n"
	case what == 7:
		return "flush\r\n"
	case what < 12:
		return fmt.Sprintf("bpop k%d k%d 0.00%d\r\n", key, rand.IntN(20), 1+rand.IntN(9))
	case what == 12:
		return "big 100000\r\n"
	case what == 13:
		return fmt.Sprintf("pushpx k%d x 1\r\n", key)
	}
	return strings.Repeat(fmt.Sprintf("push k%d %d\r\nget k%d\r\npop k%d\r\nping\r\n", key, i, key, key), 1+rand.IntN(20))
}

// TestStartAndStop leaves nothing behind, whatever was going on.
func TestStartAndStop(t *testing.T) {
	a := newAuthority(t, "ours")
	baseline := runtime.NumGoroutine()
	for i := range 5 {
		srv, _ := secureServer(t, a, "--tls-auth-clients", "no", "--io-threads", "2")
		c, b, s := dial(t, srv), dial(t, srv), dialTLS(t, srv, a.client(""))
		b.send("bpop k 0.0%d", i)
		s.send("bpop k 0")
		c.send("big 10000000")
		eventually(t, "blocked", func() bool { return srv.eng.Waiting() > 0 })
		srv.Stop()
		for _, conn := range []*client{b, c, s} {
			conn.Close()
		}
	}
	goroutinesReturn(t, baseline)
}
