package sets

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/resp"
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
	e, err := c.FindType(c.Args[1], keyspace.Set)
	if err != nil {
		return err
	}
	var v set.View
	if e.OK() {
		v = set.Of(e.Value())
	}
	c.Set(v.Len())
	it := v.Iter()
	if writeSome(c.Writer, &it) {
		rest := it
		c.Later(e, func(w *resp.Writer) bool { return writeSome(w, &rest) })
	}
	return nil
}

// writeSome writes members, about as many as make a piece, and reports whether there may be
// more.
func writeSome(w *resp.Writer, it *set.Iter) bool {
	for at := w.Mark(); w.Mark()-at < resp.PieceSize && !w.Unwanted(); {
		if !it.Next() {
			return false
		}
		w.Bulk(it.Member())
	}
	return true
}

// writeAll writes the members as elements of a reply.
func writeAll(w *resp.Writer, v set.View) {
	it := v.Iter()
	for it.Next() && !w.Unwanted() {
		w.Bulk(it.Member())
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
