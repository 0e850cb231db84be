package hashes

import (
	"strconv"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/decimal"
	"github.com/ferrousdb/ferrous/core/hash"
	"github.com/ferrousdb/ferrous/core/longdouble"
)

var (
	errHashInteger = core.Err("hash value is not an integer")
	errHashFloat   = core.Err("hash value is not a float")
	errInfinite    = core.Err("value is NaN or Infinity")
)

// hincrby is HINCRBY key field increment.
func hincrby(c *core.Ctx) error {
	field := c.Args[2]
	by, err := c.ArgInt(3)
	if err != nil {
		return err
	}
	var ed hash.Editor
	if err := edit(c, &ed); err != nil {
		return err
	}
	var room [20]byte
	n := int64(0)
	if value, ok := ed.View().Get(field, room[:]); ok {
		if n, ok = decimal.Parse(value); !ok {
			return errHashInteger
		}
	}
	sum := n + by
	if (by > 0) != (sum > n) && by != 0 {
		return core.ErrOverflow
	}
	ed.Update(field, strconv.AppendInt(room[:0], sum, 10))
	ed.Done()
	c.Changed(core.EventHash, "hincrby", c.Args[1])
	c.Int(sum)
	return nil
}

// hincrbyfloat is HINCRBYFLOAT key field increment. It is propagated as a HSET of
// the result, so that no replica depends on its own rounding; HSET takes the
// expiry off the field, so that one is propagated too.
func hincrbyfloat(c *core.Ctx) error {
	key, field := c.Args[1], c.Args[2]
	by, ok := longdouble.Parse(c.Args[3])
	if !ok {
		return core.ErrNotFloat
	}
	if !by.Finite() {
		return errInfinite
	}
	var ed hash.Editor
	if err := edit(c, &ed); err != nil {
		return err
	}
	var room [20]byte
	var n longdouble.Float
	v := ed.View()
	if value, ok := v.Get(field, room[:]); ok {
		if n, ok = longdouble.Parse(value); !ok {
			return errHashFloat
		}
	}
	sum := n.Add(by)
	if !sum.Finite() {
		return core.ErrNaN
	}
	expire, _ := v.Expire(field)
	var tmp [64]byte
	text := longdouble.Append(tmp[:0], sum)
	ed.Update(field, text)
	ed.Done()
	c.Changed(core.EventHash, "hincrbyfloat", key)
	c.Bulk(text)
	if c.Hooks.Feeding() {
		c.Propagate([]byte("HSET"), key, field, append([]byte(nil), text...))
		if expire != 0 {
			propagateExpire(c, expire, [][]byte{field})
		}
	}
	return nil
}
