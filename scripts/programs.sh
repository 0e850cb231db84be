#!/bin/sh
# Real programs against redis-server and bin/ferrous, or $FERROUS_BIN; see
# conformance/programs/README.md. npm installs what package-lock.json pins; Debian's
# packages are installed by `scripts/programs.sh -install` only. Other arguments go
# to the runner.
set -eu
cd "$(dirname "$0")/.."
dir=conformance/programs
if [ "${1-}" = -install ]; then
	shift
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq
	# Some of the packages start servers of their own, which nobody here wants.
	printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
	chmod +x /usr/sbin/policy-rc.d
	trap 'rm -f /usr/sbin/policy-rc.d' EXIT
	sed 's/[# ].*//' $dir/debian.txt | xargs apt-get install -y -qq --no-install-recommends >/dev/null
fi
if command -v npm >/dev/null; then
	[ -d $dir/node/node_modules ] || (cd $dir/node && npm ci --ignore-scripts --no-audit --no-fund)
else
	echo "npm is not installed: leaving out the programs in Node.js"
fi
(cd $dir/go && go vet ./...)
go run ./conformance/programs -server "${FERROUS_BIN:-bin/ferrous}" "$@"
