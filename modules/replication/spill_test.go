package replication_test

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/coretest"
)

// behind makes a replica that reads nothing while much is written, and returns what it
// is to read.
func behind(t *testing.T, args ...string) (f *follower, c *client, stream []byte) {
	return written(t, true, args...)
}

// written is behind for a replica that may not have loaded its dump yet.
func written(t *testing.T, loaded bool, args ...string) (f *follower, c *client, stream []byte) {
	s := start(t, append([]string{"--repl-backlog-size", "100kb", "--client-output-buffer-limit", "replica 1mb 0 0"}, args...)...)
	c = s.client()
	f = s.greet()
	f.sync()
	if loaded {
		f.SendAll("REPLCONF ACK 0")
	}
	value := strings.Repeat("x", 10_000)
	stream = []byte(request("SELECT", "0"))
	for i := range 1000 {
		key := fmt.Sprint("key", i)
		c.want("SET "+key+" "+value, "OK")
		stream = append(stream, request("SET", key, value)...)
	}
	return f, c, stream
}

func TestSpill(t *testing.T) {
	f, c, stream := behind(t)
	coretest.Eventually(t, "memory is given back", func() bool {
		n, _ := strconv.Atoi(c.Info("mem_total_replication_buffers"))
		return n < 2<<20
	})
	if got := c.Info("connected_slaves"); got != "1" {
		t.Fatalf("%s replicas", got)
	}
	f.expect(string(stream))
	c.want("SET a b", "OK")
	f.expect(request("SET", "a", "b"))
}

// TestSpillLoading: the limits hold for a replica that still takes its dump, too, which may take
// long.
func TestSpillLoading(t *testing.T) {
	f, c, stream := written(t, false)
	coretest.Eventually(t, "memory is given back", func() bool {
		n, _ := strconv.Atoi(c.Info("mem_total_replication_buffers"))
		return n < 2<<20
	})
	f.SendAll("REPLCONF ACK 0")
	f.expect(string(stream))

	_, c, _ = written(t, false, "--repl-spill-size", "0")
	coretest.Eventually(t, "the replica is gone", func() bool { return c.Info("connected_slaves") == "0" })
}

// TestSpillBounds shows that a replica that is too far behind is disconnected.
func TestSpillBounds(t *testing.T) {
	for _, size := range []string{"0", "3mb"} {
		f, c, stream := behind(t, "--repl-spill-size", size)
		coretest.Eventually(t, "the replica is gone", func() bool { return c.Info("connected_slaves") == "0" })
		if rest, err := io.ReadAll(f.In); err == nil && len(rest) >= len(stream) {
			t.Fatalf("it got all of %d bytes", len(stream))
		}
	}
}

// TestSpillFails shows that without a place to spill to the limit holds.
func TestSpillFails(t *testing.T) {
	f, c, _ := behind(t, "--repl-spill-dir", "/nosuch/directory")
	coretest.Eventually(t, "the replica is gone", func() bool { return c.Info("connected_slaves") == "0" })
	_, _ = io.Copy(io.Discard, f.In)
}
