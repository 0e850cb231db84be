package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/ferrousdb/ferrous/core/keyspace"
)

// A pick chooses a key, by its number, for a core.
type pick func(r *rand.Rand, core int) int

// shape is how commands are spread over the keys.
type shape struct {
	name string
	of   func(shards []uint8, cores int) pick
}

var shapes = []shape{
	{"uniform", func([]uint8, int) pick { return func(r *rand.Rand, _ int) int { return r.IntN(keys) } }},
	{"zipf", zipf},
	{"hot", func([]uint8, int) pick { return func(*rand.Rand, int) int { return 0 } }},
	{"apart", apart},
}

// zipf has the n-th key be used in proportion to 1/n, so the first is a twelfth of all.
func zipf([]uint8, int) pick {
	sums := make([]float64, keys)
	sum := 0.0
	for i := range sums {
		sum += 1 / float64(i+1)
		sums[i] = sum
	}
	return func(r *rand.Rand, _ int) int {
		x := r.Float64() * sum
		lo, hi := 0, keys-1
		for lo < hi {
			if mid := (lo + hi) / 2; sums[mid] < x {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		return lo
	}
}

// apart gives each core shards of its own: what is slower than one core's work then is not the shards'.
func apart(shards []uint8, cores int) pick {
	own := make([][]int, cores)
	for i, sh := range shards {
		own[int(sh)%cores] = append(own[int(sh)%cores], i)
	}
	return func(r *rand.Rand, core int) int { return own[core][r.IntN(len(own[core]))] }
}

// test is a kind of command.
type test struct {
	name     string
	commands []string // of which each has the key and rest for arguments
	prefix   string   // of the keys
	rest     []string
	writes   bool // to the key's entry, which is a line beside that of the shard's lock
}

var tests = []test{
	{name: "GET", commands: []string{"GET"}, prefix: "key:"},
	{name: "SET", commands: []string{"SET"}, prefix: "key:", rest: []string{value}, writes: true},
	{name: "INCR", commands: []string{"INCR"}, prefix: "counter:", writes: true},
}

const value = "a value of some thirty characters"

// key is the name of the i-th.
func (t *test) key(i int) string { return t.prefix + strconv.Itoa(i) }

// shards returns which shard each key is in.
func (t *test) shards(ks *keyspace.Keyspace) []uint8 {
	all := make([]uint8, keys)
	for i := range all {
		all[i] = uint8(keyspace.ShardOf(ks.Hash([]byte(t.key(i)))))
	}
	return all
}

func (t *test) encode(b []byte, i int) []byte {
	for _, command := range t.commands {
		b = request(b, append([]string{command, t.key(i)}, t.rest...)...)
	}
	return b
}

func request(b []byte, args ...string) []byte {
	b = fmt.Appendf(b, "*%d\r\n", len(args))
	for _, a := range args {
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(a), a)
	}
	return b
}
