// Package keyspace is the data of a server: its databases, each striped over
// 64 shards, and the keys in them.
//
// A key is one entry (see package dict): a header, an optional expiry, the key
// and its value. The value is either packed, its bytes stored in the entry
// (strings, integers, listpacks, intsets), or a handle to an Object, a Go value
// that keeps its own members in the shard's arena.
//
// # Locks
//
// A shard owns a stripe of every database: lock i covers the keys of all
// databases whose hash begins with i. Whoever calls a method of DB with a key
// holds the lock of that key's shard; methods over a whole database want all
// of them. Locks are taken in index order, all at once, by the host before a
// command runs, and never later: that is why there can be no deadlock. Nothing
// here takes a lock by itself except Lock, LockAll and the sweeper.
//
// # Snapshots
//
// No version that a live snapshot may see is ever changed. That rule is kept
// in this package alone: Put, Grow and friends overwrite an entry in place only
// if it is private to the writer (dict.Table.Private); OpenObject makes the
// copy-on-write successor of an Object that is older than the newest snapshot.
// Handlers never think of it.
//
// # Ownership
//
// Byte slices returned point into the arena. They are valid until the key is
// changed or the lock is released, whichever comes first; who wants to keep
// one copies it. What is stored is copied from the caller's slices.
//
// The package knows no sessions, commands, replies or files.
package keyspace
