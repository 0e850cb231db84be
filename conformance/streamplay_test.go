package conformance

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

var (
	streamTime = flag.Duration("streams", 0, "how long TestRandomStreams goes on with rounds of seeds of its own")
	streamSeed = flag.Uint64("streams.seed", 0, "the only round of TestRandomStreams")
)

// TestRandomStreams gives both servers the same random commands on streams, with all options and with mistakes, and compares the
// replies, and then all that there is. A failure names its seed.
func TestRandomStreams(t *testing.T) {
	redis, ferrous := bothBins(t)
	nodes := [2]*testNode{node(t, redis), node(t, ferrous)}
	playRounds(t, *streamSeed, []uint64{0, 1, 2, 3}, *streamTime, func(seed uint64) { playStreams(t, nodes, seed) })
}

// streamSteps is how many commands a round has, streamBatch how many are sent at once.
const (
	streamSteps = 3000
	streamBatch = 50
)

// playStreams is one round.
func playStreams(t *testing.T, nodes [2]*testNode, seed uint64) {
	t.Helper()
	p := &streamPlay{rng: rand.New(rand.NewPCG(seed, 0)), last: map[string]int{}}
	p.dels = p.chance(2)
	bytes := p.one("0", "50", "4096", "4096") // not changed meanwhile: the oracle writes behind the end of a block then, and dies
	for _, n := range nodes {
		n.do("DISCARD") // the last round may have ended in the midst of a transaction
		n.must("FLUSHALL")
		n.must("SET", "text", "no stream")
		n.must("CONFIG", "SET", "stream-node-max-entries", "100", "stream-node-max-bytes", bytes)
	}
	var done [][]string
	for len(done) < streamSteps {
		var batch [][]string
		for range streamBatch {
			batch = append(batch, p.command())
		}
		for _, key := range streamKeys {
			batch = append(batch, []string{"XINFO", "STREAM", key, "FULL", "COUNT", "0"})
		}
		batch = append(batch, []string{"DEBUG", "DIGEST"})
		replies, now := exchange(t, seed, nodes, batch), time.Now().UnixMilli()
		for i, r := range replies {
			got := [2]string{untimed(r[0], now).String(), untimed(r[1], now).String()}
			if got[0] != got[1] {
				t.Fatalf("seed %d: after %d commands, of which the last for these keys were\n%s\n%q is answered, by redis-server and by ferrous,\n%s",
					seed, len(done), alike(done, batch[i]), batch[i], differing(got))
			}
			done = append(done, batch[i])
		}
	}
}

// alike returns the last commands that have an argument in common with one, from the third on.
func alike(done [][]string, cmd []string) string {
	var list []string
	for _, d := range slices.Backward(done) {
		if d[0] != "XINFO" && slices.ContainsFunc(streamKeys, func(key string) bool { return slices.Contains(d, key) && slices.Contains(cmd, key) }) {
			if list = append(list, fmt.Sprintf("%.200q", d)); len(list) == 40 {
				break
			}
		}
	}
	slices.Reverse(list)
	return strings.Join(list, "\n")
}

// untimed is a reply without what depends on when it is given, and without what 7.0 does not know or counts otherwise: times of
// activity, and the nodes of the tree of blocks.
func untimed(v resp.Value, now int64) resp.Value {
	const day = 24 * 3600 * 1000
	number := func(v resp.Value) int64 {
		n, err := strconv.ParseInt(v.Text, 10, 64)
		if v.Kind != resp.Int || err != nil {
			return -1
		}
		return n
	}
	if n := number(v); n > now-day && n < now+day {
		v.Text = "now"
	}
	var left []resp.Value
	for i := 0; i < len(v.Elems); i++ {
		switch v.Elems[i].Text {
		case "active-time", "inactive", "idle", "radix-tree-nodes", "seen-time":
			i++
			continue
		}
		left = append(left, untimed(v.Elems[i], now))
	}
	if len(left) == 4 && number(left[3]) >= 0 { // a row of XPENDING: it has been idle for a short or a long time
		if n := number(left[2]); n >= 0 && n < now/2 {
			left[2].Text = fmt.Sprint(n >= day)
		}
	}
	v.Elems = left
	return v
}

// streamPlay makes commands.
type streamPlay struct {
	rng  *rand.Rand
	last map[string]int // about the greatest time of an ID of each key
	dels bool           // whether the round has XDEL, or MINID without "~"
	next [][]string     // commands to come
}

func (p *streamPlay) one(of ...string) string { return of[p.rng.IntN(len(of))] }

func (p *streamPlay) num(below int) string { return strconv.Itoa(p.rng.IntN(below)) }

func (p *streamPlay) chance(in int) bool { return p.rng.IntN(in) == 0 }

func (p *streamPlay) key() string {
	if p.chance(200) {
		return p.one("text", "none")
	}
	return streamKeys[p.rng.IntN(len(streamKeys))]
}

func (p *streamPlay) group() string {
	if p.chance(100) {
		return "nogroup"
	}
	return "g" + p.num(3)
}

func (p *streamPlay) consumer() string { return "c" + p.num(1+p.rng.IntN(playConsumers)) }

// playConsumers is how many consumers a group has. They are made at once: since 7.2 who asks for something is made even
// if there is nothing, and the oracle is older.
const playConsumers = 4

// id returns an ID that may be there.
func (p *streamPlay) id(key string) string {
	if p.chance(100) {
		return p.one("0", "-", "+", "$", ">", "*", "5-*", "x", "1-2-3", "0-0", "18446744073709551615-18446744073709551615", "18446744073709551615", "-1")
	}
	id := strconv.Itoa(1 + p.rng.IntN(p.last[key]+2))
	if p.chance(2) {
		id += "-" + p.num(3)
	}
	return id
}

// above returns an ID above all: since 7.2 XSETID refuses what is not in another order, so that it may be another error.
func (p *streamPlay) above(key string) string {
	p.last[key] += 1 + p.rng.IntN(3) // XADD's may be the same, with a smaller second part
	return strconv.Itoa(p.last[key]) + "-3"
}

// ids returns IDs: some, or many that follow each other.
func (p *streamPlay) ids(key string) (list []string) {
	if p.chance(6) {
		from := p.rng.IntN(p.last[key] + 1)
		for i := range p.rng.IntN(300) {
			if !p.chance(20) {
				list = append(list, strconv.Itoa(from+i)+p.one("", "-0", "-1"))
			}
		}
	}
	for range 1 + p.rng.IntN(5) {
		list = append(list, p.id(key))
	}
	return list
}

// bound is an end of a range.
func (p *streamPlay) bound(key string) string {
	if p.chance(3) {
		return p.one("-", "+")
	}
	return p.one("", "", "(") + p.id(key)
}

// maybe returns words, or none.
func (p *streamPlay) maybe(in int, words ...string) []string {
	if p.chance(in) {
		return words
	}
	return nil
}

// idle is a time that is surely over for what was claimed with a time, or that is not for what was delivered just now.
func (p *streamPlay) idle() string { return p.one("0", "0", "3600000", "-1", "100000000000000") }

func (p *streamPlay) count() string {
	return p.one(p.num(5), p.num(100), p.num(1000), "1", "0", "-1", "x")
}

func (p *streamPlay) trim(key string) []string {
	mode := p.maybe(2, p.one("=", "~", "~"))
	size := p.num(p.one2(30, 1500))
	if p.chance(2) {
		return slices.Concat([]string{"MAXLEN"}, mode, []string{size}, p.maybe(4, "LIMIT", p.num(300)))
	}
	if p.dels { // redis-server leaves a block without entries where the last ones were deleted before, and breaks over it
		mode = []string{"~"}
	}
	return slices.Concat([]string{"MINID"}, mode, []string{p.id(key)}, p.maybe(4, "LIMIT", p.num(300)))
}

func (p *streamPlay) one2(a, b int) int {
	if p.chance(2) {
		return a
	}
	return b
}

// add is XADD with an ID of its own, since those that the time makes are others on the other server.
func (p *streamPlay) add(key string) []string {
	p.last[key] += p.rng.IntN(3)
	id := strconv.Itoa(p.last[key]) + p.one("-0", "-1", "-1", "-*", "-2", "")
	if p.chance(50) {
		id = p.one("0", "0-0", "0-*", "$", "x", "1-2-3", "-1", strconv.Itoa(1+p.rng.IntN(p.last[key]+1)))
	}
	pairs := []string{"field", p.num(1000), "name", "v" + p.num(100)}
	switch p.rng.IntN(12) {
	case 0:
		pairs = append(pairs, p.num(3), strings.Repeat("x", p.rng.IntN(p.one2(300, 6000))))
	case 1:
		pairs = []string{"name", p.one("", "-5", "70000", "-9223372036854775808", "01", strings.Repeat("y", p.rng.IntN(100)))}
	case 2:
		pairs = pairs[:p.rng.IntN(5)]
	}
	return slices.Concat([]string{"XADD", key}, p.maybe(20, "NOMKSTREAM"), p.maybe(8, p.trim(key)...), []string{id}, pairs)
}

func (p *streamPlay) command() []string {
	if len(p.next) > 0 {
		cmd := p.next[0]
		p.next = p.next[1:]
		return cmd
	}
	key, g, c := p.key(), p.group(), p.consumer()
	switch n := p.rng.IntN(100); {
	case n < 34:
		return p.add(key)
	case n < 38 && !p.dels:
		return p.add(key)
	case n < 38:
		return slices.Concat([]string{"XDEL", key}, p.ids(key))
	case n < 40:
		return slices.Concat([]string{"XTRIM", key}, p.trim(key))
	case n < 44:
		return slices.Concat([]string{p.one("XRANGE", "XREVRANGE"), key, p.bound(key), p.bound(key)}, p.maybe(2, "COUNT", p.count()))
	case n < 46:
		other := p.key()
		cmd := slices.Concat([]string{"XREAD"}, p.maybe(2, "COUNT", p.count()), p.maybe(10, "BLOCK", "1"),
			[]string{"STREAMS", key, other, p.id(key), p.one(p.id(other), "$")})
		return readable(cmd)
	case n < 56:
		return readable(slices.Concat([]string{"XREADGROUP", "GROUP", g, c}, p.maybe(2, "COUNT", p.count()), p.maybe(20, "BLOCK", "1"), p.maybe(10, "NOACK"),
			[]string{"STREAMS", key, p.one(">", ">", ">", p.id(key), "0")}))
	case n < 57:
		other := p.key()
		return readable([]string{"XREADGROUP", "GROUP", g, c, "COUNT", p.num(50), "STREAMS", key, other, ">", p.one(">", "0", p.id(other))})
	case n < 63:
		return slices.Concat([]string{"XACK", key, g}, p.ids(key))
	case n < 69:
		return slices.Concat([]string{"XCLAIM", key, g, c, p.idle()}, p.ids(key), p.maybe(2, "TIME", strconv.Itoa(1_700_000_000_000+p.rng.IntN(9999))), p.maybe(10, "IDLE", "7200000"),
			p.maybe(3, "RETRYCOUNT", p.one(p.num(9), "65534", "65535", "65536", "-1")), p.maybe(3, "FORCE"), p.maybe(3, "JUSTID"), p.maybe(9, "LASTID", p.id(key)))
	case n < 74:
		return slices.Concat([]string{"XAUTOCLAIM", key, g, c, p.idle(), p.one("0", "-", p.id(key), "("+p.id(key))}, p.maybe(2, "COUNT", p.count()), p.maybe(3, "JUSTID"))
	case n < 76:
		return []string{"XPENDING", key, g}
	case n < 80:
		return slices.Concat([]string{"XPENDING", key, g}, p.maybe(3, "IDLE", p.idle()), []string{p.bound(key), p.bound(key), p.count()}, p.maybe(2, c))
	case n < 83:
		for i := range playConsumers {
			p.next = append(p.next, []string{"XGROUP", "CREATECONSUMER", key, g, "c" + strconv.Itoa(i)})
		}
		return slices.Concat([]string{"XGROUP", "CREATE", key, g, p.one("0", "$", p.id(key))}, p.maybe(2, "MKSTREAM"), p.maybe(4, "ENTRIESREAD", p.one(p.num(900), "-1", "-2")))
	case n < 88:
		return slices.Concat([]string{"XGROUP", "SETID", key, g, p.one("0", "$", p.id(key))}, p.maybe(3, "ENTRIESREAD", p.one(p.num(900), "-1", "x")))
	case n < 89:
		p.next = append(p.next, []string{"XGROUP", "CREATECONSUMER", key, g, c})
		return []string{"XGROUP", "DELCONSUMER", key, g, c}
	case n < 90:
		return []string{"XGROUP", "CREATECONSUMER", key, g, c}
	case n < 91:
		if p.chance(4) {
			return []string{"XGROUP", "DESTROY", key, g}
		}
		return []string{"XSETID", key, p.above(key)}
	case n < 92:
		return slices.Concat([]string{"XSETID", key, p.above(key)}, p.maybe(2, "ENTRIESADDED", p.num(3000)), p.maybe(2, "MAXDELETEDID", p.id(key)))
	case n < 94:
		return []string{"XLEN", key}
	case n < 95:
		return slices.Concat([]string{"XINFO", "STREAM", key}, p.maybe(2, "FULL"), p.maybe(2, "COUNT", p.count()))
	case n < 96:
		return p.oneOf([]string{"XINFO", "GROUPS", key}, []string{"XINFO", "CONSUMERS", key, g})
	case n < 98:
		return []string{"CONFIG", "SET", "stream-node-max-entries", p.one("0", "1", "3", "100", "100", "1000")}
	case n < 99:
		if p.chance(8) {
			return []string{"DEL", key}
		}
		return p.oneOf([]string{"TYPE", key}, []string{"OBJECT", "ENCODING", key}, []string{"DEBUG", "DIGEST-VALUE", key})
	}
	to := p.key()
	if p.chance(4) {
		p.last[to] = max(p.last[to], p.last[key])
		return []string{p.one("COPY", "RENAME"), key, to}
	}
	return p.oneOf([]string{"COPY", key, "copied", "REPLACE"}, []string{"MULTI"}, []string{"EXEC"})
}

// readable takes out of the IDs of a reading command what means something since 7.4 only.
func readable(cmd []string) []string {
	if i := slices.Index(cmd, "+"); i >= 0 {
		cmd[i] = "$"
	}
	return cmd
}

func (p *streamPlay) oneOf(of ...[]string) []string { return of[p.rng.IntN(len(of))] }
