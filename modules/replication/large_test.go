package replication_test

import (
	"io"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/coretest"
)

// TestLargeArgument: a large value is not copied into the stream, whatever becomes of its key
// before a replica has it; and it is given back when the last one has it, or has gone. The same when it
// is spilled.
func TestLargeArgument(t *testing.T) {
	t.Run("in memory", func(t *testing.T) { largeArgument(t, "replica 0 0 0") })
	t.Run("spilled", func(t *testing.T) { largeArgument(t, "replica 1mb 0 0") })
}

func largeArgument(t *testing.T, limit string) {
	const size = 24 << 20
	s := start(t, "--repl-backlog-size", "16kb", "--client-output-buffer-limit", limit)
	c := s.client()
	used := func() int {
		n, _ := strconv.Atoi(c.Info("used_memory"))
		return n
	}
	reads, leaves, dropped := s.greet(), s.greet(), s.greet()
	for _, f := range []*follower{reads, leaves, dropped} {
		f.sync()
		f.SendAll("REPLCONF ACK 0")
	}
	c.want("SET small 1", "OK")
	before := used()
	head := request("SELECT", "0") + request("SET", "small", "1")
	first, second := strings.Repeat("a", size), strings.Repeat("b", size)
	whole := head
	for _, value := range []string{first, second} {
		for _, piece := range []string{"*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$" + strconv.Itoa(size) + "\r\n" + value[:size/2], value[size/2:] + "\r\n"} {
			if _, err := io.WriteString(c.Conn, piece); err != nil {
				t.Fatal(err)
			}
		}
		if got := c.Reply(); got != "OK" {
			t.Fatal(got)
		}
		whole += request("SET", "big", value)
	}
	c.want("DEL big", "1")
	if n := used() - before; n > 3*size {
		t.Errorf("the values take %d bytes more than before, for three readers", n)
	}
	leaves.bytes(size / 3)
	leaves.Conn.Close()
	dropped.bytes(size / 3)
	reads.expect(whole + request("DEL", "big"))
	c.want("CLIENT KILL TYPE replica", "2")
	coretest.Eventually(t, "the memory is given back", func() bool { return used()-before < size/8 })
}

// TestManyArgumentsAreLetGo: what a replica has read is not held by what it keeps room
// for arguments in. There are no large ones among them, so all are in its buffer.
func TestManyArgumentsAreLetGo(t *testing.T) {
	master, port := startTCP(t, t.TempDir(), "--repl-backlog-size", "16kb")
	replica, _ := startTCP(t, t.TempDir(), "--replicaof", "127.0.0.1 "+port)
	c, r := master.client(), replica.client()
	c.want("SET small 1", "OK")
	follows(t, r, c)
	held := func() int64 {
		runtime.GC()
		live := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		metrics.Read(live)
		return int64(live[0].Value.Uint64())
	}
	before := held()
	const n, size = 800, 30_000
	text := "$" + strconv.Itoa(size) + "\r\n" + strings.Repeat("x", size) + "\r\n"
	if _, err := io.WriteString(c.Conn, "*"+strconv.Itoa(n+1)+"\r\n$4\r\nMSET\r\n"+strings.Repeat(text, n)); err != nil {
		t.Fatal(err)
	}
	if got := c.Reply(); got != "OK" {
		t.Fatal(got)
	}
	c.want("FLUSHALL", "OK")
	follows(t, r, c)
	coretest.Eventually(t, "it is let go", func() bool { return held()-before < n*size/4 })
}
