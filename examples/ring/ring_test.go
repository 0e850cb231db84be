package ring

import (
	"testing"

	"github.com/ferrousdb/ferrous/core/coretest"
)

func TestCommands(t *testing.T) {
	c := start(t).Client()
	c.Want("RING.PUSH r 3 a b", "2")
	c.Want("RING.PUSH r 3 c d", "3")
	c.Want("RING.RANGE r", "b c d")
	c.Want("RING.RANGE r 2", "c d")
	c.Want("RING.RANGE r 0", "")
	c.Want("RING.RANGE nothing", "")
	c.Want("RING.PUSH r 5 e", "4")
	c.Want("RING.RANGE r", "b c d e")
	c.Want("RING.PUSH r 2 f", "2")
	c.Want("RING.RANGE r", "e f")
	c.Want("DEBUG RING r", "size:2 len:2 oldest:1 bytes:32")

	c.Want("RING.PUSH r 0 x", "-ERR value is out of range")
	c.Want("RING.PUSH r 9999999 x", "-ERR value is out of range")
	c.Want("RING.PUSH r many x", "-ERR value is not an integer or out of range")
	c.Want("RING.RANGE r -1", "-ERR value is out of range, must be positive")
	c.Want("RING.RANGE r 1 2", "-ERR syntax error")
	c.Want("SET text x", "OK")
	c.Want("RING.PUSH text 3 a", "-WRONGTYPE Operation against a key holding the wrong kind of value")
	c.Want("RING.RANGE text", "-WRONGTYPE Operation against a key holding the wrong kind of value")
	c.Want("GET r", "-WRONGTYPE Operation against a key holding the wrong kind of value")
	c.Want("SET r now-a-text", "OK")
	c.Want("GET r", "now-a-text")
}

// TestKeyCommands: what other modules do with a value whose type they have
// never heard of.
func TestKeyCommands(t *testing.T) {
	c := start(t).Client()
	c.Want("RING.PUSH r 3 a b c d", "3")
	c.Want("TYPE r", "ring")
	c.Want("OBJECT ENCODING r", "slots")
	c.Want("EXPIRE r 100", "1")
	c.Want("COPY r twin", "1")
	c.Want("TTL twin", "100")
	c.Want("RING.PUSH r 3 e", "3")
	c.Want("RING.RANGE twin", "b c d")
	c.Want("RENAME r moved", "OK")
	c.Want("RING.PUSH moved 3 f", "3")
	c.Want("RING.RANGE moved", "d e f")
	c.Want("DEL moved", "1")
	c.Want("UNLINK twin", "1")
	c.Want("DBSIZE", "0")
}

// TestValues has rings do what values are to do.
func TestValues(t *testing.T) {
	many := "RING.PUSH KEY 1000"
	for i := range 180 {
		many += " element:" + itoa(i)
	}
	coretest.CheckValues(t, coretest.Values{
		Modules: linked, Type: "ring",
		Make:   []string{"RING.PUSH KEY 1 x", "RING.PUSH KEY 3 a b c d", many},
		Change: "RING.PUSH KEY 150 more", Read: "RING.RANGE KEY",
	})
}
