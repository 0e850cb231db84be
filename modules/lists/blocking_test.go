package lists_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/modules/connection"
	"github.com/ferrousdb/ferrous/modules/keys"
	"github.com/ferrousdb/ferrous/modules/lists"
	"github.com/ferrousdb/ferrous/modules/server"
	"github.com/ferrousdb/ferrous/modules/transactions"
)

// start runs a server with four event loops.
func start(t *testing.T) *coretest.Server {
	t.Helper()
	return coretest.Serve(t, []core.Module{connection.New(), keys.New(), server.New(), lists.New(), transactions.New()},
		"--io-threads", "4", "--maxclients", "4000", "--tcp-backlog", "4000")
}

// blocked waits until so many clients are blocked.
func blocked(c *coretest.Client, n int) {
	c.T.Helper()
	c.AwaitInfo("blocked_clients", strconv.Itoa(n))
}

// Clients of all loops are served in the order in which they blocked, whatever they
// wait with, and each gets an element of its own.
func TestOrderOfBlocking(t *testing.T) {
	srv := start(t)
	c := srv.Client()
	var waiters []*coretest.Client
	const n = 40
	for i := range n {
		w := srv.Client()
		w.Send("%s", [...]string{"BLPOP q 0", "BLPOP other q q 100", "BLMPOP 0 2 q more LEFT", "BLMOVE q done LEFT RIGHT 0"}[i%4])
		waiters = append(waiters, w)
		blocked(c, i+1)
	}
	push := "RPUSH q"
	for i := range n + 3 {
		push += fmt.Sprint(" e", i)
	}
	c.Want(push, strconv.Itoa(n+3))
	for i, w := range waiters {
		if got := strings.TrimPrefix(w.Reply(), "q "); got != fmt.Sprint("e", i) {
			t.Errorf("waiter %d was served with %q", i, got)
		}
	}
	blocked(c, 0)
	c.Want("LRANGE q 0 -1", "e40 e41 e42")
	c.Want("LLEN done", "10")
}

// What waits in a transaction's way is served when the whole of it is over.
func TestWaitersOfATransaction(t *testing.T) {
	srv := start(t)
	c, w, mover := srv.Client(), srv.Client(), srv.Client()
	w.Send("BLPOP first second 0")
	blocked(c, 1)
	mover.Send("BLMOVE third first LEFT LEFT 0")
	blocked(c, 2)
	for _, cmd := range []string{"MULTI", "RPUSH third x", "RPUSH second y", "LPOP third", "RPUSH third z", "EXEC"} {
		c.Do("%s", cmd)
	}
	if got := mover.Reply(); got != "z" {
		t.Errorf("moved %q", got)
	}
	if got := w.Reply(); got != "first z" {
		t.Errorf("popped %q", got)
	}
	blocked(c, 0)
}

// A chain of clients hands an element on to its end and round it.
func TestChain(t *testing.T) {
	srv := start(t)
	c := srv.Client()
	const n = 30
	var all []*coretest.Client
	for i := range n {
		w := srv.Client()
		w.Send("BLMOVE l%d l%d RIGHT LEFT 0", i, (i+1)%n)
		all = append(all, w)
		blocked(c, i+1)
	}
	c.Want("RPUSH l0 ball", "1")
	for i, w := range all {
		if got := w.Reply(); got != "ball" {
			t.Errorf("client %d got %q", i, got)
		}
	}
	c.Want("LRANGE l0 0 -1", "ball")
}

// Thousands of clients on several loops: some wait for what never comes and go away or
// run into their deadlines, others move jobs from list to list. No job is lost or done
// twice, and nobody is left waiting.
func TestWorkers(t *testing.T) {
	const idlers, movers, finishers, jobs = 1500, 24, 24, 4000
	srv := start(t)
	var idle []*coretest.Client
	for i := range idlers {
		w := srv.Client()
		switch i % 3 {
		case 0:
			w.Send("BLPOP nothing%d nothing 0", i%7)
		case 1:
			w.Send("BLMOVE nothing jobs LEFT LEFT 0")
		default:
			w.Send("BRPOP nothing 0.%d", 100+i%50)
		}
		idle = append(idle, w)
	}
	var moving, finishing, pushing sync.WaitGroup
	for range movers {
		w := srv.Client()
		moving.Go(func() {
			for job := ""; job != "stop"; {
				job = w.Do("BLMOVE jobs half RIGHT LEFT 0")
			}
		})
	}
	done := make(chan string, jobs+movers+finishers)
	for range finishers {
		w := srv.Client()
		finishing.Go(func() {
			for {
				got := strings.Fields(w.Do("BLMPOP 0 2 half end RIGHT COUNT %d", 1+rand.IntN(4)))
				for _, job := range got[1:] {
					done <- job
				}
				if got[0] == "end" {
					return
				}
			}
		})
	}
	for p := range 4 {
		c := srv.Client()
		pushing.Go(func() {
			for i := p; i < jobs; i += 8 { // two at a time
				c.Do("LPUSH jobs job:%d job:%d", i, i+4)
				if x := idle[(i*7)%idlers]; i%16 == p {
					x.Close()
				}
			}
		})
	}
	pushing.Wait()
	c := srv.Client()
	for range movers {
		c.Do("LPUSH jobs stop")
	}
	moving.Wait()
	seen := map[string]int{}
	for n := 0; n < jobs+movers; n++ {
		select {
		case job := <-done:
			seen[job]++
		case <-time.After(time.Minute):
			t.Fatalf("%d jobs are missing", jobs+movers-n)
		}
	}
	for job, n := range seen {
		if n != 1 && job != "stop" {
			t.Errorf("%s was done %d times", job, n)
		}
	}
	for range finishers {
		c.Do("RPUSH end x x x x")
	}
	finishing.Wait()
	for _, w := range idle {
		w.Close()
	}
	blocked(c, 0)
}
