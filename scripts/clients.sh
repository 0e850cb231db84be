#!/bin/sh
# Real client libraries against bin/ferrous, or against $FERROUS_BIN; see
# conformance/clients/README.md. npm installs ioredis as package-lock.json pins
# it; without npm only go-redis is tried.
set -eu
cd "$(dirname "$0")/../conformance/clients"
if command -v npm >/dev/null; then
	[ -d ioredis/node_modules ] || (cd ioredis && npm ci --ignore-scripts --no-audit --no-fund)
else
	echo "npm is not installed: leaving out ioredis"
fi
go vet ./...
go test -count=1 ./...
