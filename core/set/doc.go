// Package set is the set as data: members without order, each once. It knows
// neither commands nor replies; the module of sets is built on it, and whoever
// else reads sets (sorted sets that are made of them, SORT).
//
// A set has one of three forms. Small sets are packed into their key's entry:
// those of integers only as an intset, others as a listpack, both byte for byte
// as Redis has them. A large set is a keyspace.Object: a hash table whose entries
// are the members, in the shard's arena. All of them stand behind the same things:
//
//   - View reads a value, live or frozen in a snapshot: Of(entry.Value()). Iter
//     goes through its members.
//   - Editor changes the set of a key, Edit(db, key, entry, now), or one that
//     stands alone, New(arena, limits), for dumps and for commands that store. It
//     goes from one form to the next by the limits of the configuration, and
//     never back, as in Redis.
//
// A member that is the text of an integer is the same member in every form. In
// the packed forms it is kept as a number and has no bytes: these are written to
// a buffer of the caller's or of the Iter. Byte slices handed out are valid until
// the set is changed, or as the method says; what is stored is copied.
//
// Locks: whoever holds the lock of the key's shard may use a View or an Editor
// of it. A View of a frozen value needs no lock until its snapshot ends.
package set
