// Package dict is the segmented hash table behind the keyspace, hashes, sets and the
// member index of sorted sets, and the layout of the entries it holds.
//
// It is extendible hashing. A directory, indexed by the first bits of a key's hash,
// leads to segments of up to 1016 slots; a full segment splits in two by the next bit
// of the hash, and only then and only if no other segment shares its length of prefix
// does the directory double. So growth never stalls on a rehash of the whole table.
//
//	directory            segment (in the arena)
//	+-----+              +--------+--------+--------+-- ... --+
//	| 000 |------------->| header | bucket | bucket |         |
//	| 001 |---.          +--------+--------+--------+-- ... --+
//	| 01x |   |                     8 slots of 8 bytes: one cache line
//	 ...      `--> ...
//
// Everything is in hash order: the directory by the first bits, and inside a segment
// an entry's home bucket is the next bits scaled to the number of buckets. That makes
// a scan cursor a plain position in hash order, which no growth or shrinking moves.
//
// Entries, segments and directories are blobs of an arena, invisible to the garbage
// collector. Tables share structure with the Views of live snapshots: a segment older
// than the newest snapshot is copied before it changes.
//
// The hash comes from the caller (Table.Hash computes it), so that one computation
// serves both the choice of a shard and the lookup. A Table is not safe for concurrent
// use: the lock that protects its arena protects it. Reading methods may run
// concurrently with each other. Views need no lock.
package dict
