package hashes

import (
	"math"
	"math/rand/v2"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/hash"
)

var errRandomRange = core.Err("value is out of range, value must between -9223372036854775807 and 9223372036854775807")

// hrandfield is HRANDFIELD key [count [WITHVALUES]].
func hrandfield(c *core.Ctx) error {
	if len(c.Args) == 2 {
		v, err := view(c)
		if err != nil {
			return err
		}
		if cur, ok := v.Random(rand.Uint64()); ok {
			c.Bulk(cur.Field())
		} else {
			c.Null()
		}
		return nil
	}
	n, err := c.ArgInt(2)
	values := len(c.Args) == 4
	switch {
	case err != nil:
		return err
	case n == math.MinInt64:
		return errRandomRange
	case len(c.Args) > 4, values && !c.Is(3, "withvalues"):
		return core.ErrSyntax
	case values && (n < -math.MaxInt64/2 || n > math.MaxInt64/2):
		return core.ErrOutOfRange
	}
	v, err := view(c)
	if err != nil {
		return err
	}
	if n < 0 && v.Len() > 0 {
		return c.Repeat(-n, func() { beginFields(c, -n, values) }, func() {
			cur, _ := v.Random(rand.Uint64())
			replyField(c, &cur, values)
		})
	}
	replyRandom(c, v, max(n, 0), values)
	return nil
}

// replyRandom answers n different fields.
func replyRandom(c *core.Ctx, v hash.View, n int64, values bool) {
	size := int64(v.Len())
	count := min(n, size)
	beginFields(c, count, values)
	switch {
	case size == 0:
	case v.Packed() || 3*count > size:
		// A walk over all of them, in which each is taken with the chance that
		// leaves the right number at its end.
		cur := v.Fields()
		for ; count > 0 && cur.Next(); size-- {
			if rand.Int64N(size) < count {
				replyField(c, &cur, values)
				count--
			}
		}
	default:
		seen := make(map[string]struct{}, count)
		for int64(len(seen)) < count {
			cur, _ := v.Random(rand.Uint64())
			if _, ok := seen[string(cur.Field())]; !ok {
				seen[string(cur.Field())] = struct{}{}
				replyField(c, &cur, values)
			}
		}
	}
}

// beginFields opens a reply of n fields: in RESP3 a field with its value is an
// array, in RESP2 they follow each other.
func beginFields(c *core.Ctx, n int64, values bool) {
	if values && !c.RESP3() {
		n *= 2
	}
	c.Array(int(n))
}

func replyField(c *core.Ctx, cur *hash.Cursor, values bool) {
	if values && c.RESP3() {
		c.Array(2)
	}
	c.Bulk(cur.Field())
	if values {
		c.Bulk(cur.Value())
	}
}
