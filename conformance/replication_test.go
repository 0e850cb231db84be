package conformance

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

// TestReplicasOfFerrous writes at random, while links are cut and replicas come, and looks
// whether a real Redis that replicates from ferrous, and another one behind it, end
// up with the same data.
func TestReplicasOfFerrous(t *testing.T) {
	redis, ferrous := bothBins(t)
	// A small backlog, so that some cuts need a full sync.
	master := node(t, ferrous, "--repl-diskless-sync-delay", "0", "--repl-backlog-size", "64kb")
	near := node(t, redis, "--repl-diskless-sync-delay", "0", "--replicaof", master.where())
	far := node(t, redis, "--replicaof", near.where())

	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	w := writer{rand.New(rand.NewPCG(seed, 0))}
	for round := range 12 {
		var batch []byte
		n := 0
		for range 400 {
			for _, cmd := range w.unit() {
				batch = resp.AppendCommand(batch, cmd)
				n++
			}
		}
		master.pipeline(batch, n)
		switch round % 4 {
		case 1:
			master.do("CLIENT", "KILL", "TYPE", "replica")
		case 3:
			near.do("CLIENT", "KILL", "TYPE", "master")
		}
	}
	// What has expired is deleted by the master, some time.
	for _, replica := range []*testNode{near, far} {
		var got, want string
		for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			want, got = master.do("DEBUG", "DIGEST"), replica.do("DEBUG", "DIGEST")
			if got == want && replica.offset() == master.offset() {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("seed %d: the data differ: digests %s and %s, offsets %s and %s\n%s\n%s", seed, want, got,
					master.offset(), replica.offset(), master.Log(), replica.Log())
			}
		}
		if want, got := master.do("FUNCTION", "STATS"), replica.do("FUNCTION", "STATS"); want != got {
			t.Errorf("functions: %s and %s", want, got)
		}
	}
}

// testNode is a server of a replication.
type testNode struct {
	*Server
	t    *testing.T
	conn *Conn
}

func node(t *testing.T, bin string, args ...string) *testNode {
	t.Helper()
	dir, err := os.MkdirTemp(tmpDir, "node-")
	if err != nil {
		t.Fatal(err)
	}
	s, err := StartServer(bin, dir, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	conn, err := Dial(s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &testNode{s, t, conn}
}

// where is the node as an argument of REPLICAOF.
func (n *testNode) where() string {
	host, port, _ := net.SplitHostPort(n.Addr)
	return host + " " + port
}

func (n *testNode) do(args ...string) string {
	n.t.Helper()
	v, err := n.conn.Do(args...)
	if err != nil {
		n.t.Fatalf("%v: %v", args, err)
	}
	return v.String()
}

// offset is how far the node has come.
func (n *testNode) offset() string {
	n.t.Helper()
	v, err := n.conn.Do("INFO", "replication")
	if err != nil {
		n.t.Fatal(err)
	}
	for line := range strings.Lines(v.Text) {
		if at, ok := strings.CutPrefix(line, "master_repl_offset:"); ok {
			return strings.TrimSpace(at)
		}
	}
	return ""
}

func (n *testNode) pipeline(batch []byte, replies int) {
	n.t.Helper()
	sent := make(chan error, 1)
	go func() { sent <- n.conn.SendRaw(batch) }()
	for range replies {
		if _, err := n.conn.Read(); err != nil {
			n.t.Fatal(err)
		}
	}
	if err := <-sent; err != nil {
		n.t.Fatal(err)
	}
}

// writer makes commands at random. Scores are short numbers: 7.0 prints others in another
// way, for DEBUG DIGEST too.
type writer struct{ *rand.Rand }

func (w writer) key(kind string) string { return kind + strconv.Itoa(w.IntN(20)) }
func (w writer) num(n int) string       { return strconv.Itoa(w.IntN(n)) }
func (w writer) value() string {
	if w.IntN(20) == 0 {
		return strings.Repeat("v", w.IntN(3000))
	}
	return "v" + w.num(60)
}

// unit is a command, or a transaction.
func (w writer) unit() [][]string {
	if w.IntN(10) > 0 {
		return [][]string{w.command()}
	}
	all := [][]string{{"MULTI"}}
	for range w.IntN(5) {
		if cmd := w.command(); cmd[0] != "SELECT" {
			all = append(all, cmd)
		}
	}
	return append(all, []string{"EXEC"})
}

func (w writer) command() []string {
	const script = "redis.call('incr', KEYS[1]) redis.call('sadd', KEYS[2], ARGV[1]) redis.call('spop', KEYS[2]) return redis.call('pexpire', KEYS[1], 200)"
	all := [...]func() []string{
		func() []string { return []string{"SET", w.key("s"), w.value()} },
		func() []string { return []string{"SET", w.key("s"), w.value(), "PX", w.num(300)} },
		func() []string { return []string{"GETEX", w.key("s"), "PX", w.num(300)} },
		func() []string { return []string{"APPEND", w.key("s"), w.value()} },
		func() []string { return []string{"SETRANGE", w.key("s"), w.num(99), w.value()} },
		func() []string { return []string{"INCRBYFLOAT", w.key("n"), "1.5"} },
		func() []string { return []string{"SETBIT", w.key("b"), w.num(999), w.num(2)} },
		func() []string { return []string{"RPUSH", w.key("l"), w.value(), w.value(), w.value()} },
		func() []string { return []string{"LMOVE", w.key("l"), w.key("l"), "LEFT", "RIGHT"} },
		func() []string { return []string{"LTRIM", w.key("l"), "0", w.num(200)} },
		func() []string { return []string{"LMPOP", "2", w.key("l"), w.key("l"), "RIGHT"} },
		func() []string { return []string{"BLPOP", w.key("l"), w.key("l"), "0.001"} },
		func() []string { return []string{"SADD", w.key("e"), w.value(), w.value(), w.num(99)} },
		func() []string { return []string{"SPOP", w.key("e"), w.num(4)} },
		func() []string { return []string{"SDIFFSTORE", w.key("e"), w.key("e"), w.key("e")} },
		func() []string { return []string{"HSET", w.key("h"), w.value(), w.value(), w.num(9), w.value()} },
		func() []string { return []string{"HINCRBYFLOAT", w.key("h"), "f", "0.25"} },
		func() []string { return []string{"HDEL", w.key("h"), w.value(), w.num(9)} },
		func() []string { return []string{"ZADD", w.key("z"), w.num(99), w.value(), w.num(99), w.value()} },
		func() []string { return []string{"ZPOPMIN", w.key("z"), w.num(3)} },
		func() []string {
			return []string{"ZINTERSTORE", w.key("z"), "2", w.key("z"), w.key("z"), "AGGREGATE", "MIN"}
		},
		func() []string { return []string{"GEOADD", w.key("z"), w.num(80), w.num(80), w.value()} },
		func() []string { return []string{"PFADD", w.key("p"), w.value(), w.value()} },
		func() []string { return []string{"XADD", w.key("x"), "*", w.value(), w.value()} },
		func() []string { return []string{"XADD", w.key("x"), "MAXLEN", "~", "50", "*", "f", w.value()} },
		func() []string { return []string{"XGROUP", "CREATE", w.key("x"), "g" + w.num(2), "0", "MKSTREAM"} },
		func() []string {
			return []string{"XREADGROUP", "GROUP", "g" + w.num(2), "c" + w.num(3), "COUNT", "3", "STREAMS", w.key("x"), ">"}
		},
		func() []string {
			return []string{"XAUTOCLAIM", w.key("x"), "g" + w.num(2), "c" + w.num(3), "0", "0", "COUNT", "2"}
		},
		func() []string { return []string{"PEXPIRE", w.key(string("slehzx"[w.IntN(6)])), w.num(300)} },
		func() []string { return []string{"PERSIST", w.key("h")} },
		func() []string { return []string{"DEL", w.key("l"), w.key("e")} },
		func() []string { return []string{"COPY", w.key("h"), w.key("h"), "REPLACE"} },
		func() []string { return []string{"MOVE", w.key("s"), w.num(3)} },
		func() []string { return []string{"SELECT", w.num(3)} },
		func() []string { return []string{"SWAPDB", "0", "1"} },
		func() []string { return []string{"PUBLISH", "channel", w.value()} },
		func() []string { return []string{"EVAL", script, "2", w.key("n"), w.key("e"), w.value()} },
		func() []string {
			n := w.num(3)
			return []string{"FUNCTION", "LOAD", "REPLACE", fmt.Sprintf("#!lua name=l%s\nredis.register_function('f%s', function(k, a) return redis.call('set', k[1], a[1]) end)", n, n)}
		},
		func() []string { return []string{"FCALL", "f" + w.num(3), "1", w.key("s"), w.value()} },
		func() []string { return []string{"SORT", w.key("n"), "STORE", w.key("l")} },
	}
	return all[w.IntN(len(all))]()
}
