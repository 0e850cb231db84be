package pqueue

import (
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
	c.Want("PQ.RANGE q 2", "first -3 one 1")
	c.Want("PQ.BPOP none q 0", "q first -3")
	c.Want("PQ.POP q", "one")
	c.Want("PQ.POP q 0", "")
	c.Want("PQ.POP q 9", "five after")
	c.Want("PQ.POP q", "(nil)")
	c.Want("PQ.RANGE q", "")
	c.Want("PQ.PUSH q 1 a b", "-ERR syntax error")
	c.Want("PQ.PUSH q 1 a x b", "-ERR value is not an integer or out of range")
	c.Want("PQ.BPOP q soon", "-ERR timeout is not a float or out of range")
	c.Want("EXISTS q", "0")
	c.Want("CONFIG SET pqueue-max-range 1", "OK")
	c.Want("PQ.PUSH q 2 b 1 a", "2")
	c.Want("PQ.RANGE q", "a 1")
	c.WantInfo("pqueue_pushed", "6", "pqueue_popped", "4")
}

// TestValues: all that a type is to do, see there.
func TestValues(t *testing.T) {
	coretest.CheckValues(t, coretest.Values{
		Modules: linked, Type: "pqueue", Change: "PQ.PUSH KEY 50 more", Read: "PQ.RANGE KEY", Wait: "PQ.BPOP KEY 0",
		Make: []string{"PQ.PUSH KEY 1 x", "PQ.PUSH KEY 9223372036854775807 z -9223372036854775808 a 0 12345", "PQ.PUSH KEY" + strings.Repeat(" 7 b 5 a 8 c", 300)},
	})
}
