package lists_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules/connection"
	"github.com/ferrousdb/ferrous/modules/keys"
	"github.com/ferrousdb/ferrous/modules/lists"
	"github.com/ferrousdb/ferrous/modules/server"
	"github.com/ferrousdb/ferrous/modules/transactions"
)

// start runs a server with four event loops.
func start(t *testing.T) *host.Server {
	t.Helper()
	srv, err := host.Start(host.Options{
		Modules: []core.Module{connection.New(), keys.New(), server.New(), lists.New(), transactions.New()},
		Args:    []string{"--port", "0", "--unixsocket", t.TempDir() + "/socket", "--io-threads", "4", "--arena-poison", "yes", "--maxclients", "4000", "--tcp-backlog", "4000"},
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
		text, err := c.r.ReadString('\n')
		if err != nil {
			c.t.Error(err)
		}
		if strings.HasPrefix(text, "#") { // INFO: of many lines one is wanted
			return c.field(n + 2 - len(text))
		}
		return strings.TrimSuffix(text, "\r\n")
	case line[0] == '*', line[0] == '$':
		return "nil"
	}
	return line[1:]
}

// field reads n bytes of INFO and returns how many clients are blocked.
func (c *client) field(n int) (blocked string) {
	for n > 0 {
		line, err := c.r.ReadString('\n')
		if err != nil {
			c.t.Error(err)
			return ""
		}
		n -= len(line)
		if v, ok := strings.CutPrefix(line, "blocked_clients:"); ok {
			blocked = strings.TrimSpace(v)
		}
	}
	return blocked
}

func (c *client) do(format string, args ...any) string {
	c.send(format, args...)
	return c.read()
}

func (c *client) want(reply, format string, args ...any) {
	c.t.Helper()
	if got := c.do(format, args...); got != reply {
		c.t.Errorf("%s: %q, not %q", fmt.Sprintf(format, args...), got, reply)
	}
}

// blocked waits until so many clients are blocked.
func (c *client) blocked(n int) {
	c.t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		got := c.do("INFO clients")
		if got == strconv.Itoa(n) {
			return
		}
		if time.Now().After(end) {
			c.t.Fatalf("%s clients are blocked, not %d", got, n)
		}
	}
}

// Clients of all loops are served in the order in which they blocked, whatever they
// wait with, and each gets an element of its own.
func TestOrderOfBlocking(t *testing.T) {
	srv := start(t)
	c := dial(t, srv)
	var waiters []*client
	const n = 40
	for i := range n {
		w := dial(t, srv)
		w.send("%s", [...]string{"BLPOP q 0", "BLPOP other q q 100", "BLMPOP 0 2 q more LEFT", "BLMOVE q done LEFT RIGHT 0"}[i%4])
		waiters = append(waiters, w)
		c.blocked(i + 1)
	}
	push := "RPUSH q"
	for i := range n + 3 {
		push += fmt.Sprint(" e", i)
	}
	c.want(strconv.Itoa(n+3), "%s", push)
	for i, w := range waiters {
		if got := strings.TrimPrefix(w.read(), "q "); got != fmt.Sprint("e", i) {
			t.Errorf("waiter %d was served with %q", i, got)
		}
	}
	c.blocked(0)
	c.want("e40 e41 e42", "LRANGE q 0 -1")
	c.want("10", "LLEN done")
}

// What waits in a transaction's way is served when the whole of it is over.
func TestWaitersOfATransaction(t *testing.T) {
	srv := start(t)
	c, w, mover := dial(t, srv), dial(t, srv), dial(t, srv)
	w.send("BLPOP first second 0")
	c.blocked(1)
	mover.send("BLMOVE third first LEFT LEFT 0")
	c.blocked(2)
	for _, cmd := range []string{"MULTI", "RPUSH third x", "RPUSH second y", "LPOP third", "RPUSH third z", "EXEC"} {
		c.do("%s", cmd)
	}
	if got := mover.read(); got != "z" {
		t.Errorf("moved %q", got)
	}
	if got := w.read(); got != "first z" {
		t.Errorf("popped %q", got)
	}
	c.blocked(0)
}

// A chain of clients hands an element on to its end and round it.
func TestChain(t *testing.T) {
	srv := start(t)
	c := dial(t, srv)
	const n = 30
	var all []*client
	for i := range n {
		w := dial(t, srv)
		w.send("BLMOVE l%d l%d RIGHT LEFT 0", i, (i+1)%n)
		all = append(all, w)
		c.blocked(i + 1)
	}
	c.want("1", "RPUSH l0 ball")
	for i, w := range all {
		if got := w.read(); got != "ball" {
			t.Errorf("client %d got %q", i, got)
		}
	}
	c.want("ball", "LRANGE l0 0 -1")
}

// Thousands of clients on several loops: some wait for what never comes and go away or
// run into their deadlines, others move jobs from list to list. No job is lost or done
// twice, and nobody is left waiting.
func TestWorkers(t *testing.T) {
	const idlers, movers, finishers, jobs = 1500, 24, 24, 4000
	srv := start(t)
	var idle []*client
	for i := range idlers {
		w := dial(t, srv)
		switch i % 3 {
		case 0:
			w.send("BLPOP nothing%d nothing 0", i%7)
		case 1:
			w.send("BLMOVE nothing jobs LEFT LEFT 0")
		default:
			w.send("BRPOP nothing 0.%d", 100+i%50)
		}
		idle = append(idle, w)
	}
	var moving, finishing, pushing sync.WaitGroup
	for range movers {
		w := dial(t, srv)
		moving.Go(func() {
			for job := ""; job != "stop"; {
				job = w.do("BLMOVE jobs half RIGHT LEFT 0")
			}
		})
	}
	done := make(chan string, jobs+movers+finishers)
	for range finishers {
		w := dial(t, srv)
		finishing.Go(func() {
			for {
				got := strings.Fields(w.do("BLMPOP 0 2 half end RIGHT COUNT %d", 1+rand.IntN(4)))
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
		c := dial(t, srv)
		pushing.Go(func() {
			for i := p; i < jobs; i += 8 { // two at a time
				c.do("LPUSH jobs job:%d job:%d", i, i+4)
				if x := idle[(i*7)%idlers]; i%16 == p {
					x.Close()
				}
			}
		})
	}
	pushing.Wait()
	c := dial(t, srv)
	for range movers {
		c.do("LPUSH jobs stop")
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
		c.do("RPUSH end x x x x")
	}
	finishing.Wait()
	for _, w := range idle {
		w.Close()
	}
	c.blocked(0)
}
