package sets

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/set"
)

// scard is SCARD key.
func scard(c *core.Ctx) error {
	v, err := view(c, c.Args[1])
	if err != nil {
		return err
	}
	c.Int(int64(v.Len()))
	return nil
}

// sismember is SISMEMBER key member.
func sismember(c *core.Ctx) error {
	v, err := view(c, c.Args[1])
	if err != nil {
		return err
	}
	reply(c, v.Has(c.Args[2]))
	return nil
}

// smismember is SMISMEMBER key member [member ...].
func smismember(c *core.Ctx) error {
	v, err := view(c, c.Args[1])
	if err != nil {
		return err
	}
	members := c.Args[2:]
	c.Array(len(members))
	for _, member := range members {
		reply(c, v.Has(member))
	}
	return nil
}

// smembers is SMEMBERS key.
func smembers(c *core.Ctx) error {
	v, err := view(c, c.Args[1])
	if err != nil {
		return err
	}
	c.Set(v.Len())
	writeAll(c, v)
	return nil
}

// writeAll writes the members as elements of a reply.
func writeAll(c *core.Ctx, v set.View) {
	for it := v.Iter(); it.Next(); {
		c.Bulk(it.Member())
	}
}

// sscan is SSCAN key cursor [MATCH pattern] [COUNT count].
func sscan(c *core.Ctx) error {
	return c.ScanKey(keyspace.Set, c.ScanOptions, func(e keyspace.Entry, cursor uint64, o *core.ScanOptions, reply *core.ScanReply) uint64 {
		return set.Of(e.Value()).Scan(cursor, o.Count, func(member []byte) {
			if o.Match(member) {
				reply.Add(member)
			}
		})
	})
}
