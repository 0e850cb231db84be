// Package arena is memory outside the Go heap: a slab allocator whose blobs the
// garbage collector neither scans nor counts. The keyspace keeps its keys, values
// and hash table segments here.
//
// A Pool belongs to one server. It maps regions of 64 MiB, aligned to 64 MiB, and
// hands out chunks of 64 KiB from them. An Arena belongs to one shard: it carves
// chunks into slabs of one size class and serves Alloc and Free from those. Each
// region's first chunk describes the other 1023, 64 bytes each, so that masking an
// address leads to its slab without any lookup:
//
//	region (64 MiB, aligned)
//	+---------+---------+---------+--- ... ---+
//	| chunk 0 | chunk 1 | chunk 2 |           |
//	| 1024    | slab of | slab of 2 chunks,   |
//	| slab    | class c | or a run holding    |
//	| headers |         | one large blob      |
//	+---------+---------+---------+--- ... ---+
//
// A Ref is a plain address. Nothing but the code that owns the blob keeps it alive,
// so whoever holds Refs frees each exactly once. Options.Poison turns mistakes into
// panics and is meant for tests: neither the race detector nor the collector can
// see this memory.
//
// Locks: an Arena is not safe for concurrent use; its owner (a shard) protects it
// with its own lock. Pool and Epochs are safe for concurrent use, take only their
// own short mutexes and never call out while holding them, so they may be used under
// any lock.
//
// The package never interprets the contents of a blob.
package arena
