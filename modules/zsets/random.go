package zsets

import (
	"math"
	"math/rand/v2"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/decimal"
	"github.com/ferrousdb/ferrous/core/zset"
)

var errRandomRange = core.Err("value is out of range, value must between -9223372036854775807 and 9223372036854775807")

// zrandmember is ZRANDMEMBER key [count [WITHSCORES]].
func zrandmember(c *core.Ctx) error {
	if len(c.Args) == 2 {
		v, err := view(c, c.Args[1])
		switch {
		case err != nil:
			return err
		case v.Len() == 0:
			c.Null()
		default:
			cur := v.At(rand.IntN(v.Len()))
			c.Bulk(cur.Member())
		}
		return nil
	}
	n, ok := decimal.Parse(c.Args[2])
	scored := len(c.Args) == 4
	switch {
	case !ok:
		return core.ErrNotInteger
	case n == math.MinInt64:
		return errRandomRange
	case len(c.Args) > 4, scored && !c.Is(3, "withscores"):
		return core.ErrSyntax
	case scored && (n < -math.MaxInt64/2 || n > math.MaxInt64/2):
		return core.ErrOutOfRange
	}
	v, err := view(c, c.Args[1])
	if err != nil {
		return err
	}
	return replyRandom(c, v, n, scored)
}

// replyRandom answers n different members, or -n members that may be the same.
func replyRandom(c *core.Ctx, v zset.View, n int64, scored bool) error {
	size := v.Len()
	reply := func(cur zset.Cursor) { replyPair(c.Writer, cur.Member(), cur.Score(), scored) }
	switch {
	case size == 0:
		c.Array(0)
	case n < 0:
		return c.Repeat(-n, func() { beginPairs(c.Writer, int(-n), scored) }, func() { reply(v.At(rand.IntN(size))) })
	case 3*min(n, int64(size)) > int64(size):
		count := int(min(n, int64(size)))
		beginPairs(c.Writer, count, scored)
		// A walk over all of them, in which each is taken with the chance that
		// leaves the right number at its end.
		for cur := v.At(size - 1); count > 0; cur.Prev() {
			if rand.IntN(cur.Rank()+1) < count {
				reply(cur)
				count--
			}
		}
	default:
		beginPairs(c.Writer, int(n), scored)
		seen := make(map[int]struct{}, n)
		for len(seen) < int(n) {
			rank := rand.IntN(size)
			if _, ok := seen[rank]; !ok {
				seen[rank] = struct{}{}
				reply(v.At(rank))
			}
		}
	}
	return nil
}
