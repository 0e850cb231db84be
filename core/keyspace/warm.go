package keyspace

// Warm brings what lookups of the hashes are going to touch into the processor's
// cache, all of it at once, so that a batch of commands does not wait for
// memory one key after the other. The caller holds the locks of all of them.
// The result means nothing; it keeps the loads from being optimized away.
func (db *DB) Warm(hashes []uint64) (sum uint64) {
	for _, h := range hashes {
		sum += db.tables[h>>(64-shardBits)].TouchBucket(h)
	}
	for _, h := range hashes {
		sum += db.tables[h>>(64-shardBits)].TouchEntry(h)
	}
	return sum
}
