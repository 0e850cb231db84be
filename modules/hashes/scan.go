package hashes

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/hash"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// hscan is HSCAN key cursor [MATCH pattern] [COUNT count] [NOVALUES].
func hscan(c *core.Ctx) error {
	return c.ScanKey(keyspace.Hash, c.FieldScanOptions, func(e keyspace.Entry, cursor uint64, o *core.ScanOptions, reply *core.ScanReply) uint64 {
		return hash.Of(e.Value(), c.Now).Scan(cursor, o.Count, func(field, value []byte) {
			if !o.Match(field) {
				return
			}
			reply.Add(field)
			if !o.NoValues {
				reply.Add(value)
			}
		})
	})
}
