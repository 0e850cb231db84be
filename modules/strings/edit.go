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
		copy(e.GrowText(length, spare(length))[old:], value)
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
	at := int(offset)
	length := max(old, at+len(value))
	var data []byte
	if e.OK() {
		data = e.GrowText(length, spareBeyond(old, length))
	} else {
		raw := keyspace.MakeKind(keyspace.String, keyspace.Raw)
		data = c.DB.PutHashed(c.HashOf(key), key, raw, length, 0, c.Now)
	}
	if old < at {
		clear(data[old:at])
	}
	copy(data[at:], value)
	c.Changed(core.EventString, "setrange", key)
	c.Int(int64(length))
	return nil
}

// spare is the room kept behind a value of n bytes that is being built piece by
// piece. A share of its size makes the copying of n bytes in pieces cost O(n);
// a large value gets a smaller share, so as not to waste memory.
func spare(n int) int {
	const large = 1 << 20
	if n > large {
		return n / 8
	}
	return n / 2
}

// spareBeyond is spare for a value that grows, none for one that does not.
func spareBeyond(old, n int) int {
	if n > old {
		return spare(n)
	}
	return 0
}
