package ring

import (
	"strings"
	"testing"
)

func TestCommands(t *testing.T) {
	c := start(t)
	c.want("RING.PUSH r 3 a b", ":2")
	c.want("RING.PUSH r 3 c d", ":3")
	c.want("RING.RANGE r", "*3 $1 b $1 c $1 d")
	c.want("RING.RANGE r 2", "*2 $1 c $1 d")
	c.want("RING.RANGE r 0", "*0")
	c.want("RING.RANGE nothing", "*0")
	c.want("RING.PUSH r 5 e", ":4")
	c.want("RING.RANGE r", "*4 $1 b $1 c $1 d $1 e")
	c.want("RING.PUSH r 2 f", ":2")
	c.want("RING.RANGE r", "*2 $1 e $1 f")
	c.want("DEBUG RING r", "+size:2 len:2 oldest:1 bytes:32")

	c.want("RING.PUSH r 0 x", "-ERR value is out of range")
	c.want("RING.PUSH r 9999999 x", "-ERR value is out of range")
	c.want("RING.PUSH r many x", "-ERR value is not an integer or out of range")
	c.want("RING.RANGE r -1", "-ERR value is out of range, must be positive")
	c.want("RING.RANGE r 1 2", "-ERR syntax error")
	c.want("SET text x", "+OK")
	c.want("RING.PUSH text 3 a", "-WRONGTYPE Operation against a key holding the wrong kind of value")
	c.want("RING.RANGE text", "-WRONGTYPE Operation against a key holding the wrong kind of value")
	c.want("GET r", "-WRONGTYPE Operation against a key holding the wrong kind of value")
	c.want("SET r now-a-text", "+OK")
	c.want("GET r", "$10 now-a-text")
}

// TestKeyCommands: what other modules do with a value whose type they have
// never heard of.
func TestKeyCommands(t *testing.T) {
	c := start(t)
	c.want("RING.PUSH r 3 a b c d", ":3")
	c.want("TYPE r", "+ring")
	c.want("OBJECT ENCODING r", "$5 slots")
	c.want("EXPIRE r 100", ":1")
	c.want("COPY r twin", ":1")
	c.want("TTL twin", ":100")
	c.want("RING.PUSH r 3 e", ":3")
	c.want("RING.RANGE twin", "*3 $1 b $1 c $1 d")
	c.want("RENAME r moved", "+OK")
	c.want("RING.PUSH moved 3 f", ":3")
	c.want("RING.RANGE moved", "*3 $1 d $1 e $1 f")
	c.want("SCAN 0 COUNT 1000 TYPE ring", "*2 $1 0 *2 "+order(c))
	c.want("DEL moved", ":1")
	c.want("UNLINK twin", ":1")
	c.want("DBSIZE", ":0")
}

// order is the two keys in the order in which SCAN gives them.
func order(c client) string {
	all := c.do("SCAN", "0", "COUNT", "1000")
	return all[strings.LastIndex(all, "*2")+len("*2 "):]
}

// TestDump: the round trip over DUMP and RESTORE, and bytes that are no ring.
func TestDump(t *testing.T) {
	c := start(t)
	c.want("RING.PUSH r 3 a b c d", ":3")
	reply := c.raw("DUMP", "r")
	payload := reply[strings.Index(reply, "\r\n")+2 : len(reply)-2]
	if got := c.do("RESTORE", "again", "0", payload); got != "+OK" {
		t.Fatal(got)
	}
	c.want("RING.RANGE again", "*3 $1 b $1 c $1 d")
	c.want("DEBUG RING again", "+size:3 len:3 oldest:0 bytes:48")
	if got := c.do("RESTORE", "bad", "0", payload[1:]); got != "-ERR DUMP payload version or checksum are wrong" {
		t.Error(got)
	}
}
