package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// drawer draws commands: of all types, on so few keys that they meet.
//
// Scores are quarters, and no distances are stored: 7.0 prints other fractions otherwise than
// 7.2, in DEBUG DIGEST too. Payloads of DUMP are not restored: 7.2's are none for 7.0. PFCOUNT stands behind a
// write, for alone it changes the value of a Redis that has become a replica.
type drawer struct{ *rand.Rand }

const databases = 3

func (w drawer) key(kind string) string       { return kind + strconv.Itoa(w.IntN(20)) }
func (w drawer) num(n int) string             { return strconv.Itoa(w.IntN(n)) }
func (w drawer) one(words ...string) string   { return words[w.IntN(len(words))] }
func (w drawer) any() string                  { return w.key(w.one("s", "n", "b", "l", "e", "h", "z", "p", "x")) }
func (w drawer) soon() string                 { return strconv.Itoa(1 + w.IntN(3000)) }
func (w drawer) score() string                { return strconv.FormatFloat(float64(w.IntN(400))/4-50, 'f', -1, 64) }
func (w drawer) member() string               { return "m" + w.num(40) }
func (w drawer) id() string                   { return w.num(50) + "-" + w.num(3) }
func (w drawer) group() string                { return "g" + w.num(3) }
func (w drawer) reader() (group, name string) { return w.group(), "c" + w.num(4) }

// value is short mostly, and seldom so long that it does not fit into any buffer.
func (w drawer) value() string {
	switch n := w.IntN(400); {
	case n == 0:
		return strings.Repeat("long ", 30_000)
	case n < 20:
		return strings.Repeat("v"+w.num(10), w.IntN(1500))
	}
	return "v" + w.num(60)
}

// unit is a command, or a transaction.
func (w drawer) unit() [][]string {
	if w.IntN(8) > 0 {
		return [][]string{w.command()}
	}
	all := [][]string{{"MULTI"}}
	if w.IntN(3) == 0 {
		all = append([][]string{{"WATCH", w.any()}}, all...)
	}
	for range w.IntN(6) {
		all = append(all, w.command())
	}
	return append(all, []string{w.one("EXEC", "EXEC", "EXEC", "EXEC", "DISCARD")})
}

// command draws from the families by how much there is to draw.
func (w drawer) command() []string {
	switch w.IntN(24) {
	case 0, 1, 2, 3:
		return w.ofString()
	case 4, 5, 6:
		return w.ofList()
	case 7, 8:
		return w.ofSet()
	case 9, 10:
		return w.ofHash()
	case 11, 12, 13:
		return w.ofZset()
	case 14, 15, 16, 17:
		return w.ofStream()
	case 18:
		return w.ofBits()
	case 19, 20, 21:
		return w.ofKey()
	case 22:
		return w.ofScript()
	}
	if w.IntN(40) > 0 {
		return []string{"SELECT", w.num(databases)}
	}
	return w.ofAll() // seldom: it takes mistakes with it
}

func (w drawer) ofString() []string {
	k := w.key("s")
	switch w.IntN(15) {
	case 0:
		return []string{"SET", k, w.value(), w.one("PX", "EX"), w.soon()}
	case 1:
		return []string{"GETEX", k, "PX", w.soon()}
	case 2:
		return []string{"GETEX", k, "PERSIST"}
	case 3:
		return []string{"APPEND", k, w.value()}
	case 4:
		return []string{"SETRANGE", k, w.num(99), w.value()}
	case 5:
		return []string{"INCRBYFLOAT", w.key("n"), w.one("1.5", "0.1", "-3")}
	case 6:
		return []string{"INCRBY", w.key("n"), w.num(99)}
	case 7:
		return []string{"SET", k, w.value(), "KEEPTTL", "GET"}
	case 8:
		return []string{"GETDEL", k}
	case 9:
		return []string{"MSET", k, w.value(), w.key("s"), w.value()}
	case 10:
		return []string{"MSETNX", k, w.value(), w.key("s"), w.value()}
	case 11:
		return []string{"SET", k, w.value(), w.one("NX", "XX")}
	case 12:
		return []string{"PSETEX", k, w.soon(), w.value()}
	}
	return []string{"SET", k, w.value()}
}

func (w drawer) ofList() []string {
	k := w.key("l")
	switch w.IntN(14) {
	case 0:
		return []string{"LMOVE", k, w.key("l"), w.one("LEFT", "RIGHT"), w.one("LEFT", "RIGHT")}
	case 1:
		return []string{"LTRIM", k, w.num(3), w.num(60)}
	case 2:
		return []string{"LMPOP", "2", k, w.key("l"), "RIGHT", "COUNT", w.one("1", "3")}
	case 3:
		return []string{w.one("BLPOP", "BRPOP"), k, w.key("l"), "0.001"}
	case 4:
		return []string{"BLMOVE", k, w.key("l"), "LEFT", "RIGHT", "0.02"}
	case 5:
		return []string{"LINSERT", k, w.one("BEFORE", "AFTER"), w.value(), w.value()}
	case 6:
		return []string{"LREM", k, w.one("-1", "0", "2"), w.value()}
	case 7:
		return []string{"LSET", k, w.num(5), w.value()}
	case 8:
		return []string{"BLMPOP", "0.01", "2", k, w.key("l"), "LEFT"}
	case 9:
		return []string{w.one("LPOP", "RPOP"), k, w.num(4)}
	case 10:
		return []string{"RPOPLPUSH", k, w.key("l")}
	}
	return []string{w.one("RPUSH", "LPUSH", "RPUSHX"), k, w.value(), w.value(), w.num(1e6)}
}

func (w drawer) ofSet() []string {
	k := w.key("e")
	switch w.IntN(9) {
	case 0:
		return []string{"SPOP", k}
	case 1:
		return []string{"SPOP", k, w.num(5)}
	case 2:
		return []string{w.one("SDIFFSTORE", "SUNIONSTORE", "SINTERSTORE"), k, w.key("e"), w.key("e")}
	case 3:
		return []string{"SMOVE", k, w.key("e"), w.num(700)}
	case 4:
		return []string{"SREM", k, w.num(700), w.member()}
	case 5:
		return []string{"SADD", k, w.member(), w.value()}
	}
	return []string{"SADD", k, w.num(700), w.num(700), w.num(700)}
}

func (w drawer) ofHash() []string {
	k := w.key("h")
	switch w.IntN(7) {
	case 0:
		return []string{"HINCRBYFLOAT", k, "f", w.one("0.25", "0.1")}
	case 1:
		return []string{"HINCRBY", k, "n", w.num(9)}
	case 2:
		return []string{"HDEL", k, w.member(), w.member(), "f"}
	case 3:
		return []string{"HSETNX", k, w.member(), w.value()}
	}
	return []string{"HSET", k, w.member(), w.value(), w.value(), w.value()}
}

func (w drawer) ofZset() []string {
	k := w.key("z")
	switch w.IntN(15) {
	case 0:
		return []string{w.one("ZPOPMIN", "ZPOPMAX"), k, w.num(3)}
	case 1:
		return []string{w.one("BZPOPMIN", "BZPOPMAX"), k, w.key("z"), "0.001"}
	case 2:
		return []string{w.one("ZINTERSTORE", "ZUNIONSTORE"), k, "2", w.key("z"), w.key("z"), "AGGREGATE", w.one("MIN", "MAX")}
	case 3:
		return []string{"ZDIFFSTORE", k, "2", w.key("z"), w.key("z")}
	case 4:
		return []string{"ZRANGESTORE", k, w.key("z"), "0", w.num(30)}
	case 5:
		return []string{"ZREMRANGEBYRANK", k, "0", w.num(3)}
	case 6:
		return []string{"ZREMRANGEBYSCORE", k, w.score(), "(" + w.score()}
	case 7:
		return []string{"ZINCRBY", k, w.score(), w.member()}
	case 8:
		return []string{"ZREM", k, w.member(), w.member()}
	case 9:
		return []string{"ZMPOP", "2", k, w.key("z"), "MAX", "COUNT", "2"}
	case 10:
		return []string{"BZMPOP", "0.005", "1", k, "MIN"}
	case 11:
		return []string{"GEOADD", k, w.num(80), w.num(80), w.member()}
	case 12:
		return []string{"GEOSEARCHSTORE", k, w.key("z"), "FROMLONLAT", "40", "40", "BYRADIUS", "3000", "km", "COUNT", "20", "ASC"}
	}
	return []string{"ZADD", k, w.score(), w.member(), w.score(), w.member(), w.score(), w.value()}
}

func (w drawer) ofStream() []string {
	k := w.key("x")
	g, c := w.reader()
	switch w.IntN(22) {
	case 0, 1, 2, 3:
		return []string{"XADD", k, "*", w.member(), w.value()}
	case 4:
		return []string{"XADD", k, "MAXLEN", w.one("~", "="), w.num(60), "*", "f", w.value()}
	case 5:
		return []string{"XADD", k, "NOMKSTREAM", w.id(), "f", w.value()}
	case 6, 7, 8:
		return []string{"XREADGROUP", "GROUP", g, c, "COUNT", "3", "STREAMS", k, ">"}
	case 9:
		return []string{"XREADGROUP", "GROUP", g, c, "COUNT", "2", "NOACK", "STREAMS", k, ">"}
	case 10:
		return []string{"XREADGROUP", "GROUP", g, c, "BLOCK", "5", "STREAMS", k, ">"}
	case 11:
		return []string{"XAUTOCLAIM", k, g, c, "0", "0", "COUNT", "2"}
	case 12:
		return []string{"XCLAIM", k, g, c, "0", w.id(), "FORCE"}
	case 13:
		return []string{"XACK", k, g, w.id(), w.id()}
	case 14:
		return []string{"XTRIM", k, w.one("MAXLEN", "MINID"), w.num(40)}
	case 15:
		return []string{"XGROUP", "SETID", k, g, w.one("0", "$", "5-1")}
	case 16:
		return []string{"XGROUP", w.one("DELCONSUMER", "CREATECONSUMER"), k, g, c}
	case 17:
		return []string{"XGROUP", "DESTROY", k, g}
	case 18:
		return []string{"XDEL", k, w.id(), w.id()}
	}
	return []string{"XGROUP", "CREATE", k, g, w.one("0", "$"), "MKSTREAM"}
}

func (w drawer) ofBits() []string {
	k := w.key("b")
	switch w.IntN(6) {
	case 0:
		return []string{"BITFIELD", k, "INCRBY", "u5", w.num(99), "3", "SET", "i16", w.num(9), w.num(99)}
	case 1:
		return []string{"BITOP", w.one("AND", "OR", "XOR"), k, w.key("b"), w.key("b")}
	case 2:
		return []string{"PFADD", w.key("p"), w.value(), w.num(1e6), w.num(1e6)}
	case 3:
		return []string{"PFMERGE", w.key("p"), w.key("p")}
	case 4:
		return []string{"EVAL", counted, "1", w.key("p"), w.num(1e6)}
	}
	return []string{"SETBIT", k, w.num(9999), w.num(2)}
}

func (w drawer) ofKey() []string {
	k := w.any()
	switch w.IntN(16) {
	case 0, 1, 2:
		return []string{"PEXPIRE", k, w.soon()}
	case 3:
		return []string{"PEXPIRE", k, w.soon(), w.one("NX", "GT", "LT")}
	case 4:
		return []string{"EXPIRE", k, w.one("-1", "0", "1", "2")}
	case 5:
		return []string{"EXPIREAT", k, w.one("1", "4102444800")}
	case 6:
		return []string{"PERSIST", k}
	case 7:
		return []string{w.one("RENAME", "RENAMENX"), k, w.key(k[:1])}
	case 8:
		return []string{"COPY", k, w.key(k[:1]), "REPLACE"}
	case 9:
		return []string{"COPY", k, w.key(k[:1]), "DB", w.num(databases)}
	case 10:
		return []string{"MOVE", k, w.num(databases)}
	case 11:
		return []string{"SORT", w.key("e"), "ALPHA", "STORE", w.key("l")}
	case 12:
		return []string{w.one("PUBLISH", "SPUBLISH"), "channel", w.value()}
	}
	return []string{w.one("DEL", "UNLINK"), k, w.any()}
}

const (
	effects = "redis.call('incr', KEYS[1]) redis.call('sadd', KEYS[2], ARGV[1]) redis.call('spop', KEYS[2]) return redis.call('pexpire', KEYS[1], ARGV[2])"
	chance  = "redis.call('set', KEYS[1], math.random() .. '') redis.call('rpush', KEYS[2], redis.call('time')[1])"
	counted = "redis.call('pfadd', KEYS[1], ARGV[1]) return redis.call('pfcount', KEYS[1])"
	halfway = "redis.call('incr', KEYS[1]) return redis.call('lpush', KEYS[1], 'x')"
)

func (w drawer) ofScript() []string {
	lib := w.num(3)
	switch w.IntN(8) {
	case 0:
		code := fmt.Sprintf("#!lua name=l%s\nredis.register_function('f%s', function(k, a) redis.call('set', k[1], a[1]) return redis.call('lpush', k[2], '%s') end)", lib, lib, w.num(9))
		return []string{"FUNCTION", "LOAD", "REPLACE", code}
	case 1, 2:
		return []string{"FCALL", "f" + lib, "2", w.key("s"), w.key("l"), w.value()}
	case 3:
		return []string{"FUNCTION", "DELETE", "l" + lib}
	case 4:
		return []string{"EVAL", chance, "2", w.key("s"), w.key("l")}
	case 5:
		return []string{"EVAL", halfway, "1", w.key("n")}
	}
	return []string{"EVAL", effects, "2", w.key("n"), w.key("e"), w.member(), w.soon()}
}

// ofAll are commands that take everything with them.
func (w drawer) ofAll() []string {
	switch w.IntN(8) {
	case 0:
		return []string{"FLUSHALL", w.one("SYNC", "ASYNC")}
	case 1, 2:
		return []string{"FLUSHDB", w.one("SYNC", "ASYNC")}
	case 3:
		return []string{"FUNCTION", "FLUSH"}
	}
	return []string{"SWAPDB", w.num(databases), w.num(databases)}
}
