// Package engine executes commands: it makes sessions of connections, parses what they
// send, finds and admits commands, locks the shards of their keys, runs them alone or in
// batches, parks those that wait, and hands on the replies. It knows no command and no
// value type, no socket, no file and no configuration but its own parameters.
//
// The way of a request:
//
//	connection -> session -> parser -> execute: lookup, admit, run -> finish
//	(network)  (session.go) (parse.go) (execute.go)               (input.go)
//
// Below it is package network, which carries the bytes, behind a wall (network/link.go)
// whose other half is driven.go. Above it is what it is a part of, package host, of
// which it asks what is written down in engine.go (Host), and no more. Sessions belong
// to workers (worker.go), which network drives; the lock order is written down at the
// type worker.
//
// To be read in this order: worker.go, session.go, execute.go, admit.go, batch.go, input.go; then, each
// by itself, blocking.go and reach.go (who waits), nested.go (commands within commands), long.go
// (who takes long), pieces.go (long replies), barrier.go (held replies), player.go and
// follower.go (commands of no client), pause.go, limits.go and clientmemory.go.
package engine
