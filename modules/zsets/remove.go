package zsets

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/zset"
)

// zrem is ZREM key member [member ...].
func zrem(c *core.Ctx) error {
	key := c.Args[1]
	e, err := c.FindTypeForWrite(key, keyspace.ZSet)
	if err != nil {
		return err
	}
	if !e.OK() {
		c.Int(0)
		return nil
	}
	ed := zset.Edit(c.DB, key, e, c.Now)
	n := 0
	for _, member := range c.Args[2:] {
		if _, ok := ed.Remove(member); ok {
			n++
		}
	}
	removed(c, ed, n, "zrem")
	c.Int(int64(n))
	return nil
}

// removed ends an edit that has removed n members; an empty key goes.
func removed(c *core.Ctx, ed *zset.Editor, n int, event string) {
	if n == 0 {
		return
	}
	c.Removed(int64(n), core.EventZSet, event, c.Args[1], ed.Done())
}

// zremrangebyrank is ZREMRANGEBYRANK key start stop.
func zremrangebyrank(c *core.Ctx) error { return removeRange(c, bounds{by: byRank}, "zremrangebyrank") }

// zremrangebyscore is ZREMRANGEBYSCORE key min max.
func zremrangebyscore(c *core.Ctx) error {
	return removeRange(c, bounds{by: byScore}, "zremrangebyscore")
}

// zremrangebylex is ZREMRANGEBYLEX key min max.
func zremrangebylex(c *core.Ctx) error { return removeRange(c, bounds{by: byLex}, "zremrangebylex") }

func removeRange(c *core.Ctx, b bounds, event string) error {
	if err := b.parse(c.Args[2], c.Args[3]); err != nil {
		return err
	}
	key := c.Args[1]
	e, err := c.FindTypeForWrite(key, keyspace.ZSet)
	if err != nil {
		return err
	}
	if !e.OK() {
		c.Int(0)
		return nil
	}
	ed := zset.Edit(c.DB, key, e, c.Now)
	s := b.in(ed.View(), false)
	ed.RemoveRange(s.from, s.len(), nil)
	removed(c, ed, s.len(), event)
	c.Int(int64(s.len()))
	return nil
}
