#!/bin/sh
# Runs every native fuzz target for the given time, one after the other.
set -eu
time=${1:-30s}
grep -rlE '^func Fuzz' --include='*_test.go' core host modules conformance | sort | while read -r file; do
	pkg=$(dirname "$file")
	grep -oE '^func Fuzz[A-Za-z0-9_]*' "$file" | sed 's/^func //' | while read -r target; do
		echo "fuzz: $pkg $target for $time"
		go test "./$pkg" -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 100x
	done
done
