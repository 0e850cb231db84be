package bitmaps

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// setbit is SETBIT key offset value.
func (m *module) setbit(c *core.Ctx) error {
	key := c.Args[1]
	offset, err := m.offset(c, c.Args[2], 1)
	if err != nil {
		return err
	}
	bit, err := c.ArgInt(3)
	if err != nil || bit&^1 != 0 {
		return core.Err("bit is not an integer or out of range")
	}
	data, grown, err := pad(c, key, offset)
	if err != nil {
		return err
	}
	at, shift := offset>>3, 7-offset&7
	old := int64(data[at] >> shift & 1)
	if grown || old != bit {
		data[at] ^= byte(old^bit) << shift
		c.Changed(core.EventString, "setbit", key)
	}
	c.Int(old)
	return nil
}

// pad opens a string for writing up to the bit at offset; grown tells whether
// it was not that long, or not there at all.
func pad(c *core.Ctx, key []byte, offset int64) (data []byte, grown bool, err error) {
	e, err := c.FindTypeForWrite(key, keyspace.String)
	if err != nil {
		return nil, false, err
	}
	n := int(offset>>3) + 1
	grown = !e.OK() || e.TextLen() < n
	data, err = c.WriteText(key, e, n, 0, nil)
	return data, grown, err
}

// getbit is GETBIT key offset.
func (m *module) getbit(c *core.Ctx) error {
	offset, err := m.offset(c, c.Args[2], 1)
	if err != nil {
		return err
	}
	e, err := c.FindType(c.Args[1], keyspace.String)
	if err != nil {
		return err
	}
	var tmp [20]byte
	text := textOf(e, tmp[:])
	bit := byte(0)
	if at := offset >> 3; at < int64(len(text)) {
		bit = text[at] >> (7 - offset&7) & 1
	}
	c.Int(int64(bit))
	return nil
}

// textOf is the value of an open key; nothing if it is missing. An integer's
// digits are written to tmp.
func textOf(e keyspace.Entry, tmp []byte) []byte {
	if !e.OK() {
		return nil
	}
	return e.Text(tmp)
}
