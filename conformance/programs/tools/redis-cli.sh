# redis-cli's own modes.
# tries redis-cli | redis-tools | `--pipe`, `--scan`, `--bigkeys`, `--memkeys`, `--hotkeys`, `--stat`, `--latency`, `--rdb`, `--functions-rdb`, `--replica`, `--eval`, `-x`, `-X`, each output format, SUBSCRIBE, MONITOR
# tries redis-benchmark | redis-tools | every test, commands of its own, pipelines, threads, RESP3
. "$(dirname "$0")/lib.sh"
need "$REDIS_CLI" redis-benchmark

fill() {
	for n in $(seq 300); do
		echo "SET string:$n value-$n"
		echo "HSET hash:$((n % 7)) f$n v"
		echo "RPUSH list:$((n % 5)) e$n"
		echo "SADD set:$((n % 3)) m$n"
		echo "ZADD zset $n m$n"
		echo "XADD stream $n-1 f v"
	done | cli | sort | uniq -c | wc -l
	cli DEBUG STRINGMATCH-LEN 1 a >/dev/null
	cli DBSIZE
}
pipe() { for n in $(seq 2000); do printf '*3\r\n$3\r\nSET\r\n$%d\r\np:%d\r\n$1\r\nv\r\n' $((${#n} + 2)) "$n"; done | cli --pipe | tail -1; }
pipe_error() { printf 'SET a\r\nPING\r\n' | cli --pipe | tail -2; }
scan() { cli --scan --pattern 'hash:*' | sort | tr '\n' ' '; cli --scan --pattern 'string:*' | wc -l; }
big() { cli --bigkeys | grep -E 'Sampled|Biggest|found [0-9]|with [0-9]+ ' | sed 's/ \[.*\] / /; s/found so far//' | grep -v '^\[' | sed "s/ found '.*' has/ has/" | sort -u; }
mem() { cli --memkeys | grep -v 'so far' | grep -cE 'Biggest +(string|hash|list|set|zset|stream)'; }
hot() { cli CONFIG SET maxmemory-policy allkeys-lfu >/dev/null; for _ in $(seq 300); do echo GET string:7; done | cli >/dev/null; cli --hotkeys | tail -5 | grep -o 'keyname: .*'; cli CONFIG SET maxmemory-policy noeviction; }
hot_refused() { cli --hotkeys 2>&1 | grep -o 'ERR.*'; }
stat() { cli --stat -i 0.05 2>&1 | head -4 | awk 'NR > 2 {print (NF > 5), $1}'; }
latency() { cli --latency-history -i 0.2 --raw 2>/dev/null | head -c 60 | awk '{print (NF >= 4)}' | head -1; timeout 20 "$REDIS_CLI" -h "$REDIS_HOST" -p "$REDIS_PORT" --latency | awk '{print (NF >= 4); exit}'; }
intrinsic() { cli --intrinsic-latency 1 | tail -1 | cut -d' ' -f2-4 >/dev/null && echo ran; }
formats() { for f in '' --csv --json --raw --no-raw '-3 --json'; do cli $f HGETALL hash:1 | head -c 200 | wc -l; cli $f ZRANGE zset 0 2 WITHSCORES; cli $f GET none; cli $f XRANGE stream - + COUNT 2; done; }
script() { printf 'return {KEYS[1], ARGV[1], redis.call("DBSIZE") > 0}' >"$TMPDIR/s.lua"; cli --eval "$TMPDIR/s.lua" k , a; cli EVAL 'return +' 0 | grep -o '^ERR Error compiling script (new function)'; }
input() { printf 'value with \0 bytes' | cli -x SET fromstdin; cli STRLEN fromstdin; printf 'tag' | cli -X mark SET tagged mark; cli GET tagged; cli -r 3 INCR repeated; cli -n 5 SET five 5; cli -n 5 DBSIZE; cli -3 CLIENT INFO | grep -o 'resp=3'; }
subscribed() { (sleep 0.3; for _ in 1 2 3; do cli PUBLISH ch hello; sleep 0.1; done) >/dev/null & timeout 3 "$REDIS_CLI" -h "$REDIS_HOST" -p "$REDIS_PORT" --csv SUBSCRIBE ch | head -3; wait; }
monitored() { (sleep 0.3; cli SET monitored 'x y') >/dev/null & timeout 5 "$REDIS_CLI" -h "$REDIS_HOST" -p "$REDIS_PORT" MONITOR | grep -m1 -o '"SET" "monitored" "x y"'; wait; }
rdb() { cli --rdb "$TMPDIR/dump.rdb" 2>&1 | tail -1 | grep -oE 'Transfer finished|ERR.*'; redis-check-rdb "$TMPDIR/dump.rdb" | grep -oE 'RDB looks OK|[0-9]+ keys read'; }
functions() { printf '#!lua name=lib\nredis.register_function("f", function(k, a) return a[1] end)' | cli -x FUNCTION LOAD REPLACE; cli --functions-rdb "$TMPDIR/f.rdb" 2>&1 | tail -1 | grep -oE 'Transfer finished'; cli FCALL f 0 x; }
replica() { cli CONFIG SET repl-diskless-sync-delay 0; timeout 4 stdbuf -oL "$REDIS_CLI" -h "$REDIS_HOST" -p "$REDIS_PORT" --replica >"$TMPDIR/replica" 2>&1 & await grep -q 'SYNC done' "$TMPDIR/replica"; sleep 0.3; cli SET replicated yes; wait; grep -c '"SET","replicated","yes"' "$TMPDIR/replica"; }
bench() { redis-benchmark -h "$REDIS_HOST" -p "$REDIS_PORT" -n 2000 -c 20 -q "$@" 2>&1 | tr '\r' '\n' | grep 'requests per second' | sed 's/: .*//'; }
bench_own() { bench -r 1000 XADD str '*' f v; bench EVAL 'return redis.call("INCR", KEYS[1])' 1 counted; bench -P 16 -3 -t get,set --threads 2; bench -t set -d 5000 --csv >/dev/null && echo done; }
share

check 'commands from standard input' fill
check '--pipe' pipe
check '--pipe, an error' pipe_error
check '--scan' scan
check '--bigkeys' big
check '--memkeys' mem
check '--hotkeys' hot
check '--hotkeys without LFU' hot_refused
check '--stat' stat
check '--latency' latency
check '--intrinsic-latency' intrinsic
check 'formats' formats
check '--eval' script
check 'input, repetition, databases' input
check 'SUBSCRIBE' subscribed
check 'MONITOR' monitored
if cli COMMAND INFO SYNC | grep -q sync; then
	check '--rdb' rdb
	check '--functions-rdb' functions
	check '--replica' replica
else
	printf 'case\t--rdb, --replica\tSKIPPED no replication\n'
fi
check 'redis-benchmark, all tests' bench
check 'redis-benchmark, commands of its own, pipelines' bench_own
