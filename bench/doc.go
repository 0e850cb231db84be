// Bench measures server binaries side by side: the same work, in alternating runs, on the same machine, reported as
// ratios to a baseline (Redis by default).
//
//	go build -o bin/ferrous ./cmd/ferrous
//	go run ./bench                               # ferrous against the installed redis-server, every section
//	go run ./bench -quick -t get -P 1,16         # a first impression in seconds
//	go run ./bench -server a=bin/old -server b=bin/new -baseline a
//
// Two figures matter. Throughput is what people ask for, but on a machine that the load generator shares it says as
// much about redis-benchmark and the neighbours as about the server. The processor time that the server spends per
// command is far steadier, and it is the capacity of the server when it is alone; read that one first.
//
// What lives here: the program behind `make bench`, nothing else. It speaks to servers only through their command
// line, the Redis protocol and what the operating system says about their processes, so that any server can take part.
// It never imports another package of this module, never touches a server that it did not start, and ends the servers
// it did start whatever happens. See README.md for the sections, the flags and how to read the output.
package main
