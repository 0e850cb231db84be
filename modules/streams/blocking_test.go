package streams_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/modules/connection"
	"github.com/ferrousdb/ferrous/modules/keys"
	"github.com/ferrousdb/ferrous/modules/server"
	"github.com/ferrousdb/ferrous/modules/streams"
	"github.com/ferrousdb/ferrous/modules/transactions"
)

// start runs a server with four event loops.
func start(t *testing.T) *coretest.Server {
	t.Helper()
	return coretest.Serve(t, []core.Module{connection.New(), keys.New(), server.New(), streams.New(), transactions.New()},
		"--io-threads", "4", "--maxclients", "4000")
}

// blocked waits until so many clients are blocked.
func blocked(c *coretest.Client, n int) {
	c.T.Helper()
	c.AwaitInfo("blocked_clients", strconv.Itoa(n))
}

// Consumers of all loops are served in the order in which they blocked, each with an entry of its own; who reads without
// a group gets every entry.
func TestOrderOfBlocking(t *testing.T) {
	srv := start(t)
	c := srv.Client()
	c.Do("XGROUP CREATE q g $ MKSTREAM")
	c.Do("XGROUP CREATE other g $ MKSTREAM")
	reader := srv.Client()
	reader.Send("XREAD BLOCK 0 STREAMS q $")
	blocked(c, 1)
	const n = 40
	var waiters []*coretest.Client
	for i := range n {
		w := srv.Client()
		w.Send([...]string{"XREADGROUP GROUP g c%d BLOCK 0 COUNT 1 STREAMS q >", "XREADGROUP GROUP g c%d BLOCK 100000 COUNT 1 STREAMS other q > >"}[i%2], i)
		waiters = append(waiters, w)
		blocked(c, i+2)
	}
	for i := range n + 1 {
		c.Do("XADD q %d-1 n %d", i+1, i)
	}
	if got := reader.Reply(); got != "q 1-1 n 0" {
		t.Errorf("the reader was served with %q", got)
	}
	for i, w := range waiters {
		if got, want := w.Reply(), fmt.Sprintf("q %d-1 n %d", i+1, i); got != want {
			t.Errorf("waiter %d was served with %q, not %q", i, got, want)
		}
	}
	blocked(c, 0)
	if got := c.Do("XREADGROUP GROUP g last STREAMS q >"); got != "q 41-1 n 40" {
		t.Errorf("%q is left", got)
	}
}

// An entry that a consumer takes costs those that wait behind it a look: nothing is made for them. A retry has a context
// of its own, so what hundreds of them would allocate is far more than what is measured from anything else.
func TestWaitersWithoutNewsAreCheap(t *testing.T) {
	srv := start(t)
	c := srv.Client()
	c.Do("XGROUP CREATE q g $ MKSTREAM")
	const n = 300
	for i := range n {
		srv.Client().Send([...]string{"XREADGROUP GROUP g c%d BLOCK 0 STREAMS q >", "XREAD BLOCK 0 STREAMS q 9%d-0"}[i%2], 100000+i)
	}
	blocked(c, n)
	const rounds = 50
	perEntry := func() float64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for i := range rounds {
			c.Do("XADD q %d-1 f v", i+1)
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
	c := srv.Client()
	c.Do("XGROUP CREATE q g $ MKSTREAM")
	c.Do("XGROUP CREATE q h $")
	var all []*coretest.Client
	for i := range 300 {
		w := srv.Client()
		w.Send("XREADGROUP GROUP %s c%d BLOCK 0 STREAMS q >", [...]string{"g", "h"}[i%3/2], i)
		all = append(all, w)
	}
	blocked(c, 300)
	c.Do("XGROUP DESTROY q g")
	blocked(c, 100)
	c.Do("DEL q")
	blocked(c, 0)
	for i, w := range all {
		if got := w.Reply(); !strings.HasPrefix(got, "-NOGROUP No such key 'q' or consumer group") {
			t.Errorf("client %d: %q", i, got)
		}
	}
}

// A wait ends when its time is over, however often its stream changes meanwhile without anything for it.
func TestTimeoutIsKept(t *testing.T) {
	srv := start(t)
	c := srv.Client()
	c.Do("XGROUP CREATE q g $ MKSTREAM")
	reply := make(chan string, 2)
	for _, command := range []string{"XREAD BLOCK 200 STREAMS q 9999999999999-0", "XREADGROUP GROUP g c BLOCK 200 STREAMS other q > >"} {
		c.Do("XGROUP CREATE other g $ MKSTREAM")
		w := srv.Client()
		go func() { reply <- w.Do("%s", command) }()
	}
	for i := 1; len(reply) < 2; i++ { // in a transaction, so that others get the entry before those who wait look
		c.Do("MULTI")
		c.Do("XADD q %d-0 f v", i)
		c.Do("XREADGROUP GROUP g first STREAMS q >")
		if got := c.Do("EXEC"); !strings.Contains(got, fmt.Sprintf("q %d-0 f v", i)) {
			t.Fatalf("EXEC: %q", got)
		}
	}
	for range 2 {
		if got := <-reply; got != "(nil)" {
			t.Errorf("served with %q", got)
		}
	}
}

// Who waits with CLAIM gets, in the order of waiting, what others have had for so long; what is acknowledged in time he does
// not get.
func TestClaimByTime(t *testing.T) {
	srv := start(t)
	c := srv.Client()
	c.Do("XGROUP CREATE q g $ MKSTREAM")
	c.Do("XGROUP CREATE other g $ MKSTREAM")
	c.Do("XADD q 1-1 f v")
	c.Do("XADD q 2-1 f w")
	c.Do("XGROUP SETID q g $")
	const idle = 100
	var waiters []*coretest.Client
	for i := range 3 {
		w := srv.Client()
		w.Send([...]string{"XREADGROUP GROUP g w%d BLOCK 0 COUNT 1 CLAIM %d STREAMS q >", "XREADGROUP GROUP g w%d BLOCK 100000 COUNT 1 CLAIM %d STREAMS other q > >"}[i%2], i, idle)
		waiters = append(waiters, w)
		blocked(c, i+1)
	}
	c.Do("MULTI")
	c.Do("XCLAIM q g slow 0 1-1 2-1 RETRYCOUNT 1 FORCE JUSTID")
	c.Do("XACK q g 2-1")
	c.Do("EXEC")
	for i, w := range waiters {
		got := strings.Fields(w.Reply())
		if len(got) != 6 || strings.Join(got[:4], " ") != "q 1-1 f v" || got[5] != strconv.Itoa(i+1) {
			t.Fatalf("waiter %d: %q", i, got)
		}
		if ms, _ := strconv.Atoi(got[4]); ms < idle {
			t.Errorf("waiter %d was served after %d ms", i, ms)
		}
	}
	c.Do("XACK q g 1-1")
	waiters[0].Send("XREADGROUP GROUP g late BLOCK %d CLAIM %d STREAMS q >", 3*idle, 1<<60)
	if got := waiters[0].Reply(); got != "(nil)" {
		t.Errorf("served with %q instead of nothing", got)
	}
	blocked(c, 0)
}

// Consumers read, and now and then one of them goes away with what it has got; others take that over. Every job is done
// at least once, and nothing is pending in the end.
func TestWorkers(t *testing.T) {
	const workers, jobs = 40, 4000
	srv := start(t)
	c := srv.Client()
	c.Do("XGROUP CREATE jobs g $ MKSTREAM")
	done := make(chan string, 10*jobs)
	stop := make(chan struct{})
	var working sync.WaitGroup
	for i := range workers {
		working.Go(func() {
			for life := 0; ; life++ {
				if work(srv.Client(), fmt.Sprintf("w%d.%d", i, life), done, stop) {
					return
				}
			}
		})
	}
	seen := map[string]bool{}
	for i := range jobs {
		c.Do("XADD jobs MAXLEN ~ %d * job %d", 10*jobs, i)
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
		if got := strings.Fields(c.Do("XAUTOCLAIM jobs g last 0 0 JUSTID")); len(got) < 2 {
			break
		} else {
			for _, id := range got[1:] {
				c.Do("XACK jobs g %s", id)
			}
		}
	}
	if got := c.Do("XPENDING jobs g"); got != "0 (nil) (nil) (nil)" {
		t.Errorf("pending: %s", got)
	}
}

// work does jobs until it is told to stop, which is what the result says, or dies.
func work(c *coretest.Client, name string, done chan<- string, stop <-chan struct{}) (stopped bool) {
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
		words := strings.Fields(c.Do("%s", command))
		for i, w := range words {
			if w != "job" {
				continue
			}
			if rand.IntN(50) == 0 {
				return false // and what it has got is for others
			}
			done <- words[i+1]
			c.Do("XACK jobs g %s", words[i-1])
		}
	}
}
