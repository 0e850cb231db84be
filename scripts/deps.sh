#!/bin/sh
# Installs what the tests use of Debian's packages: redis-server (the oracle),
# redis-tools and tclsh (the official suite). Without the right to install, the
# tests that need them use recorded replies or are skipped with that reason.
set -eu
missing=""
command -v redis-server >/dev/null 2>&1 || missing="$missing redis-server"
command -v redis-cli >/dev/null 2>&1 || missing="$missing redis-tools"
command -v tclsh >/dev/null 2>&1 || missing="$missing tcl"
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" != 0 ]; then
	echo "deps: not installed, and they cannot be from here:$missing" >&2
	exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# The package starts a server of its own, which nobody here wants.
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d
trap 'rm -f /usr/sbin/policy-rc.d' EXIT
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >/dev/null
