package hashes

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/hash"
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
func hgetall(c *core.Ctx) error {
	v, err := view(c)
	if err != nil {
		return err
	}
	c.Map(v.Len())
	for cur := v.Fields(); cur.Next(); {
		c.Bulk(cur.Field())
		c.Bulk(cur.Value())
	}
	return nil
}

// hkeys is HKEYS key.
func hkeys(c *core.Ctx) error {
	v, err := view(c)
	if err != nil {
		return err
	}
	c.Array(v.Len())
	for cur := v.Fields(); cur.Next(); {
		c.Bulk(cur.Field())
	}
	return nil
}

// hvals is HVALS key.
func hvals(c *core.Ctx) error {
	v, err := view(c)
	if err != nil {
		return err
	}
	c.Array(v.Len())
	for cur := v.Fields(); cur.Next(); {
		c.Bulk(cur.Value())
	}
	return nil
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
