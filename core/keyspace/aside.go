package keyspace

// Aside is a second set of databases in a keyspace, for data that are brought in
// while those that are there are served. Nobody sees it: no sweeper, no snapshot, no
// eviction. It shares the shards' locks and memory. It ends with Swap or Drop.
type Aside struct {
	ks  *Keyspace
	dbs []*DB
}

// Aside makes empty databases beside the keyspace's own.
func (ks *Keyspace) Aside() *Aside {
	a := &Aside{ks: ks}
	for i := range ks.dbs {
		a.dbs = append(a.dbs, newDB(ks, i))
	}
	return a
}

// DB returns the one in the place of database i.
func (a *Aside) DB(i int) *DB { return a.dbs[i] }

// Swap puts the data in the place of those that there are, which are dropped. The
// caller holds all locks.
func (a *Aside) Swap() {
	for i, db := range a.ks.dbs {
		db.Swap(a.dbs[i])
	}
	a.Drop()
}

// Drop drops the data; the caller holds all locks.
func (a *Aside) Drop() {
	for _, db := range a.dbs {
		db.Flush()
	}
}
