# What the programs in shell share: how a case is told.
set -u
cli() { "$REDIS_CLI" -h "$REDIS_HOST" -p "$REDIS_PORT" "$@"; }

# check NAME COMMAND...: what the command prints has to be the same with every server.
check() {
	local name=$1 out rc
	shift
	out=$(timeout 60 bash -c '. "$0"; "$@"' "$TMPDIR/functions.sh" "$@" 2>&1)
	rc=$?
	[ $rc = 0 ] || out="FAILED exit status $rc: $out"
	printf 'case\t%s\t%s\n' "$name" "$(printf %s "$out" | tr '\n\t' '| ')"
}

# need COMMAND...: ends the program if one is not installed.
need() {
	for c; do
		command -v "$c" >/dev/null || { printf 'case\tall\tSKIPPED %s is not installed\n' "$c"; exit 0; }
	done
}

# await COMMAND...: repeats a command until it succeeds.
await() {
	for _ in $(seq 200); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.05
	done
	echo "never: $*"
	return 1
}

# freeport prints a port that nobody listens on.
freeport() {
	local p
	while :; do
		p=$((21000 + RANDOM % 5000))
		(exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || { echo $p; return; }
	done
}

# background COMMAND...: a daemon that ends with the program.
background() {
	"$@" >&2 &
	trap 'kill $(jobs -p) 2>/dev/null' EXIT
}

# The functions of a program are seen by the shell of each case.
share() { declare -f >"$TMPDIR/functions.sh"; export REDIS_HOST REDIS_PORT REDIS_CLI; }
