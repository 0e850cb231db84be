package conformance

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

// TestStreamsGoThroughFiles has each server make streams at random, with groups, what is pending for them and what was deleted, and
// the other read them: from a dump, a log, and a master that it replicates. What DEBUG DIGEST and XINFO STREAM FULL
// tell is the same then, and again when the first has read what the other has written.
func TestStreamsGoThroughFiles(t *testing.T) {
	redis, ferrous := bothBins(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	log := []string{"--appendonly", "yes", "--aof-use-rdb-preamble", "no", "--auto-aof-rewrite-percentage", "0"}
	args := []string{"--stream-node-max-entries", "7", "--rdbcompression", "no"}
	filled := func(t *testing.T, bin string, more ...string) *testNode {
		n := node(t, bin, slices.Concat(args, more)...)
		n.fillStreams(rand.New(rand.NewPCG(seed, 0)))
		return n
	}
	newer := []string{"active-time", "radix-tree-nodes"}                     // what the oracle does not know, and how it keeps blocks
	logged := slices.Concat(newer, []string{"seen-time", "radix-tree-keys"}) // a log makes consumers and blocks anew
	byRedis := slices.Concat(logged, []string{"entries-read", "lag"})        // which a log of Redis is silent about

	t.Run("dump of redis", func(t *testing.T) {
		from := filled(t, redis)
		from.must("SAVE")
		want := from.streams(newer)
		from.Stop()
		same(t, nodeIn(t, ferrous, from.Dir, args...).streams(newer), want)
	})
	t.Run("replica of ferrous, and its dump", func(t *testing.T) {
		from := filled(t, ferrous)
		want := from.streams(newer)
		to := node(t, redis, slices.Concat(args, []string{"--repl-diskless-load", "disabled", "--replicaof", from.where()})...)
		for end := time.Now().Add(waitTimeout); to.do("DEBUG", "DIGEST") != from.do("DEBUG", "DIGEST"); time.Sleep(pollEvery) {
			if time.Now().After(end) {
				t.Fatal("the replica has other data")
			}
		}
		same(t, to.streams(newer), want)
		to.must("SAVE")
		to.Stop()
		same(t, nodeIn(t, ferrous, to.Dir, args...).streams(newer), want)
	})
	for _, c := range []struct {
		name, from, to string
		but            []string
	}{{"log of redis", redis, ferrous, byRedis}, {"log of ferrous", ferrous, redis, logged}} {
		t.Run(c.name, func(t *testing.T) {
			from := filled(t, c.from, log...)
			from.dropDead()
			want := from.streams(c.but)
			from.Stop()
			to := nodeIn(t, c.to, from.Dir, slices.Concat(args, log)...)
			same(t, to.streams(c.but), want)
			to.must("BGREWRITEAOF")
			for end := time.Now().Add(waitTimeout); ; time.Sleep(pollEvery) {
				if s := to.do("INFO", "persistence"); strings.Contains(s, "aof_rewrite_in_progress:0") && strings.Contains(s, "aof_rewrite_scheduled:0") {
					break
				}
				if time.Now().After(end) {
					t.Fatal("the rewrite does not end")
				}
			}
			to.Stop()
			same(t, nodeIn(t, c.from, from.Dir, slices.Concat(args, log)...).streams(c.but), want)
		})
	}
	t.Run("replicas of ferrous", func(t *testing.T) {
		from := node(t, ferrous, args...)
		link := []string{"--replicaof", from.where()}
		replicas := []*testNode{node(t, redis, slices.Concat(args, link)...), node(t, ferrous, slices.Concat(args, link)...)}
		await := func(what string, done func(to *testNode) bool) {
			for _, to := range replicas {
				for end := time.Now().Add(waitTimeout); !done(to); time.Sleep(pollEvery) {
					if time.Now().After(end) {
						t.Fatalf("%s: no %s", to.Addr, what)
					}
				}
			}
		}
		await("link", func(to *testNode) bool {
			return strings.Contains(to.do("INFO", "replication"), "master_link_status:up")
		})
		from.fillStreams(rand.New(rand.NewPCG(seed, 0)))
		await("agreement about the offset", func(to *testNode) bool { return to.offset() == from.offset() })
		for _, to := range replicas {
			same(t, to.streams(logged), from.streams(logged))
		}
	})
	t.Run("payloads of redis", func(t *testing.T) {
		from, oracle, subject := filled(t, redis), node(t, redis, args...), node(t, ferrous, args...)
		for _, key := range streamKeys {
			v, err := from.conn.Do("DUMP", key)
			if err != nil || v.IsErr() {
				t.Fatal(v, err)
			}
			for _, payload := range []string{v.Text, asOfRedis5(t, v.Text)} {
				for _, n := range []*testNode{oracle, subject} {
					n.must("DEBUG", "SET-SKIP-CHECKSUM-VALIDATION", "1")
					n.must("RESTORE", key, "0", payload, "REPLACE")
				}
				same(t, subject.streams(newer), oracle.streams(newer))
			}
		}
	})
}

var streamKeys = []string{"x0", "x1", "x2"}

// fillStreams makes streams of all shapes.
func (n *testNode) fillStreams(rng *rand.Rand) {
	n.t.Helper()
	num := func(below int) string { return strconv.Itoa(rng.IntN(below)) }
	last := map[string]int{}
	for range 1500 {
		key, g, c := streamKeys[rng.IntN(3)], "g"+num(3), "c"+num(5)
		id := func() string { return strconv.Itoa(1+rng.IntN(last[key]+1)) + "-" + num(2) }
		var cmd []string
		switch rng.IntN(14) {
		case 0, 1, 2, 3, 4:
			last[key] += 1 + rng.IntN(3)
			cmd = []string{"XADD", key, fmt.Sprintf("%d-%d", last[key], rng.IntN(2)), "field", num(1000), "name", "v" + num(100)}
			if rng.IntN(5) == 0 {
				cmd = append(cmd, num(3), strings.Repeat("x", rng.IntN(300)))
			}
		case 5:
			cmd = []string{"XGROUP", "CREATE", key, g, id(), "MKSTREAM"}
		case 6:
			cmd = []string{"XDEL", key, id(), id()}
		case 7:
			cmd = []string{"XTRIM", key, "MAXLEN", [...]string{"=", "~"}[rng.IntN(2)], num(150)}
		case 8, 9:
			cmd = []string{"XREADGROUP", "GROUP", g, c, "COUNT", "1" + num(10), "STREAMS", key, ">"}
		case 10:
			cmd = []string{"XACK", key, g, id(), id(), id()}
		case 11:
			cmd = []string{"XCLAIM", key, g, c, "0", id(), id(), id(), "TIME", "170000000" + num(9999), "RETRYCOUNT", num(70000)}
			if rng.IntN(2) == 0 {
				cmd = append(cmd, "FORCE")
			}
		case 12:
			cmd = []string{"XAUTOCLAIM", key, g, c, "0", id(), "COUNT", "1" + num(10)}
		case 13:
			switch rng.IntN(5) {
			case 0:
				cmd = []string{"XGROUP", "DELCONSUMER", key, g, c}
			case 1:
				cmd = []string{"XGROUP", "SETID", key, g, id()}
			case 2:
				cmd = []string{"XGROUP", "CREATECONSUMER", key, g, c}
			}
		}
		if len(cmd) > 0 {
			n.do(cmd...) // some are errors
		}
	}
	for _, key := range streamKeys { // whatever happened before
		n.do("XGROUP", "CREATE", key, "more", "0")
		n.must("XADD", key, "*", "f", "v")
		n.must("XREADGROUP", "GROUP", "more", "reader", "STREAMS", key, ">")
	}
}

// dropDead removes what is pending for entries that are not there: a log that was rewritten does not tell of it.
func (n *testNode) dropDead() {
	n.t.Helper()
	for _, key := range streamKeys {
		for _, g := range []string{"g0", "g1", "g2", "more"} {
			n.do("XAUTOCLAIM", key, g, "c0", "3600000000000", "0", "COUNT", "100000")
		}
	}
}

func (n *testNode) must(args ...string) {
	n.t.Helper()
	if v, err := n.conn.Do(args...); err != nil || v.IsErr() {
		n.t.Fatal(args[0], v, err)
	}
}

// streams tells all of the streams but what has these names.
func (n *testNode) streams(but []string) []string {
	n.t.Helper()
	all := []string{n.do("DEBUG", "DIGEST")}
	for _, key := range streamKeys {
		v, err := n.conn.Do("XINFO", "STREAM", key, "FULL", "COUNT", "0")
		if err != nil {
			n.t.Fatal(err)
		}
		all = append(all, without(v, but).String())
	}
	return all
}

// without takes names and what follows them out of the lists in a value.
func without(v resp.Value, names []string) resp.Value {
	var left []resp.Value
	for i := 0; i < len(v.Elems); i++ {
		if slices.Contains(names, v.Elems[i].Text) {
			i++
			continue
		}
		left = append(left, without(v.Elems[i], names))
	}
	v.Elems = left
	return v
}

func same(t *testing.T, got, want []string) {
	t.Helper()
	for i := range want {
		if got[i] != want[i] {
			at := 0
			for at < min(len(got[i]), len(want[i])) && got[i][at] == want[i][at] {
				at++
			}
			show := func(s string) string { return s[max(0, at-300):min(len(s), at+300)] }
			t.Errorf("part %d:\n...%s...\nnot\n...%s...", i, show(got[i]), show(want[i]))
		}
	}
}

// asOfRedis5 takes out of the payload of a stream what Redis 5 did not write, which makes it one of type 15.
func asOfRedis5(t *testing.T, payload string) string {
	t.Helper()
	if payload[0] != 19 {
		t.Fatalf("a payload of type %d", payload[0])
	}
	p := parts{in: payload[1:], out: []byte{15}}
	for range p.number(true) { // blocks
		p.text()
		p.text()
	}
	for _, keep := range []bool{true, true, true, false, false, false, false, false} {
		p.number(keep) // the length and the last ID; the first, the greatest deleted one and the count of all
	}
	for range p.number(true) { // groups
		p.text()
		p.number(true)
		p.number(true)
		p.number(false) // entries read
		for range p.number(true) {
			p.bytes(16 + 8)
			p.number(true)
		}
		for range p.number(true) { // consumers
			p.text()
			p.bytes(8)
			for range p.number(true) {
				p.bytes(16)
			}
		}
	}
	return string(p.out) + p.in
}

// parts copies parts of a payload.
type parts struct {
	in  string
	out []byte
}

func (p *parts) bytes(n int) {
	p.out = append(p.out, p.in[:n]...)
	p.in = p.in[n:]
}

func (p *parts) text() {
	n := p.number(true)
	p.bytes(int(n))
}

// number reads a length, or the length of a string that is a number; keep says whether it is copied.
func (p *parts) number(keep bool) (n uint64) {
	old := len(p.out)
	switch b := p.in[0]; {
	case b>>6 == 0:
		n = uint64(b)
		p.bytes(1)
	case b>>6 == 1:
		n = uint64(b&63)<<8 | uint64(p.in[1])
		p.bytes(2)
	case b == 0x80:
		n = uint64(binary.BigEndian.Uint32([]byte(p.in[1:5])))
		p.bytes(5)
	case b == 0x81:
		n = binary.BigEndian.Uint64([]byte(p.in[1:9]))
		p.bytes(9)
	default: // of a string: 1, 2 or 4 bytes
		n = 1 << (b & 3)
		p.bytes(1)
	}
	if !keep {
		p.out = p.out[:old]
	}
	return n
}

// nodeIn is node for one that begins with the files in a directory.
func nodeIn(t *testing.T, bin, dir string, args ...string) *testNode {
	t.Helper()
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
