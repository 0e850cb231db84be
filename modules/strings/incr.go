package strings

import (
	"math"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/decimal"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/longdouble"
)

// incr is INCR key.
func incr(c *core.Ctx) error { return addInt(c, 1) }

// decr is DECR key.
func decr(c *core.Ctx) error { return addInt(c, -1) }

// incrby is INCRBY key increment.
func incrby(c *core.Ctx) error {
	n, err := c.ArgInt(2)
	if err != nil {
		return err
	}
	return addInt(c, n)
}

// decrby is DECRBY key decrement.
func decrby(c *core.Ctx) error {
	n, err := c.ArgInt(2)
	if err != nil {
		return err
	}
	if n == math.MinInt64 { // which has no positive counterpart
		return core.Err("decrement would overflow")
	}
	return addInt(c, -n)
}

func addInt(c *core.Ctx, by int64) error {
	key := c.Args[1]
	e, err := c.FindTypeForWrite(key, keyspace.String)
	if err != nil {
		return err
	}
	n, isInt := int64(0), false
	if e.OK() {
		if isInt = e.IsInt(); isInt {
			n = e.Int()
		} else if n, err = textInt(e); err != nil {
			return err
		}
	}
	sum := n + by
	if (by > 0) != (sum > n) && by != 0 {
		return core.ErrOverflow
	}
	if isInt {
		e.SetInt(sum)
	} else {
		c.SetInt(key, sum, keyspace.KeepTTL)
	}
	c.Changed(core.EventString, "incrby", key)
	c.Int(sum)
	return nil
}

// textInt reads the number of a value that is stored as text: one that APPEND
// or SETRANGE has built.
func textInt(e keyspace.Entry) (int64, error) {
	n, ok := decimal.Parse(e.Data())
	if !ok {
		return 0, core.ErrNotInteger
	}
	return n, nil
}

// incrbyfloat is INCRBYFLOAT key increment. It is propagated as a SET of the
// result, so that no replica depends on its own rounding.
func incrbyfloat(c *core.Ctx) error {
	key := c.Args[1]
	e, err := c.FindTypeForWrite(key, keyspace.String)
	if err != nil {
		return err
	}
	var n longdouble.Float
	ok := true
	switch {
	case !e.OK():
	case e.IsInt():
		n = longdouble.FromInt(e.Int())
	default:
		n, ok = longdouble.Parse(e.Data())
	}
	by, ok2 := longdouble.Parse(c.Args[2])
	if !ok || !ok2 {
		return core.ErrNotFloat
	}
	sum := n.Add(by)
	if !sum.Finite() {
		return core.ErrNaN
	}
	var tmp [64]byte
	text := longdouble.Append(tmp[:0], sum)
	// Even a whole number is stored as text here, as OBJECT ENCODING tells.
	copy(c.DB.PutHashed(c.HashOf(key), key, textKind(len(text)), len(text), keyspace.KeepTTL, c.Now), text)
	c.Changed(core.EventString, "incrbyfloat", key)
	c.Bulk(text)
	if c.Hooks.Feeding() {
		c.Propagate([]byte("SET"), key, append([]byte(nil), text...), []byte("KEEPTTL"))
	}
	return nil
}
