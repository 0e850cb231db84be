// Package clients makes real client libraries talk to ferrous: go-redis and
// ioredis, connecting with their defaults and calling every command they know.
// What they report is compared with what they report of a real Redis, recorded
// in testdata. It is a Go module of its own, so that ferrous depends on no
// client library; `make clients` runs it, README.md tells how to record.
package clients
