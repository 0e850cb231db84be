package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

// A model is what a writer's keys hold after some of its commands: a Redis of a
// dozen commands, against which the real one is compared. Keys are written without
// the writer's prefix.
type model map[string]*value

// value is a key's value, of any type; the zero value is a key that does not exist.
type value struct {
	text   string
	list   []string
	pairs  map[string]string // of hashes and sorted sets; a set's members have empty values
	expire int64             // Unix milliseconds, 0 for none
}

func (v *value) equal(w *value) bool {
	return v.text == w.text && v.expire == w.expire && slices.Equal(v.list, w.list) && maps.Equal(v.pairs, w.pairs)
}

func (v *value) exists() bool { return v.text != "" || len(v.list) > 0 || len(v.pairs) > 0 }

// String is short: it is for reports.
func (v *value) String() string {
	switch {
	case len(v.list) > 0:
		return fmt.Sprintf("list of %d, last %.40q", len(v.list), v.list[len(v.list)-1])
	case len(v.pairs) > 0:
		return fmt.Sprintf("%d members", len(v.pairs))
	case v.text != "":
		return fmt.Sprintf("%.40q (%d bytes)", v.text, len(v.text))
	}
	return "nothing"
}

func (m model) clone() model {
	c := model{}
	for k, v := range m {
		w := *v
		w.list, w.pairs = slices.Clone(v.list), maps.Clone(v.pairs)
		c[k] = &w
	}
	return c
}

func (m model) at(key string) *value {
	v := m[key]
	if v == nil {
		v = &value{}
		m[key] = v
	}
	return v
}

// apply does what the server does with a command.
func (m model) apply(args []string) {
	v := m.at(args[1])
	switch args[0] {
	case "SET":
		*v = value{text: args[2]}
		if len(args) == 5 { // PXAT
			v.expire, _ = strconv.ParseInt(args[4], 10, 64)
		}
	case "INCR":
		n, _ := strconv.Atoi(v.text)
		v.text = strconv.Itoa(n + 1)
	case "RPUSH":
		v.list = append(v.list, args[2])
	case "LPOP":
		v.list = v.list[min(1, len(v.list)):]
	case "LTRIM": // key -N -1
		n, _ := strconv.Atoi(args[2])
		v.list = v.list[max(0, len(v.list)+n):]
	case "HSET":
		v.put(args[2], args[3])
	case "ZADD":
		v.put(args[3], args[2])
	case "SADD":
		v.put(args[2], "")
	case "HDEL", "ZREM", "SREM":
		delete(v.pairs, args[2])
	case "DEL":
		*v = value{}
	default:
		panic("the model does not know " + args[0])
	}
}

func (v *value) put(member, x string) {
	if v.pairs == nil {
		v.pairs = map[string]string{}
	}
	v.pairs[member] = x
}

// The keys of a writer, and how each is read.
var keys = []struct{ name, read string }{
	{"string", "GET"}, {"counter", "GET"}, {"blob", "GET"}, {"expiring", "GET"}, {"unit:string", "GET"},
	{"list", "LRANGE"}, {"unit:list", "LRANGE"},
	{"hash", "HGETALL"}, {"unit:hash", "HGETALL"}, {"zset", "ZRANGE"}, {"set", "SMEMBERS"},
}

// readCommand returns the command that reads a key whole.
func readCommand(read, key string) []string {
	switch read {
	case "LRANGE":
		return []string{read, key, "0", "-1"}
	case "ZRANGE":
		return []string{read, key, "0", "-1", "WITHSCORES"}
	}
	return []string{read, key}
}

// decode makes a value of the reply to readCommand.
func decode(read string, reply resp.Value) *value {
	v := &value{text: reply.Text}
	texts := make([]string, 0, len(reply.Elems))
	for _, e := range reply.Elems {
		texts = append(texts, e.Text)
	}
	switch read {
	case "LRANGE":
		v.list = texts
	case "SMEMBERS":
		for _, t := range texts {
			v.put(t, "")
		}
	case "HGETALL", "ZRANGE":
		for i := 0; i+1 < len(texts); i += 2 {
			v.put(texts[i], texts[i+1])
		}
	}
	return v
}

// farAway is when keys with an expiry end; far enough that none does meanwhile.
const farAway = 4102444800000 // 2100-01-01

// compose makes the commands of a writer's next operation; several are a unit of
// MULTI/EXEC. tag occurs in no other operation of the writer, ever, so that a value
// tells which operation it is of, and one that comes back from an abandoned past is
// recognized. Keys are without prefix.
func compose(rng *rand.Rand, tag string) [][]string {
	one := func(args ...string) [][]string { return [][]string{args} }
	member := "m" + strconv.Itoa(rng.IntN(60))
	rare := rng.IntN(4) == 0
	switch rng.IntN(12) {
	case 0, 1:
		return one("SET", "string", tag)
	case 2:
		return one("INCR", "counter")
	case 3:
		return one("RPUSH", "list", tag)
	case 4:
		if rare {
			return one("RPUSH", "list", tag)
		}
		return one("LPOP", "list")
	case 5:
		if rare {
			return one("HDEL", "hash", member)
		}
		return one("HSET", "hash", member, tag)
	case 6:
		if rare {
			return one("ZREM", "zset", member)
		}
		_, n, _ := strings.Cut(tag, ".")
		return one("ZADD", "zset", n, member)
	case 7:
		if rng.IntN(2) == 0 {
			return one("SREM", "set", member)
		}
		return one("SADD", "set", member)
	case 8:
		return one("SET", "blob", tag+":"+noise[:1<<rng.IntN(16)])
	case 9:
		if rare {
			return one("DEL", "expiring")
		}
		return one("SET", "expiring", tag, "PXAT", strconv.FormatInt(farAway+int64(rng.IntN(1e6)), 10))
	}
	unit := [][]string{{"SET", "unit:string", tag}, {"RPUSH", "unit:list", tag}}
	for range rng.IntN(8) {
		unit = append(unit, []string{"HSET", "unit:hash", "m" + strconv.Itoa(rng.IntN(40)), tag})
	}
	return append(unit, []string{"LTRIM", "unit:list", "-50", "-1"})
}

// noise is what large values are cut from; it does not compress well.
var noise = func() string {
	rng := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, 1<<15)
	for i := range b {
		b[i] = ' ' + byte(rng.IntN(94))
	}
	return string(b)
}()
