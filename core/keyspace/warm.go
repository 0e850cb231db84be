package keyspace

// Warm asks the processor for what lookups of the hashes are going to touch,
// all of it at once, so that a batch of commands does not wait for memory one
// key after the other. With held the caller holds the locks of all of them;
// else each is taken for the moment that it is needed.
func (db *DB) Warm(hashes []uint64, held bool) {
	for _, h := range hashes {
		s := &db.ks.shards[h>>(64-shardBits)]
		if !held {
			s.mu.Lock()
		}
		db.tables[h>>(64-shardBits)].PrefetchBucket(h)
		if !held {
			s.mu.Unlock()
		}
	}
	for _, h := range hashes {
		s := &db.ks.shards[h>>(64-shardBits)]
		if !held {
			s.mu.Lock()
		}
		db.tables[h>>(64-shardBits)].PrefetchEntry(h)
		if !held {
			s.mu.Unlock()
		}
	}
}
