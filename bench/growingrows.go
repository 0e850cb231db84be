package main

import "strings"

// The rows of the growing section. All of them work on one data set (growingData) and leave it as it was; what they write goes to keys of
// their own. So a row is a name, a command, and what has to be there before each run if it consumes something.

// growingData is the data set: the same, in the same order, on every server.
var growingData = []fill{
	{"SET key:__sequence__ value:__sequence__", perKey},
	{"RPUSH list:1000 __shuffle1__", 1000},
	{"RPUSH texts:1000 item:__shuffle1__", 1000},
	{"RPUSH list:100k __shuffle1__", 100_000},
	{"SADD set:1 element:__sequence__", 1000},
	{"SADD set:2 element:__sequence__", 500},
	{"SADD set:2 other:__sequence__", 500},
	{"SADD ints:1 __sequence__", 400}, // with its zeros a number is no number: members of 12 bytes
	{"ZADD zset:1 __shuffle1__ element:__sequence__", 1000},
	{"ZADD zset:2 __shuffle2__ element:__sequence__", 500},
	{"ZADD zset:2 __shuffle2__ other:__sequence__", 500},
	{"ZADD zset:100k __sequence__ element:__sequence__", 100_000},
	{"ZADD lex:100k 0 element:__sequence__", 100_000},
	{"HSET hash:1000 field:__sequence__ value:__shuffle1__", 1000},
	{"GEOADD places __shuffle1__e-7 __shuffle2__e-7 place:__sequence__", 100_000},
	{"PFADD hll:1 element:__sequence__", 20_000},
	{"PFADD hll:2 other:__sequence__", 20_000},
	{"SET bits:1 " + noise(100_000), 1},
	{"SET bits:2 " + noise(100_000), 1},
	{"SETBIT zeros 799999 1", 1},
	{"SET text:1 " + noise(500), 1},
	{"SET text:2 " + noise(500), 1},
	{"XADD stream __sequence__-1 field:1 __shuffle1__ field:2 value", 10_000},
}

// of100 is a command with a hundred random keys (or members) that begin with prefix.
func of100(command, prefix string) string {
	return command + strings.Repeat(" "+prefix+randomMark, 100)
}

// consuming is a command that takes a hundred keys away, those of the key space one after the other, which are put back before each run.
func consuming(name string) test {
	return test{name: name + "_100", keep: true, command: strings.ToUpper(name) + strings.Repeat(" gone:"+sequenceMark, 100),
		fill: []fill{{"SET gone:__sequence__ value:__sequence__", perKey}}, most: func(keys int) int { return keys / 100 }}
}

// grown is a row without more to say than its command.
func grown(name, command string) test { return test{name: name, command: command, keep: true} }

var growingTests = []test{
	grown("mget_100", of100("MGET", "key:")),
	grown("mset_100", "MSET"+strings.Repeat(" new:"+randomMark+" value", 100)),
	grown("exists_100", of100("EXISTS", "key:")),
	grown("touch_100", of100("TOUCH", "key:")),
	consuming("del"),
	consuming("unlink"),
	grown("keys", "KEYS key:*77"),
	grown("scan_100", "SCAN __rand_int__ COUNT 100"),

	grown("getrange_10k", "GETRANGE bits:1 20000 29999"),
	grown("setrange", "SETRANGE new:range 50000 "+strings.Repeat("x", 1000)),
	{name: "append_100", keep: true, command: "APPEND new:text " + strings.Repeat("x", 100), fill: []fill{{"DEL new:text", 1}}},
	grown("multi_100k", "MULTI;SET new:large "+noise(100_000)+";GET new:large;EXEC"),
	grown("lcs_500", "LCS text:1 text:2"),
	grown("bitcount_100k", "BITCOUNT bits:1"),
	grown("bitpos_100k", "BITPOS zeros 1"),
	grown("bitop_and", "BITOP AND new:bits bits:1 bits:2"),
	grown("bitop_not", "BITOP NOT new:bits bits:1"),
	grown("bitfield", "BITFIELD new:fields"+strings.Repeat(" INCRBY u16 #7 1 GET u8 100", 10)),
	grown("pfcount_2", "PFCOUNT hll:1 hll:2"),
	grown("pfmerge_2", "PFMERGE new:hll hll:1 hll:2"),
	grown("pfadd_100", of100("PFADD new:hll", "element:")),

	grown("sort_1000", "SORT list:1000"),
	grown("sort_alpha", "SORT texts:1000 ALPHA"),
	grown("sort_limit", "SORT list:100k LIMIT 0 10"),
	grown("sort_store", "SORT list:1000 STORE new:sorted"),
	grown("lrange_1000", "LRANGE list:1000 0 -1"),
	grown("lindex_middle", "LINDEX list:100k 50000"),
	grown("lpos_1000", "LPOS texts:1000 item:no"),
	grown("linsert_lrem", "LINSERT list:1000 BEFORE 000000000000 new;LREM list:1000 1 new"),
	grown("lrem_last", "RPUSH list:100k last;LREM list:100k -1 last"),
	grown("rpush_ltrim", "RPUSH new:list a b c d e f g h i j;LTRIM new:list -1000 -1"),

	grown("sinter_2", "SINTER set:1 set:2"),
	grown("sunion_2", "SUNION set:1 set:2"),
	grown("sdiff_2", "SDIFF set:1 set:2"),
	grown("sintercard_2", "SINTERCARD 2 set:1 set:2"),
	grown("sinterstore", "SINTERSTORE new:set set:1 set:2"),
	grown("sunionstore", "SUNIONSTORE new:set set:1 set:2"),
	grown("sdiffstore", "SDIFFSTORE new:set set:1 set:2"),
	{name: "smove", keep: true, command: "SMOVE new:many new:one element:000000000000;SMOVE new:one new:many element:000000000000",
		fill: []fill{{"SADD new:many element:__sequence__", 1000}}},
	grown("smembers_1000", "SMEMBERS set:1"),
	grown("srandmember_100", "SRANDMEMBER set:1 100"),
	grown("smismember_100", of100("SMISMEMBER set:1", "element:")),
	grown("sscan_100", "SSCAN set:1 0 COUNT 100"),

	grown("hgetall_1000", "HGETALL hash:1000"),
	grown("hvals_1000", "HVALS hash:1000"),
	grown("hmget_100", of100("HMGET hash:1000", "field:")),
	grown("hrandfield_100", "HRANDFIELD hash:1000 100 WITHVALUES"),
	grown("hscan_100", "HSCAN hash:1000 0 COUNT 100"),

	grown("zrange_1000", "ZRANGE zset:1 0 -1 WITHSCORES"),
	grown("zrevrange_100", "ZREVRANGE zset:100k 50000 50099"),
	grown("zrangebyscore", "ZRANGEBYSCORE zset:100k __rand_int__ +inf LIMIT 0 100"),
	grown("zrangebylex", "ZRANGEBYLEX lex:100k [element:__rand_int__ + LIMIT 0 100"),
	grown("zcount", "ZCOUNT zset:100k 1000 __rand_int__"),
	grown("zlexcount", "ZLEXCOUNT lex:100k - [element:__rand_int__"),
	grown("zmscore_100", of100("ZMSCORE zset:100k", "element:")),
	grown("zrandmember_100", "ZRANDMEMBER zset:1 100 WITHSCORES"),
	grown("zscan_100", "ZSCAN zset:1 0 COUNT 100"),
	grown("zunion_2", "ZUNION 2 zset:1 zset:2"),
	grown("zinter_2", "ZINTER 2 zset:1 zset:2"),
	grown("zdiff_2", "ZDIFF 2 zset:1 zset:2"),
	grown("zintercard_2", "ZINTERCARD 2 zset:1 zset:2"),
	grown("zunionstore", "ZUNIONSTORE new:zset 2 zset:1 zset:2"),
	grown("zinterstore", "ZINTERSTORE new:zset 2 zset:1 zset:2"),
	grown("zdiffstore", "ZDIFFSTORE new:zset 2 zset:1 zset:2"),
	grown("geosearch_50", "GEOSEARCH places FROMMEMBER place:__rand_int__ BYRADIUS 400 km ASC COUNT 50"),
	grown("geosearch_any", "GEOSEARCH places FROMMEMBER place:__rand_int__ BYBOX 400 400 km COUNT 50 ANY"),
	grown("georadius", "GEORADIUS places 40 40 400 km WITHDIST COUNT 100"),

	grown("xrange_100", "XRANGE stream 5000 + COUNT 100"),
	grown("xrevrange_100", "XREVRANGE stream 5000 - COUNT 100"),
	grown("xread_100", "XREAD COUNT 100 STREAMS stream 5000"),

	grown("dump_hash", "DUMP hash:1000"),
	{name: "restore_hash", keep: true, dump: "hash:1000", command: "RESTORE new:hash 0 " + dumpMark + " REPLACE"},
	{name: "restore_zset", keep: true, dump: "zset:1", command: "RESTORE new:zset 0 " + dumpMark + " REPLACE"},
	grown("copy_hash", "COPY hash:1000 new:hash REPLACE"),
	grown("copy_list", "COPY list:1000 new:list REPLACE"),
	grown("copy_list_100k", "COPY list:100k new:list REPLACE"),
	grown("dump_list_100k", "DUMP list:100k"),
	grown("object", "OBJECT ENCODING hash:1000"),
	grown("memory_usage", "MEMORY USAGE hash:1000 SAMPLES 0"),

	grown("info", "INFO"),
	grown("config_get", "CONFIG GET *"),
	grown("client_list", "CLIENT LIST"),
	grown("command", "COMMAND"),
	grown("command_docs", "COMMAND DOCS"),
}
