package hashes

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/hash"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// hscan is HSCAN key cursor [MATCH pattern] [COUNT count] [NOVALUES].
func hscan(c *core.Ctx) error {
	cursor, err := c.ArgCursor(2)
	if err != nil {
		return err
	}
	e, err := c.FindType(c.Args[1], keyspace.Hash)
	if err != nil {
		return err
	}
	reply := c.BeginScan()
	if !e.OK() { // then the options are not looked at
		reply.End(0)
		return nil
	}
	o, err := c.FieldScanOptions(3)
	if err != nil {
		return err
	}
	next := hash.Of(e.Value(), c.Now).Scan(cursor, o.Count, func(field, value []byte) {
		if !o.Match(field) {
			return
		}
		reply.Add(field)
		if !o.NoValues {
			reply.Add(value)
		}
	})
	reply.End(next)
	return nil
}
