// Package conformance compares ferrous with a real Redis.
//
// Scripts (scripts/FAMILY/COMMAND.rsp, format in README.md) are run against a real
// redis-server, the oracle, and against ferrous; every reply is compared. Where no
// Redis is installed the oracle's recorded replies (recorded/) stand in for it.
// A gate fails when a command that ferrous reports has no script.
//
// The package starts servers as child processes on loopback ports and talks to them
// over TCP; it links no part of ferrous. Only tests use it, here and in the linear
// directory. The official Redis test suite has its own runner in the tcl directory.
package conformance
