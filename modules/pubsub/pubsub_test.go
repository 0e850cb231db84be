package pubsub_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/modules/connection"
	"github.com/ferrousdb/ferrous/modules/pubsub"
)

// What a conformance script cannot show: several event loops, many subscribers,
// sessions that go.

func start(t *testing.T, args ...string) *coretest.Server {
	t.Helper()
	return coretest.Serve(t, []core.Module{connection.New(), pubsub.New()}, args...)
}

// TestOneOrder: all who listen to a channel get its messages in one order,
// whichever loops they and the publishers are on.
func TestOneOrder(t *testing.T) {
	srv := start(t, "--io-threads", "3")
	const listeners, publishers, each = 6, 4, 200
	var got [listeners][]string
	var wg sync.WaitGroup
	for i := range listeners {
		c := srv.Client()
		if i%2 == 0 {
			c.Send("SUBSCRIBE news")
		} else {
			c.Send("PSUBSCRIBE n*")
		}
		c.Reply()
		wg.Go(func() {
			for range publishers * each {
				words := strings.Fields(c.Reply())
				got[i] = append(got[i], words[len(words)-1])
			}
		})
	}
	for p := range publishers {
		c := srv.Client()
		wg.Go(func() {
			for i := range each {
				c.Send("PUBLISH news %d-%d", p, i)
				if n := c.Reply(); n != fmt.Sprint(listeners) {
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
	srv := start(t, "--io-threads", "2")
	stays, pub := srv.Client(), srv.Client()
	stays.Send("SUBSCRIBE news")
	stays.Reply()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				c := srv.Client()
				c.SendAll("SUBSCRIBE news other", "PSUBSCRIBE n* o*", "SSUBSCRIBE news")
				for range 5 {
					c.Reply()
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
			pub.Send("PUBLISH news x")
			pub.Reply()
			messages++
		}
	}
	for range messages {
		if got := stays.Reply(); got != "message news x" {
			t.Fatal(got)
		}
	}
	for end := time.Now().Add(time.Minute); ; {
		pub.SendAll("PUBSUB NUMSUB news other", "PUBSUB NUMPAT", "PUBSUB SHARDNUMSUB news")
		got := pub.Reply() + "; " + pub.Reply() + "; " + pub.Reply()
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
	srv := start(t, "--client-output-buffer-limit", "pubsub 1mb 0 0")
	const many = 30
	clients := make([]*coretest.Client, many)
	for i := range clients {
		clients[i] = srv.Client()
		clients[i].Send("SUBSCRIBE news")
		clients[i].Reply()
	}
	lazy, pub := srv.Client(), srv.Client()
	lazy.Send("SUBSCRIBE news")
	text := strings.Repeat("x", 32<<10)
	left := ""
	for n := 0; left != fmt.Sprint(many); n++ {
		pub.Send("PUBLISH news %s", text)
		left = pub.Reply()
		for _, c := range clients {
			if got := c.Reply(); got != "message news "+text {
				t.Fatalf("%.40q", got)
			}
		}
		if n == 1000 {
			t.Fatal("a subscriber that does not read stays")
		}
	}
}
