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
	c := s.client()
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
		if _, err := c.conn.Write(request); err != nil {
			t.Fatal(err)
		}
		if reply, err := c.reply(); err != nil || reply != "OK" {
			t.Fatal(reply, err)
		}
		c.do("CONFIG SET appendfsync always") // and what was fed is in the file
		c.do("SET small value")
	})
	if took > size/2 {
		t.Errorf("logging %d MB took %d MB of Go's heap", size>>20, took>>20)
	}
	digest := c.do("DEBUG DIGEST")
	c.want("DEBUG LOADAOF", "OK")
	c.want("DEBUG DIGEST", digest)
	measure(func() {
		c.want("BGREWRITEAOF", "Background append only file rewriting started")
		c.rewritten()
	})
	if took > size/2 {
		t.Errorf("rewriting %d MB took %d MB of Go's heap", size>>20, took>>20)
	}
	s.Stop()
	start(t, dir).client().want("DEBUG DIGEST", digest)
}
