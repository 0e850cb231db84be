// Package ring is an example of a value type of your own: a ring, which keeps
// the last elements that were put into it.
//
//	RING.PUSH key size element [element ...]   puts elements in; the ring keeps size of them
//	RING.RANGE key [count]                     answers the newest count, oldest first
//
// What is where: ring.go the module and its tables, commands.go the handlers,
// object.go the value in memory, codec.go its forms outside: in a dump, as
// commands, in a digest.
//
// Once the row of the type is registered, the commands about keys (TYPE, DEL,
// EXPIRE, RENAME, COPY, OBJECT, MEMORY, DUMP, RESTORE, DEBUG) and snapshots
// serve it as they serve lists and hashes; none of them knows of it.
package ring
