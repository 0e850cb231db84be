package pqueue

import (
	"strconv"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/modules"
)

func linked() []core.Module { return append(modules.Full(), New()) }

func TestCommands(t *testing.T) {
	c := coretest.Serve(t, linked()).Client()
	c.Want("PQ.PUSH q 5 five 1 one 5 after -3 first", "4")
	c.Want("PQ.RANGE q", "first -3 one 1 five 5 after 5")
	c.Want("PQ.RANGE q 2", "first -3 one 1")
	c.Want("PQ.POP q", "first")
	c.Want("PQ.POP q 2", "one five")
	c.Want("PQ.POP q 0", "")
	c.Want("PQ.POP q 9", "after")
	c.Want("EXISTS q", "0")
	c.Want("PQ.POP q", "(nil)")
	c.Want("PQ.POP q 3", "")
	c.Want("PQ.RANGE q", "")

	c.Want("PQ.PUSH q 1 a b", "-ERR syntax error")
	c.Want("PQ.PUSH q 1 a x b", "-ERR value is not an integer or out of range")
	c.Want("PQ.POP q -1", "-ERR value is out of range, must be positive")
	c.Want("PQ.POP q 1 2", "-ERR syntax error")
	c.Want("EXISTS q", "0")
	c.Want("CONFIG SET pqueue-max-range 2", "OK")
	c.Want("PQ.PUSH q 1 a 2 b 3 c", "3")
	c.Want("PQ.RANGE q", "a 1 b 2")
	c.WantInfo("pqueue_pushed", "7", "pqueue_popped", "4")
	for range maxLength/100 - 1 {
		c.Must("PQ.PUSH q%s", strings.Repeat(" 1 x", 100))
	}
	c.Want("PQ.PUSH q"+strings.Repeat(" 1 x", 134), "-ERR the queue would be too long")
	c.Must("PQ.PUSH q%s", strings.Repeat(" 1 x", 133))
}

func TestBlocking(t *testing.T) {
	feed := &coretest.Feed{}
	s := coretest.Serve(t, append(linked(), feed))
	c, first, second := s.Client(), s.Client(), s.Client()
	c.Want("PQ.BPOP none q 0.01", "(nil)")
	c.Want("PQ.PUSH q 1 there", "1")
	c.Want("PQ.BPOP none q 0", "q there 1")
	first.Send("PQ.BPOP other q 0")
	c.AwaitInfo("blocked_clients", "1")
	second.Send("PQ.BPOP q 0")
	c.AwaitInfo("blocked_clients", "2")
	c.Want("SET q text", "OK") // no queue: both wait on
	c.Want("DEL q", "1")
	feed.Take()
	c.Want("PQ.PUSH q 2 later 1 sooner 3 left", "3")
	first.WantReply("q sooner 1")
	second.WantReply("q later 2")
	c.Want("PQ.POP q", "left")
	fed, events := feed.Take()
	if fed != "PQ.PUSH q 2 later 1 sooner 3 left, PQ.POP q, PQ.POP q, PQ.POP q" {
		t.Errorf("fed %s", fed)
	}
	if events != "pq.push q, pq.pop q, pq.pop q, pq.pop q, del q" {
		t.Errorf("events %s", events)
	}
	c.Want("SET q text", "OK")
	c.Want("PQ.BPOP q 0", "-WRONGTYPE Operation against a key holding the wrong kind of value")
	c.Want("PQ.BPOP q soon", "-ERR timeout is not a float or out of range")
}

func TestValues(t *testing.T) {
	var many strings.Builder
	many.WriteString("PQ.PUSH KEY")
	for i := range 500 {
		many.WriteString(" " + strconv.Itoa(i*7919%100) + " element:" + strconv.Itoa(i))
	}
	coretest.CheckValues(t, coretest.Values{
		Modules: linked, Type: "pqueue",
		Make:   []string{"PQ.PUSH KEY 1 x", "PQ.PUSH KEY 9223372036854775807 last -9223372036854775808 first 0 12345", many.String()},
		Change: "PQ.PUSH KEY 50 more", Read: "PQ.RANGE KEY",
	})
}

// TestEviction: queues are evicted as other keys are, for what they hold on the Go heap too.
func TestEviction(t *testing.T) {
	c := coretest.Serve(t, linked(), "--maxmemory-policy", "allkeys-random").Client()
	limit := c.InfoInt("used_memory") + 4<<20
	c.Must("CONFIG SET maxmemory %d", limit)
	for i := range 4000 {
		c.Must("PQ.PUSH q:%d 1 a 2 b 3 c 4 d 5 e 6 f 7 g 8 h 9 i 10 j 11 k 12 l 13 m 14 n 15 o 16 p 17 q 18 r 19 s 20 t", i)
	}
	if used := c.InfoInt("used_memory"); used > limit+64<<10 || c.InfoInt("evicted_keys") < 100 {
		t.Errorf("%d bytes of %d are used, and %d keys were evicted", used, limit, c.InfoInt("evicted_keys"))
	}
}
