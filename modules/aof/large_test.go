package aof_test

import (
	"runtime"
	"strings"
	"testing"
)

// TestLargeValuesAreNotCopied: a large argument goes to the log from where it was received, by
// every way of writing it, and so does a large value that a rewrite writes as a command.
func TestLargeValuesAreNotCopied(t *testing.T) {
	const size = 24 << 20
	dir := t.TempDir()
	s := start(t, dir, "--aof-use-rdb-preamble", "no")
	c := s.Client()
	value := strings.Repeat("0123456789abcdef", size/16)
	var took uint64
	measure := func(what func()) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		what()
		runtime.ReadMemStats(&after)
		took = after.TotalAlloc - before.TotalAlloc
	}
	request := []byte("*5\r\n$3\r\nSET\r\n$1\r\nk\r\n$25165824\r\n" + value + "\r\n$2\r\nEX\r\n$5\r\n10000\r\n")
	measure(func() {
		if _, err := c.Conn.Write(request); err != nil {
			t.Fatal(err)
		}
		c.WantReply("OK")
		c.Do("CONFIG SET appendfsync always") // and what was fed is in the file
		c.Do("SET small value")
	})
	if took > size/2 {
		t.Errorf("logging %d MB took %d MB of Go's heap", size>>20, took>>20)
	}
	digest := c.Do("DEBUG DIGEST")
	c.Want("DEBUG LOADAOF", "OK")
	c.Want("DEBUG DIGEST", digest)
	measure(func() {
		c.Want("BGREWRITEAOF", "Background append only file rewriting started")
		rewritten(c)
	})
	if took > size/2 {
		t.Errorf("rewriting %d MB took %d MB of Go's heap", size>>20, took>>20)
	}
	s.Stop()
	start(t, dir).Client().Want("DEBUG DIGEST", digest)
}
