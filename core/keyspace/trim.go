package keyspace

// Trim gives memory that holds nothing back to the pool: empty slabs of the shards of set,
// whose locks are held.
func (ks *Keyspace) Trim(set Locks) {
	for sh := range ks.shards {
		if set.HasShard(sh) {
			ks.shards[sh].arena.Trim()
		}
	}
}

// TrimReserve gives what the pool keeps back to the system. It needs no lock.
func (ks *Keyspace) TrimReserve() { ks.pool.Trim() }

// Rest is called now and then by whoever has time; no shard is locked. Memory of
// large values that were freed goes back to the system, and if quiet, which should not be more often than
// once a second, spares that have not been used again, too.
func (ks *Keyspace) Rest(quiet bool) {
	if quiet {
		for sh := range ks.shards {
			ks.Lock(1 << sh)
			ks.shards[sh].arena.TrimSome(trimSlabs)
			ks.Unlock(1 << sh)
		}
	}
	ks.pool.Rest(quiet)
}

// trimSlabs is how many slabs a shard gives up in one step: some microseconds for each.
const trimSlabs = 8
