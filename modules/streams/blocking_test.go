package streams_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules/connection"
	"github.com/ferrousdb/ferrous/modules/keys"
	"github.com/ferrousdb/ferrous/modules/server"
	"github.com/ferrousdb/ferrous/modules/streams"
	"github.com/ferrousdb/ferrous/modules/transactions"
)

// start runs a server with four event loops.
func start(t *testing.T) *host.Server {
	t.Helper()
	srv, err := host.Start(host.Options{
		Modules: []core.Module{connection.New(), keys.New(), server.New(), streams.New(), transactions.New()},
		Args:    []string{"--port", "0", "--unixsocket", t.TempDir() + "/socket", "--io-threads", "4", "--arena-poison", "yes", "--maxclients", "4000"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	return srv
}

// client is a connection.
type client struct {
	net.Conn
	t *testing.T
	r *bufio.Reader
}

func dial(t *testing.T, srv *host.Server) *client {
	t.Helper()
	conn, err := net.Dial("unix", srv.Addr("unix").String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	return &client{conn, t, bufio.NewReader(conn)}
}

// send sends a command of words.
func (c *client) send(format string, args ...any) {
	if _, err := fmt.Fprintf(c.Conn, format+"\r\n", args...); err != nil {
		c.t.Error(err)
	}
}

// read reads a reply: its texts and numbers, joined by blanks.
func (c *client) read() string {
	line, err := c.r.ReadString('\n')
	if err != nil {
		c.t.Error(err)
		return "lost"
	}
	line = strings.TrimSuffix(line, "\r\n")
	n, _ := strconv.Atoi(line[1:])
	switch {
	case line[0] == '*' && n >= 0:
		var all []string
		for range n {
			all = append(all, c.read())
		}
		return strings.Join(all, " ")
	case line[0] == '$' && n >= 0:
		text := make([]byte, n+2)
		for at := 0; at < len(text); {
			k, err := c.r.Read(text[at:])
			if at += k; err != nil {
				c.t.Error(err)
				return "lost"
			}
		}
		return string(text[:n])
	case line[0] == '*', line[0] == '$':
		return "nil"
	}
	return line[1:]
}

func (c *client) do(format string, args ...any) string {
	c.send(format, args...)
	return c.read()
}

// blocked waits until so many clients are blocked.
func (c *client) blocked(n int) {
	c.t.Helper()
	want := fmt.Sprintf("blocked_clients:%d\r\n", n)
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		got := c.do("INFO clients")
		if strings.Contains(got, want) {
			return
		}
		if time.Now().After(end) {
			c.t.Fatalf("not %d clients are blocked: %s", n, got)
		}
	}
}

// Consumers of all loops are served in the order in which they blocked, each with an entry of its own; who reads without
// a group gets every entry.
func TestOrderOfBlocking(t *testing.T) {
	srv := start(t)
	c := dial(t, srv)
	c.do("XGROUP CREATE q g $ MKSTREAM")
	c.do("XGROUP CREATE other g $ MKSTREAM")
	reader := dial(t, srv)
	reader.send("XREAD BLOCK 0 STREAMS q $")
	c.blocked(1)
	const n = 40
	var waiters []*client
	for i := range n {
		w := dial(t, srv)
		w.send([...]string{"XREADGROUP GROUP g c%d BLOCK 0 COUNT 1 STREAMS q >", "XREADGROUP GROUP g c%d BLOCK 100000 COUNT 1 STREAMS other q > >"}[i%2], i)
		waiters = append(waiters, w)
		c.blocked(i + 2)
	}
	for i := range n + 1 {
		c.do("XADD q %d-1 n %d", i+1, i)
	}
	if got := reader.read(); got != "q 1-1 n 0" {
		t.Errorf("the reader was served with %q", got)
	}
	for i, w := range waiters {
		if got, want := w.read(), fmt.Sprintf("q %d-1 n %d", i+1, i); got != want {
			t.Errorf("waiter %d was served with %q, not %q", i, got, want)
		}
	}
	c.blocked(0)
	if got := c.do("XREADGROUP GROUP g last STREAMS q >"); got != "q 41-1 n 40" {
		t.Errorf("%q is left", got)
	}
}

// An entry that a consumer takes costs those that wait behind it a look: nothing is made for them. A retry has a context
// of its own, so what hundreds of them would allocate is far more than what is measured from anything else.
func TestWaitersWithoutNewsAreCheap(t *testing.T) {
	srv := start(t)
	c := dial(t, srv)
	c.do("XGROUP CREATE q g $ MKSTREAM")
	const n = 300
	for i := range n {
		dial(t, srv).send([...]string{"XREADGROUP GROUP g c%d BLOCK 0 STREAMS q >", "XREAD BLOCK 0 STREAMS q 9%d-0"}[i%2], 100000+i)
	}
	c.blocked(n)
	const rounds = 50
	perEntry := func() float64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for i := range rounds {
			c.do("XADD q %d-1 f v", i+1)
		}
		runtime.ReadMemStats(&after)
		return float64(after.Mallocs-before.Mallocs) / rounds
	}
	if got := perEntry(); got > n/2 {
		t.Errorf("an entry makes %.0f allocations for %d waiters", got, n)
	}
}

// Hundreds of consumers wait for one group, and all learn that it has gone.
func TestGroupGoes(t *testing.T) {
	srv := start(t)
	c := dial(t, srv)
	c.do("XGROUP CREATE q g $ MKSTREAM")
	c.do("XGROUP CREATE q h $")
	var all []*client
	for i := range 300 {
		w := dial(t, srv)
		w.send("XREADGROUP GROUP %s c%d BLOCK 0 STREAMS q >", [...]string{"g", "h"}[i%3/2], i)
		all = append(all, w)
	}
	c.blocked(300)
	c.do("XGROUP DESTROY q g")
	c.blocked(100)
	c.do("DEL q")
	c.blocked(0)
	for i, w := range all {
		if got := w.read(); !strings.HasPrefix(got, "NOGROUP No such key 'q' or consumer group") {
			t.Errorf("client %d: %q", i, got)
		}
	}
}

// A wait ends when its time is over, however often its stream changes meanwhile without anything for it.
func TestTimeoutIsKept(t *testing.T) {
	srv := start(t)
	c := dial(t, srv)
	c.do("XGROUP CREATE q g $ MKSTREAM")
	reply := make(chan string, 2)
	for _, command := range []string{"XREAD BLOCK 200 STREAMS q 9999999999999-0", "XREADGROUP GROUP g c BLOCK 200 STREAMS other q > >"} {
		c.do("XGROUP CREATE other g $ MKSTREAM")
		w := dial(t, srv)
		go func() { reply <- w.do("%s", command) }()
	}
	for i := 1; len(reply) < 2; i++ { // in a transaction, so that others get the entry before those who wait look
		c.do("MULTI")
		c.do("XADD q %d-0 f v", i)
		c.do("XREADGROUP GROUP g first STREAMS q >")
		if got := c.do("EXEC"); !strings.Contains(got, fmt.Sprintf("q %d-0 f v", i)) {
			t.Fatalf("EXEC: %q", got)
		}
	}
	for range 2 {
		if got := <-reply; got != "nil" {
			t.Errorf("served with %q", got)
		}
	}
}

// Who waits with CLAIM gets, in the order of waiting, what others have had for so long; what is acknowledged in time he does
// not get.
func TestClaimByTime(t *testing.T) {
	srv := start(t)
	c := dial(t, srv)
	c.do("XGROUP CREATE q g $ MKSTREAM")
	c.do("XGROUP CREATE other g $ MKSTREAM")
	c.do("XADD q 1-1 f v")
	c.do("XADD q 2-1 f w")
	c.do("XGROUP SETID q g $")
	const idle = 100
	var waiters []*client
	for i := range 3 {
		w := dial(t, srv)
		w.send([...]string{"XREADGROUP GROUP g w%d BLOCK 0 COUNT 1 CLAIM %d STREAMS q >", "XREADGROUP GROUP g w%d BLOCK 100000 COUNT 1 CLAIM %d STREAMS other q > >"}[i%2], i, idle)
		waiters = append(waiters, w)
		c.blocked(i + 1)
	}
	c.do("MULTI")
	c.do("XCLAIM q g slow 0 1-1 2-1 RETRYCOUNT 1 FORCE JUSTID")
	c.do("XACK q g 2-1")
	c.do("EXEC")
	for i, w := range waiters {
		got := strings.Fields(w.read())
		if len(got) != 6 || strings.Join(got[:4], " ") != "q 1-1 f v" || got[5] != strconv.Itoa(i+1) {
			t.Fatalf("waiter %d: %q", i, got)
		}
		if ms, _ := strconv.Atoi(got[4]); ms < idle {
			t.Errorf("waiter %d was served after %d ms", i, ms)
		}
	}
	c.do("XACK q g 1-1")
	waiters[0].send("XREADGROUP GROUP g late BLOCK %d CLAIM %d STREAMS q >", 3*idle, 1<<60)
	if got := waiters[0].read(); got != "nil" {
		t.Errorf("served with %q instead of nothing", got)
	}
	c.blocked(0)
}

// Consumers read, and now and then one of them goes away with what it has got; others take that over. Every job is done
// at least once, and nothing is pending in the end.
func TestWorkers(t *testing.T) {
	const workers, jobs = 40, 4000
	srv := start(t)
	c := dial(t, srv)
	c.do("XGROUP CREATE jobs g $ MKSTREAM")
	done := make(chan string, 10*jobs)
	stop := make(chan struct{})
	var working sync.WaitGroup
	for i := range workers {
		working.Go(func() {
			for life := 0; ; life++ {
				if work(dial(t, srv), fmt.Sprintf("w%d.%d", i, life), done, stop) {
					return
				}
			}
		})
	}
	seen := map[string]bool{}
	for i := range jobs {
		c.do("XADD jobs MAXLEN ~ %d * job %d", 10*jobs, i)
	}
	for timeout := time.After(40 * time.Second); len(seen) < jobs; {
		select {
		case job := <-done:
			seen[job] = true
		case <-timeout:
			t.Fatalf("%d jobs are missing", jobs-len(seen))
		}
	}
	close(stop)
	working.Wait()
	for {
		if got := strings.Fields(c.do("XAUTOCLAIM jobs g last 0 0 JUSTID")); len(got) < 2 {
			break
		} else {
			for _, id := range got[1:] {
				c.do("XACK jobs g %s", id)
			}
		}
	}
	if got := c.do("XPENDING jobs g"); got != "0 nil nil nil" {
		t.Errorf("pending: %s", got)
	}
}

// work does jobs until it is told to stop, which is what the result says, or dies.
func work(c *client, name string, done chan<- string, stop <-chan struct{}) (stopped bool) {
	defer c.Close()
	for {
		select {
		case <-stop:
			return true
		default:
		}
		command := "XREADGROUP GROUP g " + name + " COUNT 3 BLOCK 20 STREAMS jobs >"
		if rand.IntN(10) == 0 {
			command = "XAUTOCLAIM jobs g " + name + " 30 0 COUNT 5"
		}
		words := strings.Fields(c.do("%s", command))
		for i, w := range words {
			if w != "job" {
				continue
			}
			if rand.IntN(50) == 0 {
				return false // and what it has got is for others
			}
			done <- words[i+1]
			c.do("XACK jobs g %s", words[i-1])
		}
	}
}
