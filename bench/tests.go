package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// test is one row of the table of what the throughput section can run.
type test struct {
	// Name selects and labels the test. Without a command it is also the name of one of redis-benchmark's own tests.
	name string
	// Command is what redis-benchmark is to send instead: __rand_int__ stands for twelve digits below the size of the
	// key space, new each time, and __data__ for a value of the size under test. Several commands, with semicolons
	// between them, are one request: our own load generator sends those.
	command string
	// Sized tests are repeated for each value size.
	sized bool
	// Fill is what the data set holds when a run begins, the same for every server and every round.
	fill []fill
	// Tracking has the clients' reads tracked (CLIENT TRACKING).
	tracking bool
	// Keep leaves what is there when a run begins: the test works on the data set of its section.
	keep bool
	// Dump is the key whose DUMP, as the server under test makes it, stands for dumpMark in the command.
	dump string
	// Most is how many requests a run may have at most, by the size of the key space; nil for any number.
	most func(keys int) int
}

// dumpMark is an argument that is replaced by a server's own DUMP of a key.
const dumpMark = "__dump__"

// fill sends one command many times: see template for what may stand in it, and __data__ as in a test.
type fill struct {
	command string
	times   int // or perKey, or perRequest
}

const (
	perKey     = -1 // as often as the key space has keys
	perRequest = -2 // as often as the run has requests, for tests that consume what they find
)

// defaultTests is what runs without -t.
const defaultTests = "ping_inline,ping_mbulk,set,get,incr,mset"

// tests is the table. Keys have the form that redis-benchmark's own tests use.
var tests = []test{
	{name: "ping_inline"},
	{name: "ping_mbulk"},
	{name: "set", sized: true, fill: []fill{{"SET key:__sequence__ __data__", perKey}}},
	{name: "get", sized: true, fill: []fill{{"SET key:__sequence__ __data__", perKey}}},
	{name: "incr", fill: []fill{{"SET counter:__sequence__ 0", perKey}}},
	{name: "mset", sized: true, fill: []fill{{"SET key:__sequence__ __data__", perKey}}},
	{name: "mget", command: "MGET key:__rand_int__ key:__rand_int__ key:__rand_int__ key:__rand_int__ key:__rand_int__",
		sized: true, fill: []fill{{"SET key:__sequence__ __data__", perKey}}},
	{name: "setex", command: "SET key:__rand_int__ __data__ EX 1000", sized: true,
		fill: []fill{{"SET key:__sequence__ __data__ EX 1000", perKey}}},
	{name: "append", command: "APPEND key:__rand_int__ __data__", sized: true},
	{name: "lpush", sized: true},
	{name: "rpush", sized: true},
	{name: "lpop", fill: []fill{{"RPUSH mylist __data__", perRequest}}, sized: true},
	{name: "rpop", fill: []fill{{"RPUSH mylist __data__", perRequest}}, sized: true},
	{name: "lrange_100", command: "LRANGE mylist 0 99", sized: true, fill: []fill{{"RPUSH mylist __data__", 1000}}},
	{name: "lrange_300", command: "LRANGE mylist 0 299", sized: true, fill: []fill{{"RPUSH mylist __data__", 1000}}},
	{name: "lrange_500", command: "LRANGE mylist 0 499", sized: true, fill: []fill{{"RPUSH mylist __data__", 1000}}},
	{name: "lrange_600", command: "LRANGE mylist 0 599", sized: true, fill: []fill{{"RPUSH mylist __data__", 1000}}},
	{name: "sadd", fill: []fill{{"SADD myset element:__sequence__", perKey}}},
	{name: "spop", fill: []fill{{"SADD myset element:__sequence__", perRequest}}},
	{name: "sismember", command: "SISMEMBER myset element:__rand_int__", fill: []fill{{"SADD myset element:__sequence__", perKey}}},
	{name: "smembers_20", command: "SMEMBERS myset", fill: []fill{{"SADD myset element:__sequence__", 20}}},
	{name: "sinter_2x1000", command: "SINTER set:1 set:2", fill: []fill{
		{"SADD set:1 element:__sequence__", 1000},
		{"SADD set:2 element:__sequence__", 500}, {"SADD set:2 other:__sequence__", 500},
	}},
	{name: "hset", sized: true, fill: []fill{{"HSET myhash element:__sequence__ __data__", perKey}}},
	{name: "hget", command: "HGET myhash element:__rand_int__", sized: true,
		fill: []fill{{"HSET myhash element:__sequence__ __data__", perKey}}},
	{name: "hgetall_20", command: "HGETALL myhash", sized: true, fill: []fill{{"HSET myhash field:__sequence__ __data__", 20}}},
	{name: "zadd", fill: []fill{{"ZADD myzset __sequence__ element:__sequence__", perKey}}},
	{name: "zpopmin", fill: []fill{{"ZADD myzset __sequence__ element:__sequence__", perRequest}}},
	{name: "zscore", command: "ZSCORE myzset element:__rand_int__", fill: []fill{{"ZADD myzset __sequence__ element:__sequence__", perKey}}},
	{name: "zrank", command: "ZRANK myzset element:__rand_int__", fill: []fill{{"ZADD myzset __sequence__ element:__sequence__", perKey}}},
	{name: "zrange_100", command: "ZRANGE myzset 1000 1099", fill: []fill{{"ZADD myzset __sequence__ element:__sequence__", perKey}}},
	{name: "setbit", command: "SETBIT key:__rand_int__ 100 1"},
	{name: "bitcount", command: "BITCOUNT key:__rand_int__", sized: true,
		fill: []fill{{"SET key:__sequence__ __data__", perKey}}},
	{name: "pfadd", command: "PFADD myhll element:__rand_int__"},
	{name: "pfcount", command: "PFCOUNT hll:1 hll:2",
		fill: []fill{{"PFADD hll:1 element:__sequence__", perKey}, {"PFADD hll:2 element:__sequence__", perKey}}},
	{name: "xadd", command: "XADD mystream * myfield __data__", sized: true},
	{name: "xadd_maxlen", command: "XADD mystream MAXLEN = 10000 * field:1 __data__ field:2 __data__", sized: true, fill: someStream},
	{name: "xadd_maxlen_about", command: "XADD mystream MAXLEN ~ 10000 * field:1 __data__ field:2 __data__", sized: true, fill: someStream},
	{name: "xlen", command: "XLEN mystream", fill: someStream},
	{name: "xrange_10", command: "XRANGE mystream __rand_int__-0 + COUNT 10", sized: true, fill: keyedStream},
	{name: "xrange_100", command: "XRANGE mystream __rand_int__-0 + COUNT 100", sized: true, fill: keyedStream},
	{name: "xread_10", command: "XREAD COUNT 10 STREAMS mystream __rand_int__-0", sized: true, fill: keyedStream},
	{name: "xread_last_10", command: "XREAD COUNT 10 STREAMS mystream 9989-1", sized: true,
		fill: []fill{{keyedStream[0].command, 10_000}}},
	{name: "xreadgroup", command: "XREADGROUP GROUP mygroup c1 COUNT 1 STREAMS mystream >", sized: true, fill: newEntries(1)},
	{name: "xreadgroup_10", command: "XREADGROUP GROUP mygroup c1 COUNT 10 STREAMS mystream >", sized: true, fill: newEntries(10)},
	{name: "xack", command: "XACK mystream mygroup __rand_int__-1", fill: pendingStream},
	{name: "xautoclaim_none", command: "XAUTOCLAIM mystream mygroup c2 3600000 - COUNT 100 JUSTID", fill: pendingStream},
	{name: "multi_exec_set5", sized: true, fill: []fill{{"SET key:__sequence__ __data__", perKey}},
		command: "MULTI" + strings.Repeat("; SET key:__rand_int__ __data__", 5) + "; EXEC"},
	{name: "eval_get", command: "EVAL return(redis.call('get',KEYS[1])) 1 key:__rand_int__", sized: true,
		fill: []fill{{"SET key:__sequence__ __data__", perKey}}},
}

// Streams for the rows about them. Those with keys have the IDs 0-1, 1-1, 2-1...
var (
	someStream    = []fill{{"XADD mystream * field:1 __data__ field:2 __data__", 10_000}}
	keyedStream   = []fill{{"XADD mystream __sequence__-1 field:1 __data__ field:2 __data__", perKey}}
	pendingStream = []fill{keyedStream[0], {"XGROUP CREATE mystream mygroup 0", 1},
		{"XREADGROUP GROUP mygroup c1 COUNT 100000000 STREAMS mystream >", 1}}
)

// newEntries is a stream with n entries for each request that no consumer has got.
func newEntries(n int) []fill {
	entries := slices.Repeat([]fill{{"XADD mystream * field:1 __data__ field:2 __data__", perRequest}}, n)
	return append(entries, fill{"XGROUP CREATE mystream mygroup 0", 1})
}

func testNames() []string { return namesOf(tests) }

func namesOf(tests []test) []string {
	names := make([]string, len(tests))
	for i, t := range tests {
		names[i] = t.name
	}
	return names
}

// testNamed returns a row of the table, which must be there.
func testNamed(name string) test {
	return tests[slices.IndexFunc(tests, func(t test) bool { return t.name == name })]
}

// selectGrowing returns the rows of the growing section that are named in a comma-separated list; "all" is every row.
func selectGrowing(list string) ([]test, error) {
	if list == "all" {
		return growingTests, nil
	}
	var chosen []test
	for name := range strings.SplitSeq(list, ",") {
		i := slices.IndexFunc(growingTests, func(t test) bool { return t.name == name })
		if i < 0 {
			return nil, fmt.Errorf("the growing section has no row %q; there are %s", name, strings.Join(namesOf(growingTests), " "))
		}
		chosen = append(chosen, growingTests[i])
	}
	return chosen, nil
}

// selectTests returns the rows named in a comma-separated list, in the table's order; "all" is every row, "streams" all
// that are about streams.
func selectTests(list string) ([]test, error) {
	names := strings.Split(strings.ToLower(list), ",")
	for _, name := range names {
		if name != "all" && name != "streams" && !slices.Contains(testNames(), name) {
			return nil, fmt.Errorf("unknown test %q; there are %s", name, strings.Join(testNames(), " "))
		}
	}
	var chosen []test
	for _, t := range tests {
		if slices.Contains(names, "all") || slices.Contains(names, t.name) || slices.Contains(names, "streams") && strings.HasPrefix(t.command, "X") {
			chosen = append(chosen, t)
		}
	}
	return chosen, nil
}

// words splits a command of the table, whose arguments hold %20 for spaces, and puts the value in.
func words(command string, size int) []string {
	out := strings.Fields(command)
	for i := range out {
		out[i] = strings.ReplaceAll(out[i], "__data__", strings.Repeat("x", size))
		out[i] = strings.ReplaceAll(out[i], "%20", " ")
	}
	return out
}

// count resolves the symbolic counts of a fill.
func (f fill) count(keys, requests int) int {
	switch f.times {
	case perKey:
		return keys
	case perRequest:
		return requests
	}
	return f.times
}

// prepare brings a server into the state in which a run of this test begins.
func (t test) prepare(ctx context.Context, s *server, size, keys, requests int) error {
	if !t.keep {
		if _, err := s.do(ctx, "FLUSHALL"); err != nil {
			return err
		}
	}
	if err := fillAll(ctx, s, t.fill, size, keys, requests); err != nil {
		return fmt.Errorf("preparing %s: %w", t.name, err)
	}
	_, err := s.settle(ctx)
	return err
}

// fillAll does what a list of fills says.
func fillAll(ctx context.Context, s *server, fills []fill, size, keys, requests int) error {
	for _, f := range fills {
		t := newTemplate(words(f.command, size)...)
		job := pipelineJob{commands: f.count(keys, requests), batch: 200, window: 4,
			build: func(buf []byte, i int) []byte { return t.append(buf, i, uint64(i)) }}
		if _, err := job.run(ctx, s); err != nil {
			return err
		}
	}
	return nil
}
