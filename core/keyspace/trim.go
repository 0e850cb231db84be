package keyspace

// Trim gives memory that holds nothing back to the system: empty slabs of all
// shards, and the pool's reserve. All shards are locked.
func (ks *Keyspace) Trim() {
	for sh := range ks.shards {
		ks.shards[sh].arena.Trim()
	}
	ks.pool.Trim()
}

// Rest does what arena.Pool.Rest does; no shard is locked.
func (ks *Keyspace) Rest(quiet bool) { ks.pool.Rest(quiet) }
