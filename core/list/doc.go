// Package list is the list as data: elements in order, pushed and popped at
// both ends. It knows neither commands nor replies; the modules of lists and of
// SORT are built on it.
//
// A small list is packed into its entry as a listpack, byte for byte as Redis
// has it. A large one is a keyspace.Object, a deque of chunks:
//
//	front chunk      chunks between, in the slots of pages       back chunk
//	[  gap|elements] [elements] [elements] ... [elements]    [elements|gap  ]
//
// A chunk is a listpack region without a header, as long as the configuration
// lets a listpack be. The first and the last have room on their outer side, so
// that pushing and popping there moves no bytes and touches nothing else. The
// chunks between have none to spare. An element longer than a chunk may be stands
// alone in one. Chunks that lie deeper than the ends may be compressed, because
// list-compress-depth says so (compress.go) or since nobody has asked for them (rest.go).
//
// Both forms stand behind the same three things:
//
//   - View reads a value, live or frozen in a snapshot: Of(entry.Value()).
//   - Editor changes the value of a key: Edit(db, key, entry, now). It converts
//     between the forms when Redis 7.2 would.
//   - Builder makes a whole value, for dumps and for commands that store.
//
// Chunks and pages carry the epoch of their making; one that a live snapshot may
// see is copied before it is changed.
//
// Elements are strings; those that are integers in canonical form are stored as
// such and have no bytes until they are asked for (listpack.Element). What is
// handed out is valid until the value is changed; what is stored is copied, and
// must not lie in the value that is being changed.
//
// Locks: whoever holds the lock of the key's shard may use a View or an Editor
// of it. A View of a frozen value needs no lock until its snapshot ends.
package list
