package conformance

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

// What a client is promised about the order of its messages and of its replies, over
// several event loops and on redis-server.

// overLoops runs a test on ferrous with one loop and with four, and on redis-server.
func overLoops(t *testing.T, test func(t *testing.T, addr string)) {
	run := func(name string, s *Side, args ...string) {
		t.Run(name, func(t *testing.T) {
			if s == nil {
				t.Skip("redis-server is not installed")
			}
			if err := s.start(args); err != nil {
				t.Fatal(err)
			}
			defer s.Stop()
			test(t, s.server.Addr)
		})
	}
	run("one loop", newSubject(t), "--io-threads", "1")
	run("four loops", newSubject(t), "--io-threads", "4")
	run("redis-server", newOracle(t))
}

func must(t *testing.T, c *Conn, args ...string) resp.Value {
	t.Helper()
	v, err := c.Do(args...)
	if err != nil || v.IsErr() {
		t.Fatalf("%q: %v %v", args, v, err)
	}
	return v
}

// publishers publish to a channel until stop is called.
func publishers(t *testing.T, addr string, n int, channel string) (stop func()) {
	return noise(t, addr, n, 1, "PUBLISH", channel, "x")
}

// noise are n clients that send a command so many times in one pipeline, again and
// again, until stop is called.
func noise(t *testing.T, addr string, n, pipeline int, args ...string) (stop func()) {
	quit := make(chan struct{})
	var wg sync.WaitGroup
	for range n {
		c := dial(t, addr)
		wg.Add(1)
		go func() {
			defer wg.Done()
			for {
				select {
				case <-quit:
					return
				default:
				}
				for range pipeline {
					if c.Send(args...) != nil {
						return
					}
				}
				for range pipeline {
					if _, err := c.Read(); err != nil {
						return
					}
				}
			}
		}()
	}
	return func() { close(quit); wg.Wait() }
}

// After the confirmation that it is subscribed to nothing, a client of RESP2 takes
// whatever comes for the reply to its next command.
func TestNothingAfterUnsubscribe(t *testing.T) {
	const rounds = 400
	overLoops(t, func(t *testing.T, addr string) {
		stop := publishers(t, addr, 4, "ch")
		defer stop()
		for _, way := range []struct{ in, out []string }{
			{[]string{"SUBSCRIBE", "ch"}, []string{"UNSUBSCRIBE", "ch"}},
			{[]string{"PSUBSCRIBE", "c*"}, []string{"PUNSUBSCRIBE"}},
			{[]string{"SUBSCRIBE", "ch"}, []string{"RESET"}},
		} {
			c := dial(t, addr)
			for i := range rounds {
				must(t, c, way.in...)
				if err := c.Send(way.out...); err != nil {
					t.Fatal(err)
				}
				for {
					v, err := c.Read()
					if err != nil {
						t.Fatal(err)
					}
					if len(v.Elems) == 3 && (v.Elems[0].Text == "unsubscribe" || v.Elems[0].Text == "punsubscribe") || v.Text == "RESET" {
						break
					}
				}
				if v := must(t, c, "ECHO", fmt.Sprint(i)); v.Text != fmt.Sprint(i) {
					t.Fatalf("%q, round %d: the reply to ECHO %d is %s", way.out, i, i, v)
				}
			}
		}
	})
}

// Who has an acknowledgement knows that others have the message, or the
// invalidation, before the reply to whatever they send from now on.
func TestMessagesComeBeforeLaterReplies(t *testing.T) {
	const rounds = 100
	overLoops(t, func(t *testing.T, addr string) {
		defer noise(t, addr, 4, 20, "SINTERCARD", "2", "s", "s")()
		must(t, dial(t, addr), append([]string{"SADD", "s"}, strings.Fields(strings.Repeat("a b c d e f g h ", 8))...)...)
		for _, way := range []struct {
			name  string
			begin [][]string
			again []string // before each round
			by    []string
			push  string
		}{
			{"subscribed", [][]string{{"SUBSCRIBE", "ch"}}, nil, []string{"PUBLISH", "ch", "x"}, "message"},
			{"tracking", [][]string{{"CLIENT", "TRACKING", "ON"}}, []string{"GET", "k"}, []string{"SET", "k", "v"}, "invalidate"},
			{"broadcast", [][]string{{"CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "k"}}, nil, []string{"SET", "k", "v"}, "invalidate"},
		} {
			var as []*Conn
			for range 4 { // on several loops
				a := dial(t, addr)
				must(t, a, "HELLO", "3")
				for _, args := range way.begin {
					must(t, a, args...)
				}
				as = append(as, a)
			}
			b := dial(t, addr)
			for i := range rounds {
				a := as[i%len(as)]
				if way.again != nil {
					must(t, a, way.again...)
				}
				must(t, b, way.by...)
				if err := a.Send("ECHO", "later"); err != nil {
					t.Fatal(err)
				}
				v, err := a.Read()
				if err != nil || v.Kind != resp.Push || v.Elems[0].Text != way.push {
					t.Fatalf("%s, round %d: %s comes first, %v", way.name, i, v, err)
				}
				for v.Kind == resp.Push {
					if v, err = a.Read(); err != nil {
						t.Fatal(err)
					}
				}
				if way.again != nil {
					continue
				}
				for _, other := range as { // they have it as well
					if other == a {
						continue
					}
					if v, err := other.Read(); err != nil || v.Kind != resp.Push {
						t.Fatal(v, err)
					}
				}
			}
		}
	})
}

// A client that waits for keys of several shards is served before whoever comes
// after the element that it waits for.
func TestWaitersComeFirst(t *testing.T) {
	const rounds = 300
	overLoops(t, func(t *testing.T, addr string) {
		quit := make(chan struct{})
		var wg sync.WaitGroup
		defer wg.Wait()
		defer close(quit)
		for range 3 { // who comes later
			thief := dial(t, addr)
			wg.Add(1)
			go func() {
				defer wg.Done()
				for {
					select {
					case <-quit:
						return
					default:
						if v, err := thief.Do("LPOP", "src"); err != nil || v.Text != "" {
							t.Errorf("LPOP has %s, %v, which a waiting client should have", v, err)
							return
						}
					}
				}
			}()
		}
		pusher, ctl := dial(t, addr), dial(t, addr)
		for i := range rounds {
			for _, args := range [][]string{
				{"BLMOVE", "src", fmt.Sprint("dst", i), "LEFT", "RIGHT", "0"},
				{"BLPOP", fmt.Sprint("x", i), fmt.Sprint("y", i), "src", "0"},
			} {
				w := dial(t, addr)
				if err := w.Send(args...); err != nil {
					t.Fatal(err)
				}
				for deadline := time.Now().Add(replyTimeout); ; {
					if time.Now().After(deadline) {
						t.Fatal("it does not block")
					}
					if m := blockedClients.FindStringSubmatch(must(t, ctl, "INFO", "clients").Text); len(m) == 2 && m[1] == "1" {
						break
					}
				}
				must(t, pusher, "RPUSH", "src", "element")
				if v, err := w.Read(); err != nil || v.IsErr() {
					t.Fatal(v, err)
				}
				w.Close()
			}
		}
	})
}

// Who has hung up is a subscriber no more, whichever loop had the connection. With one
// loop it is enough to close: what others send after that comes after it.
func TestHangUp(t *testing.T) {
	const rounds = 500
	overLoops(t, func(t *testing.T, addr string) {
		c := dial(t, addr)
		leave := (*Conn).Close
		if must(t, c, "CONFIG", "GET", "io-threads").Elems[1].Text != "1" {
			leave = (*Conn).HangUp
		}
		for i := range rounds {
			w := dial(t, addr)
			must(t, w, "SUBSCRIBE", "ch")
			if err := leave(w); err != nil {
				t.Fatal(err)
			}
			if v := must(t, c, "PUBLISH", "ch", "x"); v.Text != "0" {
				t.Fatalf("round %d: %s clients have the message", i, v.Text)
			}
		}
	})
}
