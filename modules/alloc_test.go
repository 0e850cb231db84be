package modules

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/host"
)

// TestAllocationsPerCommand holds the hot path to the design's numbers: what a
// command allocates on the Go heap, from the parser to the encoded reply.
func TestAllocationsPerCommand(t *testing.T) {
	srv, err := host.Start(host.Options{Modules: Full(), Args: []string{"--port", "0"}, Pipes: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Stop()
	pipe := srv.Pipe(0)
	reply := make([]byte, 0, 4096)
	pipe.Exchange(nil, request("SET", "key", "a value of some length that is no number"))
	pipe.Exchange(nil, request("SET", "counter", "100"))
	long := strings.Repeat("long", 20)
	pipe.Exchange(nil, request("HSET", "hash", "field", "value", "number", "12"))
	pipe.Exchange(nil, request("HSET", "large", "field", long))
	pipe.Exchange(nil, request("ZADD", "zset", "1", "a", "2.5", "b", "3", "c"))
	large := []string{"ZADD", "large-zset"}
	for i := range 1000 {
		large = append(large, fmt.Sprint(i), fmt.Sprint("member:", i))
	}
	pipe.Exchange(nil, request(large...))
	pipe.Exchange(nil, request("SADD", "ints", "1", "2", "3"))
	pipe.Exchange(nil, request("SADD", "set", "a", "b", "3"))
	large = large[:0]
	for i := range 5000 {
		large = append(large, fmt.Sprint("member:", i))
	}
	pipe.Exchange(nil, request(append([]string{"SADD", "large-set"}, large...)...))
	pipe.Exchange(nil, request(append([]string{"SADD", "other-set"}, large[:1000]...)...))
	pipe.Exchange(nil, request(append([]string{"HSET", "wide"}, large[:2000]...)...))
	pipe.Exchange(nil, request("RPUSH", "list", "a", "b", "3"))
	pipe.Exchange(nil, request(append([]string{"RPUSH", "long-list"}, large...)...))
	pipe.Exchange(nil, request("XGROUP", "CREATE", "stream", "group", "0", "MKSTREAM"))
	for i := range 500 {
		pipe.Exchange(nil, request("XADD", "stream", fmt.Sprint(i+1, "-1"), "field", "value", "number", "12"))
	}
	pipe.Exchange(nil, request("XREADGROUP", "GROUP", "group", "consumer", "STREAMS", "stream", ">"))
	for _, test := range []struct {
		name string
		max  float64
		args []string
	}{
		{"PING", 0, []string{"PING"}},
		{"GET hit", 0, []string{"GET", "key"}},
		{"GET miss", 0, []string{"GET", "nothing"}},
		{"GET integer", 0, []string{"GET", "counter"}},
		{"SET same size", 0, []string{"SET", "key", "a value of some length that is no digit"}},
		{"SET with expiry", 0, []string{"SET", "key", "a value of some length that is no digit", "EX", "1000"}},
		{"INCR", 0, []string{"INCR", "counter"}},
		{"EXISTS", 0, []string{"EXISTS", "key", "nothing"}},
		{"TYPE", 0, []string{"TYPE", "key"}},
		{"OBJECT ENCODING", 0, []string{"OBJECT", "ENCODING", "key"}},
		{"EXPIRE", 0, []string{"EXPIRE", "key", "1000"}},
		{"TTL", 0, []string{"TTL", "key"}},
		{"PERSIST", 0, []string{"PERSIST", "key"}},
		{"TOUCH", 0, []string{"TOUCH", "key", "counter"}},
		{"DEL", 0, []string{"DEL", "nothing", "neither"}},
		{"RENAME", 0, []string{"RENAME", "key", "key"}},
		{"DBSIZE", 0, []string{"DBSIZE"}},
		{"INFO", 170, []string{"INFO"}}, // what never changes is asked for once
		{"MGET", 0, []string{"MGET", "key", "counter"}},
		{"MGET of many", 0, append([]string{"MGET"}, large[:100]...)},
		{"EXISTS of many", 0, append([]string{"EXISTS"}, large[:100]...)},
		{"DEL of many", 0, append([]string{"DEL"}, large[:100]...)},
		{"MSET", 0, []string{"MSET", "key", "a value of some length that is no digit", "counter", "1"}},
		{"LPUSH", 0, []string{"LPUSH", "list", "element"}},
		{"XADD", 0, []string{"XADD", "stream", "*", "field", "value", "number", "12"}},
		{"XADD MAXLEN", 0, []string{"XADD", "stream", "MAXLEN", "~", "1000", "*", "field", "value", "number", "12"}},
		{"XLEN", 0, []string{"XLEN", "stream"}},
		{"XRANGE", 0, []string{"XRANGE", "stream", "-", "+", "COUNT", "10"}},
		{"XACK", 0, []string{"XACK", "stream", "group", "1-1"}},
		{"XREAD", 1, []string{"XREAD", "COUNT", "10", "STREAMS", "stream", "490"}},
		{"XREADGROUP", 1, []string{"XREADGROUP", "GROUP", "group", "consumer", "COUNT", "1", "STREAMS", "stream", ">"}},
		{"RPOP", 0, []string{"RPOP", "list"}},
		{"LRANGE", 0, []string{"LRANGE", "list", "0", "-1"}},
		{"LPUSH, long", 0, []string{"LPUSH", "long-list", "an element"}},
		{"RPUSH, long", 0, []string{"RPUSH", "long-list", "an element"}},
		{"LPOP, long", 0, []string{"LPOP", "long-list"}},
		{"RPOP, long", 0, []string{"RPOP", "long-list"}},
		{"LMOVE, long", 0, []string{"LMOVE", "long-list", "long-list", "LEFT", "RIGHT"}},
		{"LINDEX, long", 0, []string{"LINDEX", "long-list", "2500"}},
		{"LSET, long", 0, []string{"LSET", "long-list", "2500", "member:2505"}},
		{"LRANGE, long", 0, []string{"LRANGE", "long-list", "1000", "1099"}},
		{"HSET same size", 0, []string{"HSET", "hash", "field", "valve", "number", "13"}},
		{"HSET large", 0, []string{"HSET", "large", "field", long}},
		{"HGET", 0, []string{"HGET", "hash", "field"}},
		{"HGET integer", 0, []string{"HGET", "hash", "number"}},
		{"HGET large", 0, []string{"HGET", "large", "field"}},
		{"HMGET", 0, []string{"HMGET", "hash", "field", "number", "nothing"}},
		{"HGETALL", 0, []string{"HGETALL", "hash"}},
		{"HGETALL large", 0, []string{"HGETALL", "large"}},
		{"HINCRBY", 0, []string{"HINCRBY", "hash", "number", "1"}},
		{"HEXPIRE", 0, []string{"HEXPIRE", "large", "1000", "FIELDS", "1", "field"}},
		{"SADD of a member", 0, []string{"SADD", "set", "a"}},
		{"SADD of a member, intset", 0, []string{"SADD", "ints", "2"}},
		{"SADD of a member, large", 0, []string{"SADD", "large-set", "member:7"}},
		{"SISMEMBER", 0, []string{"SISMEMBER", "set", "3"}},
		{"SISMEMBER, large", 0, []string{"SISMEMBER", "large-set", "member:8"}},
		{"SPOP, large", 0, []string{"SPOP", "large-set"}},
		{"SRANDMEMBER, intset", 0, []string{"SRANDMEMBER", "ints"}},
		{"SMEMBERS", 0, []string{"SMEMBERS", "set"}},
		{"SINTER", 0, []string{"SINTER", "set", "ints"}},
		{"SINTERCARD, large", 0, []string{"SINTERCARD", "2", "large-set", "other-set"}},
		{"SDIFF", 0, []string{"SDIFF", "set", "ints"}},
		{"ZADD of a member", 0, []string{"ZADD", "zset", "2", "b"}},
		{"ZADD with another score", 0, []string{"ZADD", "zset", "INCR", "1", "b"}},
		{"ZSCORE", 0, []string{"ZSCORE", "zset", "b"}},
		{"ZRANK", 0, []string{"ZRANK", "zset", "b"}},
		{"ZRANGE", 0, []string{"ZRANGE", "zset", "0", "-1", "WITHSCORES"}},
		{"ZADD of a member, large", 0, []string{"ZADD", "large-zset", "500", "member:500"}},
		{"ZINCRBY, large", 0, []string{"ZINCRBY", "large-zset", "1.5", "member:100"}},
		{"ZSCORE, large", 0, []string{"ZSCORE", "large-zset", "member:700"}},
		{"ZRANK, large", 0, []string{"ZREVRANK", "large-zset", "member:700"}},
		{"ZRANGE, large", 0, []string{"ZRANGE", "large-zset", "10", "29", "BYSCORE", "WITHSCORES"}},
		{"DUMP of a hash", 40, []string{"DUMP", "wide"}}, // none for an element
		{"DUMP of a set", 40, []string{"DUMP", "other-set"}},
		{"DUMP of a sorted set", 40, []string{"DUMP", "large-zset"}},
		{"ZCOUNT, large", 0, []string{"ZCOUNT", "large-zset", "(10", "200"}},
	} {
		in := request(test.args...)
		got := testing.AllocsPerRun(1000, func() { reply = pipe.Exchange(reply[:0], in) })
		if reply[0] == '-' {
			t.Fatalf("%s: %s", test.name, reply)
		}
		if got > test.max {
			t.Errorf("%s allocates %v times, want at most %v", test.name, got, test.max)
		}
	}
}

// request encodes a command.
func request(args ...string) []byte {
	b := fmt.Appendf(nil, "*%d\r\n", len(args))
	for _, a := range args {
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(a), a)
	}
	return b
}
