// Package host puts a server together of modules: it reads the configuration, makes the
// data, has package engine execute commands and package network bring it connections,
// loads, evicts, sweeps, tells of itself (INFO), and ends in order. It knows no command
// and no value type.
//
//	host         Server: what a server consists of, and its life (server.go)
//	  engine     sessions, admission, batches, blocking, commands within commands
//	  network    listening, TLS, event loops, output that waits
//	  config     where the parameters come from
//
// Host sees all of these; engine sees network; none of them sees host. What the engine asks
// of the server is an interface of five methods (engine.Host), what a driver asks of
// the engine another (network.Host, Worker, Session).
//
// Use Main in a program. Nothing in this package is imported by a module.
package host
