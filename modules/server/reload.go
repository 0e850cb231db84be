package server

import (
	"bytes"
	"fmt"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// saved is a key as a dump would hold it.
type saved struct {
	db     int
	key    []byte
	opcode byte
	value  []byte
	expire int64 // Unix milliseconds, 0 for never
}

// debugReload is DEBUG RELOAD: every value is written as a dump would hold it,
// all data are dropped, and the values are read again. Like a dump it leaves
// out the keys whose time has come.
func debugReload(c *core.Ctx) error {
	if len(c.Args) > 2 {
		if c.Is(2, "merge") || c.Is(2, "noflush") || c.Is(2, "nosave") {
			return core.Err("DEBUG RELOAD has no options as long as there are no RDB files")
		}
		return core.Err("DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.")
	}
	r, ks := c.Server.Registry(), c.DB.Keyspace()
	all, err := saveAll(r, ks, c.Now)
	if err != nil {
		return err
	}
	for i := range ks.Databases() {
		ks.DB(i).Flush()
	}
	for _, s := range all {
		v, err := r.TypeByOpcode(s.opcode).Load(s.opcode, rdb.NewReader(s.value), ks.Arena(ks.Hash(s.key)))
		if err != nil { // a value that cannot be read again: a bug, and the data are gone
			panic(fmt.Sprintf("DEBUG RELOAD: key %q: %v", s.key, err))
		}
		ks.DB(s.db).PutValue(s.key, v, s.expire, c.Now)
	}
	c.OK()
	return nil
}

func saveAll(r *core.Registry, ks *keyspace.Keyspace, now int64) ([]saved, error) {
	var all []saved
	var err error
	frozen := ks.Freeze()
	defer frozen.End()
	for db := range frozen.Databases() {
		for shard := range keyspace.Shards {
			frozen.Walk(db, shard, func(f keyspace.Frozen) bool {
				if f.Expire != 0 && f.Expire < now {
					return true
				}
				t := r.TypeOf(f.Value)
				if t == nil {
					err = fmt.Errorf("no module knows the type of key %q", f.Key)
					return false
				}
				opcode, value := t.Save(nil, f.Value)
				all = append(all, saved{db, bytes.Clone(f.Key), opcode, value, f.Expire})
				return true
			})
		}
	}
	return all, err
}
