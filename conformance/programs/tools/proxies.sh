# What stands between: twemproxy, stunnel, webdis, Prometheus's exporter, iredis, rsyslog.
# tries twemproxy (nutcracker), stunnel, webdis | nutcracker, stunnel4, webdis | commands through them
# tries prometheus-redis-exporter | prometheus-redis-exporter | what it reads of INFO, CONFIG, SLOWLOG, LATENCY and of keys
# tries iredis, rsyslog's omhiredis | iredis, rsyslog-hiredis | commands, log lines
. "$(dirname "$0")/lib.sh"
need nutcracker curl

proxy=$(freeport)
cat >"$TMPDIR/nut.yml" <<X
alpha:
  listen: 127.0.0.1:$proxy
  hash: fnv1a_64
  distribution: ketama
  redis: true
  servers:
   - 127.0.0.1:$REDIS_PORT:1
X
background nutcracker -c "$TMPDIR/nut.yml" -s "$(freeport)" -o "$TMPDIR/nut.log"
throughproxy() {
	await "$REDIS_CLI" -p "$proxy" GET x
	p() { "$REDIS_CLI" -p "$proxy" "$@"; }
	p SET a 1; p INCR a; p MSET b 2 c 3; p MGET a b c none; p DEL a b; p EVAL 'return {KEYS[1], ARGV[1]}' 1 k v; p LPUSH a x; p INCR a; p ZADD z 1 m; p ZRANGE z 0 -1 WITHSCORES
	redis-benchmark -p "$proxy" -n 2000 -c 20 -P 8 -q -t set,get,incr,lpush,hset,mset 2>&1 | tr '\r' '\n' | grep 'requests per second' | sed 's/: .*//'
}
export proxy

if command -v stunnel4 >/dev/null && command -v openssl >/dev/null; then
	tls=$(freeport)
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout "$TMPDIR/key.pem" -out "$TMPDIR/cert.pem" 2>/dev/null
	printf 'foreground = yes\npid =\n[redis]\naccept = 127.0.0.1:%s\nconnect = 127.0.0.1:%s\ncert = %s\nkey = %s\n' "$tls" "$REDIS_PORT" "$TMPDIR/cert.pem" "$TMPDIR/key.pem" >"$TMPDIR/stunnel.conf"
	background stunnel4 "$TMPDIR/stunnel.conf"
	export tls
fi
throughtls() { t() { "$REDIS_CLI" -p "$tls" --tls --cacert "$TMPDIR/cert.pem" "$@"; }; await t PING; t SET tls yes; t GET tls; t -3 HELLO 3 | grep -o proto; }

if command -v webdis >/dev/null; then
	web=$(freeport)
	printf '{"redis_host": "127.0.0.1", "redis_port": %s, "http_host": "127.0.0.1", "http_port": %s, "threads": 2, "pool_size": 4, "daemonize": false, "websockets": false, "database": 0, "acl": [{"disabled": []}], "verbosity": 1, "logfile": "%s"}' "$REDIS_PORT" "$web" "$TMPDIR/webdis.log" >"$TMPDIR/webdis.json"
	background webdis "$TMPDIR/webdis.json"
	export web
fi
throughweb() { w() { curl -sS "http://127.0.0.1:$web/$1"; echo; }; await curl -sf "http://127.0.0.1:$web/PING"; w SET/web/hello; w GET/web; w GET/none; w LPUSH/web/x; w HSET/wh/a/1/b/2; w HGETALL/wh; w ZADD/wz/1.5/m; w ZRANGE/wz/0/-1/WITHSCORES; w GET/web.txt; w NOSUCH/a; }

if command -v prometheus-redis-exporter >/dev/null; then
	metrics=$(freeport)
	background prometheus-redis-exporter -redis.addr "redis://127.0.0.1:$REDIS_PORT" -web.listen-address "127.0.0.1:$metrics" -check-keys 'exp:*'
	export metrics
fi
exported() {
	cli RPUSH exp:list a b c >/dev/null
	await curl -sf "http://127.0.0.1:$metrics/metrics"
	curl -s "http://127.0.0.1:$metrics/metrics" >"$TMPDIR/metrics"
	grep -E '^redis_(up |exporter_last_scrape_error|key_size|blocked_clients|loading_dump_file|connected_slaves|rdb_changes|aof_enabled|slowlog_length|config_maxclients)' "$TMPDIR/metrics" | sed 's/err="[^"]*"//; s/rdb_changes_since_last_save .*/rdb_changes_since_last_save/' | grep -v redis_uptime
	# Names that Redis has and that are missing beside it differ.
	grep -oE '^redis_[a-z_]+' "$TMPDIR/metrics" | sort -u >"$TMPDIR/names"
	wanted='redis_commands_duration_seconds_total redis_commands_processed_total redis_commands_total redis_connected_clients redis_db_keys redis_instance_info redis_keyspace_hits_total redis_latest_fork_seconds redis_memory_used_bytes redis_memory_used_peak_bytes redis_net_input_bytes_total redis_uptime_in_seconds redis_evicted_keys_total redis_expired_keys_total redis_cpu_sys_seconds_total redis_mem_fragmentation_ratio redis_replication_backlog_bytes redis_master_repl_offset redis_pubsub_channels'
	for n in $wanted; do grep -qx "$n" "$TMPDIR/names" || echo "no $n"; done
}
shell() { printf 'SET irk v\nGET irk\nTYPE irk\n' | iredis -h 127.0.0.1 -p "$REDIS_PORT" --raw 2>/dev/null | grep -vE 'iredis|redis-server|Home|Issues' | head -10; }
logged() {
	cat >"$TMPDIR/rsyslog.conf" <<X
module(load="imfile" PollingInterval="1")
module(load="omhiredis")
input(type="imfile" File="$TMPDIR/in.log" Tag="t" readMode="0")
template(name="m" type="string" string="%msg%")
action(type="omhiredis" server="127.0.0.1" serverport="$REDIS_PORT" mode="queue" key="logs" template="m")
X
	seq -f 'line %g' 50 >"$TMPDIR/in.log"
	mkdir -p "$TMPDIR/spool"
	(cd "$TMPDIR/spool" && timeout 8 rsyslogd -n -f "$TMPDIR/rsyslog.conf" -i NONE >&2) &
	all() { [ "$(cli LLEN logs)" = 50 ]; }
	await all
	cli LRANGE logs 0 2
	cli LLEN logs
}
share

check twemproxy throughproxy
[ -z "${tls-}" ] || check stunnel throughtls
[ -z "${web-}" ] || check webdis throughweb
[ -z "${metrics-}" ] || check prometheus-redis-exporter exported
! command -v iredis >/dev/null || check iredis shell
[ ! -e /usr/lib/x86_64-linux-gnu/rsyslog/omhiredis.so ] || check rsyslog logged
