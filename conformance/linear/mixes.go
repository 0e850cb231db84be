package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// mix is a kind of history: how many clients do what with which keys.
type mix struct {
	clients, ops int           // operations of each client
	think        time.Duration // at most, before each
	keys         []string
	dbs          int     // databases that are used, 1 or 2
	units        float64 // share of the operations that are transactions
	forms        []string
}

// Forms are commands in which some words stand for what is drawn: k for a key, v for a
// value that nobody else writes, m for one of a few members, side for an end of a list, ms
// for a time to live, wait for a time to wait.
var (
	registers = []string{
		"SET k v", "SET k v", "SET k 10", "GET k", "GET k", "GETSET k v", "APPEND k v", "INCR k", "INCR k", "GETDEL k", "SET k v NX", "SET k v XX",
		"MSET k v k v", "MSETNX k v k v", "MGET k k", "DEL k", "EXISTS k k",
	}
	collections = []string{
		"RPUSH k v", "RPUSH k v v", "LPUSH k v", "LPOP k", "RPOP k", "LLEN k", "LRANGE k 0 -1", "LMOVE k k side side", "LMOVE k k side side",
		"RPOPLPUSH k k", "BLPOP k wait", "BRPOP k wait", "BLMOVE k k side side wait",
		"SADD k m", "SADD k m m", "SREM k m", "SMOVE k k m", "SMOVE k k m", "SCARD k", "SMEMBERS k", "SISMEMBER k m", "SUNION k k", "SUNIONSTORE k k k",
		"UNLINK k",
	}
	whole = []string{
		"DBSIZE", "DBSIZE", "KEYS *", "KEYS *", "FLUSHALL", "FLUSHDB", "SWAPDB 0 1", "RANDOMKEY", "RENAME k k", "RENAMENX k k",
		"COPY k k REPLACE", "MOVE k db", "SET k v", "SET k v", "GET k", "RPUSH k v", "SADD k m", "DEL k k",
	}
	expiring = []string{
		"SET k v PX ms", "SET k v PX ms", "PEXPIRE k ms", "PEXPIRE k ms", "PERSIST k", "PTTL k", "GET k", "GET k", "SET k v", "SET k 10 PX ms", "SET k v KEEPTTL",
		"SET k v NX", "INCR k", "APPEND k v", "RPUSH k v", "LPOP k", "SADD k m", "SREM k m", "SMEMBERS k", "EXISTS k", "KEYS *", "RENAME k k", "COPY k k REPLACE", "DEL k",
	}
	// durable is what must survive: nothing in it waits.
	durable = append(append([]string{
		"LMOVE k k side side", "RPOPLPUSH k k", "SMOVE k k m", "SREM k m", "LPOP k", "SUNIONSTORE k k k",
	}, registers...), whole...)
)

var mixes = map[string]*mix{
	"registers":   {clients: 6, ops: 40, keys: letters(3), dbs: 1, units: 0.3, forms: registers},
	"collections": {clients: 6, ops: 40, keys: letters(5), dbs: 1, units: 0.25, forms: collections},
	"whole":       {clients: 6, ops: 25, keys: letters(4), dbs: 2, units: 0.25, forms: whole},
	"expiry":      {clients: 4, ops: 30, think: 15 * time.Millisecond, keys: letters(3), dbs: 1, units: 0.25, forms: expiring},
	"crash":       {clients: 6, ops: 20, keys: letters(4), dbs: 2, units: 0.3, forms: durable},
}

func letters(n int) []string {
	var keys []string
	for i := range n {
		keys = append(keys, string(rune('a'+i)))
	}
	return keys
}

// draw makes an operation whose values begin with tag.
func (m *mix) draw(rng *rand.Rand, tag string) *operation {
	o := &operation{unit: rng.Float64() < m.units}
	n := 1
	if o.unit {
		n = 1 + rng.IntN(3)
	}
	for i := range n {
		o.commands = append(o.commands, m.command(rng, fmt.Sprintf("%s.%d", tag, i)))
	}
	return o
}

func (m *mix) command(rng *rand.Rand, tag string) []string {
	args := strings.Fields(m.forms[rng.IntN(len(m.forms))])
	for i, word := range args {
		switch word {
		case "k":
			args[i] = m.keys[rng.IntN(len(m.keys))]
		case "v":
			args[i] = fmt.Sprintf("%s.%d", tag, i)
		case "m":
			args[i] = fmt.Sprintf("m%d", rng.IntN(3))
		case "side":
			args[i] = []string{"LEFT", "RIGHT"}[rng.IntN(2)]
		case "ms":
			args[i] = fmt.Sprint(120 + rng.IntN(200))
		case "wait":
			args[i] = fmt.Sprintf("0.%03d", 1+rng.IntN(20))
		case "db":
			args[i] = fmt.Sprint(rng.IntN(databases))
		}
	}
	return args
}

// linear makes a test of a mix: a history of concurrent clients, checked.
func linear(name string) func(r *round) error {
	m := mixes[name]
	return func(r *round) error {
		h := newHistory(r)
		if err := h.run(m); err != nil {
			return err
		}
		if err := h.look(m); err != nil {
			return err
		}
		return h.judge()
	}
}

// run lets the clients work until they have done.
func (h *history) run(m *mix) error {
	errs := make([]error, m.clients)
	var wg sync.WaitGroup
	for id := range m.clients {
		rng := h.r.source(id)
		wg.Go(func() { errs[id] = h.work(id, m, rng) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
