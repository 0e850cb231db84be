package main

import (
	"context"
	"crypto/sha1"
	"fmt"
	"slices"
	"strings"
)

// The section about scripts: what those that programs are made of cost, called by their SHA1. A row is a script, its keys and arguments,
// and what is there before each run.

// script is a row of the section.
type script struct {
	name   string
	source string
	call   string // the number of keys, keys and arguments: __rand_int__ as in a test
	fill   []fill
}

// test is the row as redis-benchmark sends it; the server knows the script by then.
func (s *script) test() test {
	return test{name: s.name, command: fmt.Sprintf("EVALSHA %x %s", sha1.Sum([]byte(s.source)), s.call), fill: s.fill}
}

var scriptRows = []script{
	{name: "return_1", source: "return 1", call: "0"},
	{name: "get", source: "return redis.call('GET', KEYS[1])", call: "1 key:__rand_int__",
		fill: []fill{{"SET key:__sequence__ " + strings.Repeat("x", 64), perKey}}},
	{name: "incrby", source: "return redis.call('INCRBY', KEYS[1], ARGV[1])", call: "1 counter:__rand_int__ 5"},
	{name: "incr_expire", source: "local n = redis.call('INCR', KEYS[1]) redis.call('EXPIRE', KEYS[1], ARGV[1]) return n", call: "1 rate:__rand_int__ 100"},
	{name: "bucket", source: bucket, call: "1 bucket:__rand_int__ 10 100 1700000000 1"},
	{name: "job", source: job, call: "1 queue: " + strings.Repeat("x", 200) + ` {"delay":0,"attempts":3,"priority":0} name 1700000000000`},
	{name: "cjson", source: "return #cjson.encode(cjson.decode(ARGV[1]))", call: "0 " + document},
	{name: "cmsgpack", source: "return #cmsgpack.pack(cmsgpack.unpack(cmsgpack.pack({1, 2, 'three', {a = 1, b = {1, 2, 3}}, 4.5})))", call: "0"},
	{name: "format_gsub", source: "local r = '' for i = 1, 20 do r = r .. string.format('%05d:%s,', i, 'abc') end return (r:gsub('%d+', 'n'))", call: "0"},
	{name: "tables", source: "local t, m, s = {}, {}, 0 for i = 1, 200 do t[i] = i * 2 end for i = 1, 100 do m['k' .. i] = t[i] end " +
		"for k, v in pairs(m) do s = s + v end return s", call: "0"},
	{name: "add_1000", source: "local s = 0 for i = 1, 1000 do s = s + i end return s", call: "0"},
}

// bucket is a rate limiter as many write it: rate, burst, time, cost.
const bucket = `
local rate, burst, now, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local data = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, at = tonumber(data[1]), tonumber(data[2])
if tokens == nil then
	tokens, at = burst, now
end
tokens = math.min(burst, tokens + math.max(0, now - at) * rate)
local allowed, wait = 0, 0
if tokens >= cost then
	tokens, allowed = tokens - cost, 1
else
	wait = math.ceil((cost - tokens) / rate)
end
redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / rate * 1000))
return {allowed, tostring(tokens), wait}`

// job is what a queue of jobs does to one, in ten calls: it is added, waits, is taken, done, and deleted.
const job = `
local prefix = KEYS[1]
local id = redis.call("INCR", prefix .. "id")
local key = prefix .. id
local opts = cjson.decode(ARGV[2])
redis.call("HMSET", key, "name", ARGV[3], "data", ARGV[1], "opts", ARGV[2], "timestamp", ARGV[4],
	"delay", opts["delay"] or 0, "priority", opts["priority"] or 0)
if redis.call("HEXISTS", prefix .. "meta", "paused") == 1 then
	return 0
end
redis.call("LPUSH", prefix .. "wait", id)
redis.call("ZADD", prefix .. "prioritized", 0, id)
redis.call("ZREM", prefix .. "prioritized", id)
local got = redis.call("RPOP", prefix .. "wait")
redis.call("HSET", prefix .. got, "processedOn", ARGV[4])
redis.call("EXISTS", prefix .. got)
redis.call("DEL", prefix .. got)
return got .. ""`

// document is a kilobyte of JSON.
var document = "[" + strings.Repeat(`{"id":12345,"name":"item","price":1.25,"tags":["a","b"]},`, 17) + "1]"

func scriptNames() []string {
	names := make([]string, len(scriptRows))
	for i, s := range scriptRows {
		names[i] = s.name
	}
	return names
}

// selectScripts returns the rows that are named in a comma-separated list; "all" is every row.
func selectScripts(list string) ([]script, error) {
	if list == "all" {
		return scriptRows, nil
	}
	var chosen []script
	for name := range strings.SplitSeq(list, ",") {
		i := slices.Index(scriptNames(), name)
		if i < 0 {
			return nil, fmt.Errorf("there is no script %q; there are %s", name, strings.Join(scriptNames(), " "))
		}
		chosen = append(chosen, scriptRows[i])
	}
	return chosen, nil
}

// scripts is the section.
func (b *bench) scripts(ctx context.Context) error {
	servers, stop, err := b.startAll(ctx)
	if err != nil {
		return err
	}
	defer stop()
	t := b.table()
	for _, row := range b.opts.scripts {
		for _, s := range servers {
			if _, err := s.do(ctx, "SCRIPT", "LOAD", row.source); err != nil {
				return s.explain(err)
			}
		}
		for _, pipeline := range b.opts.pipelines {
			l := load{test: row.test(), clients: b.opts.clients, pipeline: pipeline, size: 1, keys: b.opts.keyspace, threads: b.opts.threads}
			c, err := b.measure(ctx, l, servers)
			if err != nil {
				return fmt.Errorf("%s: %w", row.name, err)
			}
			b.report.Scripts = append(b.report.Scripts, c)
			t.row(c)
		}
	}
	t.footer(b.report.Scripts)
	return nil
}
