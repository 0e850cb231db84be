package keyspace

// defragState is where the compaction of a shard goes on.
type defragState struct {
	db   int
	from uint64
}

// Defrag moves entries of one shard out of sparse slabs, so that those empty
// and go back to the system: what Redis calls active defragmentation. It looks
// into one segment of a table, some hundreds of keys, and takes the shard's
// lock itself. It returns how many entries it moved and whether it has come to
// the end of the shard, after which the next call begins anew. While a snapshot
// is live it does nothing, since the snapshot holds on to the old places.
func (ks *Keyspace) Defrag(sh int) (moved int, done bool) {
	set := Locks(1) << sh
	ks.Lock(set)
	defer ks.Unlock(set)
	s := &ks.shards[sh]
	if s.arena.Live() {
		return 0, true
	}
	at := &s.defrag
	for at.db < len(ks.dbs) {
		t := &ks.dbs[at.db].tables[sh]
		if t.Len() > 0 {
			at.from, moved = t.Compact(at.from, 1)
			if at.from != 0 {
				return moved, false
			}
		}
		at.db++
		if moved > 0 {
			return moved, false
		}
	}
	*at = defragState{}
	s.arena.Trim()
	return moved, true
}

// Fragmentation returns how many bytes between the data are waste, which
// Defrag may give back, and how many hold data. It takes no lock.
func (ks *Keyspace) Fragmentation() (wasted, used int64) {
	st := ks.pool.Stats()
	return st.Holes, st.Used
}
