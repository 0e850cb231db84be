// Package dump writes and reads whole dumps, Redis's RDB files: all data of a
// keyspace in one stream. Modules that keep data in files, or send them to
// replicas, stand on it; the values' own forms are their types' (see
// core.ValueType), the elements of the format are those of package rdb.
//
// Save writes a snapshot, WriteFile does so to a file that appears only when it
// is complete, Load brings a dump in, and Scan looks through one without data.
// Saving and loading work on all cores.
//
// # Saving
//
// A dump is a row of keys in any order, so workers take one shard of a database
// after the other and encode its keys into blocks of their own. Who has filled a
// block takes its turn at the stream, says which database the block belongs to,
// and writes it. The checksum of a block is computed before its turn and put
// together with what came before (rdb.CombineCRC64), so that a turn is little
// more than the write.
//
// A value that is larger than a block leaves in pieces while it is encoded
// (rdb.Writer): meanwhile the turn is its worker's. So whoever the stream is
// written to is given no more than a megabyte at once, a worker holds no more than
// a few of those, and a Write that waits makes the saving wait.
//
// # Loading
//
// One goroutine reads and cuts the stream into blocks of whole keys; it does not
// decode them, it only skips from element to element (rdb.Skipper). Workers
// decode a block's keys and insert them one shard after the other, so that a
// lock is taken once for many keys and memory is asked for ahead. A large string does not
// go that way: it is read straight to where it stays.
//
// The input is foreign. No length in it is believed: memory is taken for what
// has arrived, or for what the rest of a file of known size can hold, and the tables are sized for no more keys than the rest of the
// file can hold. Errors tell the offset in the file and what was being read
// there; of several, the first in the file.
//
// The package opens no dump by name and knows no configuration but what the
// options say and rdbcompression, which the value types look at too.
package dump
