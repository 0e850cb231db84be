#!/bin/sh
# The console in headless Chromium (Debian's package chromium; playwright-core by npm, into a
# temporary directory): scripts/console.sh SERVER [DIRECTORY FOR PICTURES].
set -e
server=$1 pictures=${2:-$(mktemp -d)}
chromium=$(command -v chromium || command -v chromium-browser || true)
[ -n "$chromium" ] || { echo "console: chromium is not installed"; exit 1; }
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
port=${CONSOLE_PORT:-17390} http=${CONSOLE_HTTP_PORT:-17391}
mkdir -p "$pictures"
"$server" --port "$port" --bind 127.0.0.1 --http-port "$http" --dir "$work" --save "" --requirepass secret \
	--toplist-enabled yes --toplist-sample 1 --slowlog-log-slower-than 20 --maxmemory 512mb > "$work/log" 2>&1 &
pid=$!
load=
trap 'kill $pid $load 2>/dev/null; wait $pid 2>/dev/null; rm -rf "$work"' EXIT
cli="redis-cli -p $port --no-auth-warning -a secret"
until [ "$($cli ping 2>/dev/null)" = PONG ]; do kill -0 $pid || { cat "$work/log"; exit 1; }; sleep 0.1; done
{
	echo 'ACL SETUSER reader on >r ~* +@read +info +slowlog|get +client|list +config|get +toplist +latency|histogram +command +scan +type'
	echo 'SET text "some text, which is not long"'
	echo 'SET bytes "\xff\x00\x01"'
	echo 'SET session:9a7f {"user":17,"since":"2026-11-29","roles":["admin","editor"]} EX 3600'
	for i in $(seq 40); do echo "RPUSH list \"element $i\""; echo "HSET hash \"field $i\" \"value of field $i\""; echo "SADD set \"member $i\""; echo "ZADD scores $((i * 37 % 101)) \"player $i\""; echo "XADD events * kind click user $i"; echo "HSET user:$i:profile name \"User $i\" mail user$i@example.com"; echo "SET user:$i:visits $((i * 7))"; done
	echo 'XGROUP CREATE events workers 0'
} | $cli > "$work/fill"
redis-benchmark -p "$port" -a secret -c 2 -n 100000000 -r 500 -t set -q > /dev/null 2>&1 &
load=$!
redis-benchmark -p "$port" -a secret -c 2 -n 100000000 -r 700 -t get -q > /dev/null 2>&1 &
load="$load $!"
(cd "$work" && npm init -y > /dev/null && npm install --silent --no-audit --no-fund playwright-core > npm.log 2>&1) || { cat "$work/npm.log"; exit 1; }
cp "$here/console.mjs" "$work/console.mjs"
cd "$work" && BASE="http://127.0.0.1:$http/" PICTURES="$pictures" CHROMIUM="$chromium" node console.mjs
