// Package host is the minimal server that modules are linked into: it listens,
// parses requests, finds and admits commands, locks the shards of their keys,
// runs them and sends the replies; it keeps databases, clock, configuration and
// log. It knows no command and no value type.
//
// The way of a request:
//
//	connection -> session -> parser -> execute: lookup, admit, run -> finish
//	(network)  (session.go) (parse.go) (execute.go)               (input.go)
//
// What carries the bytes is package network, behind a wall (network/link.go) whose
// other half is driven.go. Sessions belong to workers (worker.go), which are driven by
// an epoll loop or by goroutines there. The lock order is written down at the type
// worker.
//
// Use Main in a program. Nothing in this package is imported by a module.
package host
