package strings

import (
	"strconv"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// get is GET key.
func get(c *core.Ctx) error {
	e, err := c.FindType(c.Args[1], keyspace.String)
	if err != nil {
		return err
	}
	reply(c, e)
	return nil
}

// reply writes the value of an open key, or null.
func reply(c *core.Ctx, e keyspace.Entry) {
	switch {
	case !e.OK():
		c.Null()
	case e.IsInt():
		c.BulkInt(e.Int())
	default:
		replyData(c, e, 0, int64(len(e.Data())))
	}
}

// replyData writes bytes of the value, which is no integer, of an open key. Those of a
// large one are not copied.
func replyData(c *core.Ctx, e keyspace.Entry, from, to int64) {
	b := e.Data()[from:to]
	if len(b) >= keyspace.HoldFrom {
		if release, ok := e.Hold(); ok {
			c.BulkHeld(b, release)
			return
		}
	}
	c.Bulk(b)
}

// mget is MGET key [key ...]; what is no string is null.
func mget(c *core.Ctx) error {
	c.Array(len(c.Args) - 1)
	for _, key := range c.Args[1:] {
		e, _ := c.FindType(key, keyspace.String)
		reply(c, e)
	}
	return nil
}

// getdel is GETDEL key.
func getdel(c *core.Ctx) error {
	key := c.Args[1]
	e, err := c.FindType(key, keyspace.String)
	if err != nil {
		return err
	}
	reply(c, e)
	if !e.OK() {
		return nil
	}
	e.Delete()
	c.Changed(core.EventGeneric, "del", key)
	if c.Hooks.Feeding() {
		c.Propagate([]byte("DEL"), key)
	}
	return nil
}

// getex is GETEX key [EX s | PX ms | EXAT s | PXAT ms | PERSIST]. It is never
// propagated as it is, but as what it did.
func (m *module) getex(c *core.Ctx) error {
	o, err := parseOptions(c.Args[2:], forGetex)
	if err != nil {
		return err
	}
	key := c.Args[1]
	e, err := c.FindType(key, keyspace.String)
	if err != nil {
		return err
	}
	if !e.OK() {
		c.Null()
		return nil
	}
	expire, err := o.deadline(c)
	if err != nil {
		return err
	}
	reply(c, e)
	switch {
	case o.has(optEXAT|optPXAT) && expire <= c.Now:
		m.expireNow(c, e, key)
	case expire != 0:
		e.SetExpire(expire)
		c.Changed(core.EventGeneric, "expire", key)
		if c.Hooks.Feeding() {
			c.Propagate([]byte("PEXPIREAT"), key, strconv.AppendInt(nil, expire, 10))
		}
	case o.has(optPersist) && e.Expire() != 0:
		e.SetExpire(0)
		c.Changed(core.EventGeneric, "persist", key)
		if c.Hooks.Feeding() {
			c.Propagate([]byte("PERSIST"), key)
		}
	}
	return nil
}

// expireNow deletes a key that was given an expiry in the past.
func (m *module) expireNow(c *core.Ctx, e keyspace.Entry, key []byte) {
	e.Delete()
	c.Changed(core.EventGeneric, "del", key)
	if c.Hooks.Feeding() {
		verb := "DEL"
		if m.lazyExpire != nil && m.lazyExpire.Load() {
			verb = "UNLINK"
		}
		c.Propagate([]byte(verb), key)
	}
}

// strlen is STRLEN key.
func strlen(c *core.Ctx) error {
	e, err := c.FindType(c.Args[1], keyspace.String)
	if err != nil {
		return err
	}
	if !e.OK() {
		c.Int(0)
		return nil
	}
	c.Int(int64(e.TextLen()))
	return nil
}

// getrange is GETRANGE key start end, and SUBSTR.
func getrange(c *core.Ctx) error {
	start, err := c.ArgInt(2)
	if err != nil {
		return err
	}
	end, err := c.ArgInt(3)
	if err != nil {
		return err
	}
	e, err := c.FindType(c.Args[1], keyspace.String)
	if err != nil {
		return err
	}
	var text []byte
	var tmp [20]byte
	if e.OK() {
		text = e.Text(tmp[:])
	}
	from, to := span(start, end, int64(len(text)))
	if to > from && !e.IsInt() {
		replyData(c, e, from, to)
		return nil
	}
	c.Bulk(text[from:to])
	return nil
}

// span turns positions that may count from the end (-1 is the last byte) into
// the bounds of a slice of n bytes.
func span(start, end, n int64) (from, to int64) {
	if start < 0 && end < 0 && start > end {
		return 0, 0
	}
	if start < 0 {
		start = max(start+n, 0)
	}
	if end < 0 {
		end = max(end+n, 0) // so that 0 -100 is the first byte, as in Redis
	}
	end = min(end, n-1)
	if start > end {
		return 0, 0
	}
	return start, end + 1
}
