package keyspace

import (
	"unsafe"

	"github.com/ferrousdb/ferrous/core/prefetch"
)

// Warm asks the processor for what lookups of the hashes are going to touch,
// all of it at once, so that a batch of commands does not wait for memory one
// key after the other. The caller holds the locks of all of them.
func (db *DB) Warm(hashes []uint64) {
	for _, h := range hashes {
		db.tables[ShardOf(h)].PrefetchBucket(h)
	}
	for _, h := range hashes {
		db.tables[ShardOf(h)].PrefetchEntry(h)
	}
}

// WarmShared is Warm for a caller that holds no lock and shares the keyspace
// with other cores: each lock is taken for the moment that it is needed. The
// locks themselves are what travels between cores, so they come first.
func (db *DB) WarmShared(hashes []uint64) {
	db.ks.WarmLocks(hashes)
	for _, h := range hashes {
		sh := ShardOf(h)
		db.ks.shards[sh].mu.Lock()
		db.tables[sh].PrefetchBucket(h)
		db.ks.shards[sh].mu.Unlock()
	}
	for _, h := range hashes {
		sh := ShardOf(h)
		db.ks.shards[sh].mu.Lock()
		db.tables[sh].PrefetchEntry(h)
		db.ks.shards[sh].mu.Unlock()
	}
}

// WarmLocks asks for the locks only.
func (ks *Keyspace) WarmLocks(hashes []uint64) {
	for _, h := range hashes {
		prefetch.Write(uintptr(unsafe.Pointer(&ks.shards[ShardOf(h)])))
	}
}
