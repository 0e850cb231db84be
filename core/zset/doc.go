// Package zset is the sorted set as data: members with scores, in the order of
// (score, member bytes). It knows neither commands nor replies; the modules of
// sorted sets and of geo indexes are built on it.
//
// A small sorted set is packed into its entry as a listpack of member, score,
// member, score ... in ascending order, byte for byte as Redis has it. A large
// one is a keyspace.Object: a hash table finds a member's score, a counted
// B+tree (core/btree) keeps the order. Both stand behind the same three things:
//
//   - View reads a value, live or frozen in a snapshot: Of(entry.Value()).
//   - Editor changes the value of a key: Edit(db, key, entry, now). It converts
//     from the packed to the large form by the limits of the configuration.
//   - Builder makes a whole value, for dumps and for commands that store.
//
// Ranks count from 0 in ascending order. Scores are never NaN: callers refuse it
// before they come here. Byte slices handed out are valid until the value is
// changed, or as the method says; what is stored is copied.
//
// Locks: whoever holds the lock of the key's shard may use a View or an Editor
// of it. A View of a frozen value needs no lock until its snapshot ends.
package zset
