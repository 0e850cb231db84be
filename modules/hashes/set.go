package hashes

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/hash"
)

// hset is HSET key field value [field value ...].
func hset(c *core.Ctx) error {
	added, err := setFields(c)
	if err == nil {
		c.Int(added)
	}
	return err
}

// hmset is HMSET, which is HSET with another reply.
func hmset(c *core.Ctx) error {
	_, err := setFields(c)
	if err == nil {
		c.OK()
	}
	return err
}

func setFields(c *core.Ctx) (added int64, err error) {
	if len(c.Args)%2 != 0 {
		return 0, core.ErrArity(c.Cmd.FullName())
	}
	var ed hash.Editor
	if err := edit(c, &ed); err != nil {
		return 0, err
	}
	pairs := c.Args[2:]
	if len(pairs) > 2 {
		for i := 0; i < len(pairs); i += 2 {
			ed.Reserve(pairs[i], pairs[i+1])
		}
	}
	for i := 0; i < len(pairs); i += 2 {
		if ed.Set(pairs[i], pairs[i+1]) {
			added++
		}
	}
	ed.Done()
	c.ChangedBy(int64(len(pairs)/2), core.EventHash, "hset", c.Args[1])
	return added, nil
}

// hsetnx is HSETNX key field value.
func hsetnx(c *core.Ctx) error {
	var ed hash.Editor
	if err := edit(c, &ed); err != nil {
		return err
	}
	if ed.View().Has(c.Args[2]) {
		c.Int(0)
		return nil
	}
	ed.Set(c.Args[2], c.Args[3])
	ed.Done()
	c.Changed(core.EventHash, "hset", c.Args[1])
	c.Int(1)
	return nil
}

// hdel is HDEL key field [field ...].
func hdel(c *core.Ctx) error {
	var ed hash.Editor
	if err := edit(c, &ed); err != nil {
		return err
	}
	n := int64(0)
	for _, field := range c.Args[2:] {
		if ed.Delete(field) {
			n++
		}
	}
	removed(c, &ed, n)
	c.Int(n)
	return nil
}
