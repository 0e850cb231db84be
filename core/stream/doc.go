// Package stream is the stream as data: entries in the order of their IDs, and
// groups of consumers with what has been delivered to them and is not yet
// acknowledged. It knows neither commands nor replies; the module of streams is
// built on it.
//
// Entries are kept in blocks, each a listpack of Redis's own layout but for its
// header and end mark: so dumps are made and read by copying.
//
//	block      count of entries | of deleted ones | fields of the master entry | 0
//	           entry: flags | ms and seq, less the block's ID | values | number of elements
//	           ...
//
// The last block, to which entries are appended, grows by doubling; when it is full
// it is cut to size and entered into a directory: pages of slots, each with the ID
// of a block, where it is and how many entries it has. Nothing is ever inserted
// between blocks. Trimming frees whole ones; an entry that is deleted stays, marked,
// until its block has no other.
//
// What is pending for a group is kept in chunks of records of a fixed size, in the order
// of IDs, with a directory of the same kind. A record tells its consumer by a number, so
// that one structure serves the group and each of its consumers; the slot of a chunk
// tells which consumers may have a record there and that none was delivered before a
// certain time, so that a look for one consumer's or for old ones passes whole chunks.
//
// Two things stand before all that:
//
//   - View reads a stream, live or frozen in a snapshot: Of(entry.Value()).
//   - Editor changes the stream of a key: Edit(db, key, entry, now).
//
// Blocks, chunks, pages and groups carry the epoch of their making; what a live snapshot
// may see is copied before it is changed. A stream without entries is a stream still: no
// key goes away by itself.
//
// What is handed out is valid until the stream is changed; what is stored is copied,
// and must not lie in the stream that is being changed.
//
// Locks: whoever holds the lock of the key's shard may use a View or an Editor
// of it. A View of a frozen stream needs no lock until its snapshot ends.
package stream
