package hashes

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/hash"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/resp"
)

// reply writes the value of a field, or null.
func reply(c *core.Ctx, v hash.View, field []byte) {
	var room [20]byte
	value, ok := v.Get(field, room[:])
	if !ok {
		c.Null()
		return
	}
	c.Bulk(value)
}

// hget is HGET key field.
func hget(c *core.Ctx) error {
	v, err := view(c)
	if err == nil {
		reply(c, v, c.Args[2])
	}
	return err
}

// hmget is HMGET key field [field ...].
func hmget(c *core.Ctx) error {
	v, err := view(c)
	if err != nil {
		return err
	}
	c.Array(len(c.Args) - 2)
	for _, field := range c.Args[2:] {
		reply(c, v, field)
	}
	return nil
}

// hgetall is HGETALL key.
func hgetall(c *core.Ctx) error { return replyAll(c, true, true) }

// hkeys is HKEYS key.
func hkeys(c *core.Ctx) error { return replyAll(c, true, false) }

// hvals is HVALS key.
func hvals(c *core.Ctx) error { return replyAll(c, false, true) }

// replyAll writes all fields, all values or both.
func replyAll(c *core.Ctx, fields, values bool) error {
	e, err := c.FindType(c.Args[1], keyspace.Hash)
	if err != nil {
		return err
	}
	var v hash.View
	if e.OK() {
		v = hash.Of(e.Value(), c.Now)
	}
	if fields && values {
		c.Map(v.Len())
	} else {
		c.Array(v.Len())
	}
	cur := v.Fields()
	if replySome(c.Writer, &cur, fields, values) {
		rest := cur
		c.Later(e, func(w *resp.Writer) bool { return replySome(w, &rest, fields, values) })
	}
	return nil
}

// replySome writes what is behind a cursor, about as much as makes a piece, and reports whether
// there may be more.
func replySome(w *resp.Writer, cur *hash.Cursor, fields, values bool) bool {
	for at := w.Mark(); w.Mark()-at < resp.PieceSize && !w.Unwanted(); {
		if !cur.Next() {
			return false
		}
		if fields {
			w.Bulk(cur.Field())
		}
		if values {
			w.Bulk(cur.Value())
		}
	}
	return true
}

// hlen is HLEN key.
func hlen(c *core.Ctx) error {
	v, err := view(c)
	if err == nil {
		c.Int(int64(v.Len()))
	}
	return err
}

// hstrlen is HSTRLEN key field.
func hstrlen(c *core.Ctx) error {
	v, err := view(c)
	if err != nil {
		return err
	}
	var room [20]byte
	value, _ := v.Get(c.Args[2], room[:])
	c.Int(int64(len(value)))
	return nil
}

// hexists is HEXISTS key field.
func hexists(c *core.Ctx) error {
	v, err := view(c)
	if err != nil {
		return err
	}
	if v.Has(c.Args[2]) {
		c.Int(1)
	} else {
		c.Int(0)
	}
	return nil
}
