package strings

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// append is APPEND key value.
func (m *module) append(c *core.Ctx) error {
	key, value := c.Args[1], c.Args[2]
	e, err := c.FindTypeForWrite(key, keyspace.String)
	if err != nil {
		return err
	}
	length := len(value)
	if !e.OK() {
		c.SetString(key, value, 0)
	} else {
		old := e.TextLen()
		if err := m.checkLength(c, int64(old), int64(len(value))); err != nil {
			return err
		}
		length += old
		if _, err := c.WriteText(key, e, length, old, value); err != nil {
			return err
		}
	}
	c.Changed(core.EventString, "append", key)
	c.Int(int64(length))
	return nil
}

// setrange is SETRANGE key offset value.
func (m *module) setrange(c *core.Ctx) error {
	key, value := c.Args[1], c.Args[3]
	offset, err := c.ArgInt(2)
	if err != nil {
		return err
	}
	if offset < 0 {
		return core.Err("offset is out of range")
	}
	e, err := c.FindTypeForWrite(key, keyspace.String)
	if err != nil {
		return err
	}
	old := 0
	if e.OK() {
		old = e.TextLen()
	}
	if len(value) == 0 {
		c.Int(int64(old))
		return nil
	}
	if err := m.checkLength(c, offset, int64(len(value))); err != nil {
		return err
	}
	data, err := c.WriteText(key, e, old, int(offset), value)
	if err != nil {
		return err
	}
	c.Changed(core.EventString, "setrange", key)
	c.Int(int64(len(data)))
	return nil
}
