package zsets

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/resp"
	"github.com/ferrousdb/ferrous/core/zset"
)

// rangeOptions are what ZRANGE and its relatives say beside the ends of a range.
type rangeOptions struct {
	bounds
	limit   limit
	reverse bool
	scored  bool // WITHSCORES

	store  bool // ZRANGESTORE
	turned bool // the direction is in the command's name
}

var (
	errLimitByRank = core.Err("syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX")
	errScoredLex   = core.Err("syntax error, WITHSCORES not supported in combination with BYLEX")
)

// parse reads the arguments from the first end of the range on.
func (o *rangeOptions) parse(c *core.Ctx, ends int) error {
	o.limit = noLimit
	for i := ends + 2; i < len(c.Args); i++ {
		switch {
		case !o.store && c.Is(i, "withscores"):
			o.scored = true
		case c.Is(i, "limit") && i+2 < len(c.Args):
			b, err := parseRanks(c.Args[i+1], c.Args[i+2])
			if err != nil {
				return err
			}
			o.limit = limit{b.start, b.stop}
			i += 2
		case !o.turned && c.Is(i, "rev"):
			o.turned, o.reverse = true, true
		case o.by == unordered && c.Is(i, "bylex"):
			o.by = byLex
		case o.by == unordered && c.Is(i, "byscore"):
			o.by = byScore
		default:
			return core.ErrSyntax
		}
	}
	if o.by == unordered {
		o.by = byRank
	}
	switch {
	case o.by == byRank && o.limit.count != -1:
		return errLimitByRank
	case o.by == byLex && o.scored:
		return errScoredLex
	}
	low, high := c.Args[ends], c.Args[ends+1]
	if o.reverse && o.by != byRank {
		low, high = high, low
	}
	return o.bounds.parse(low, high)
}

// span finds the range.
func (o *rangeOptions) span(v zset.View) span {
	s := o.in(v, o.reverse)
	if o.by != byRank {
		s = o.limit.cut(s, o.reverse)
	}
	return s
}

// zrange is ZRANGE key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES].
func zrange(c *core.Ctx) error { return answerRange(c, rangeOptions{}) }

// zrevrange is ZREVRANGE key start stop [WITHSCORES].
func zrevrange(c *core.Ctx) error {
	return answerRange(c, rangeOptions{bounds: bounds{by: byRank}, turned: true, reverse: true})
}

// zrangebyscore is ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count].
func zrangebyscore(c *core.Ctx) error {
	return answerRange(c, rangeOptions{bounds: bounds{by: byScore}, turned: true})
}

// zrevrangebyscore is ZREVRANGEBYSCORE key max min [WITHSCORES] [LIMIT offset count].
func zrevrangebyscore(c *core.Ctx) error {
	return answerRange(c, rangeOptions{bounds: bounds{by: byScore}, turned: true, reverse: true})
}

// zrangebylex is ZRANGEBYLEX key min max [LIMIT offset count].
func zrangebylex(c *core.Ctx) error {
	return answerRange(c, rangeOptions{bounds: bounds{by: byLex}, turned: true})
}

// zrevrangebylex is ZREVRANGEBYLEX key max min [LIMIT offset count].
func zrevrangebylex(c *core.Ctx) error {
	return answerRange(c, rangeOptions{bounds: bounds{by: byLex}, turned: true, reverse: true})
}

func answerRange(c *core.Ctx, o rangeOptions) error {
	if err := o.parse(c, 2); err != nil {
		return err
	}
	e, err := c.FindType(c.Args[1], keyspace.ZSet)
	if err != nil {
		return err
	}
	var v zset.View
	if e.OK() {
		v = zset.Of(e.Value())
	}
	s := o.span(v)
	beginPairs(c.Writer, s.len(), o.scored)
	at := walkOver(v, s, o.reverse)
	if replySome(c.Writer, &at, o.scored) {
		rest, scored := at, o.scored
		c.Later(e, func(w *resp.Writer) bool { return replySome(w, &rest, scored) })
	}
	return nil
}

// replySome writes members of a walk, about as many as make a piece, and reports whether there
// may be more.
func replySome(w *resp.Writer, at *walk, scored bool) bool {
	for mark := w.Mark(); w.Mark()-mark < resp.PieceSize && !w.Unwanted(); {
		if !at.next() {
			return false
		}
		replyPair(w, at.Member(), at.Score(), scored)
	}
	return true
}

// walk goes through a span, from its end if reverse. It is no callback, so that the
// cursor stays on the stack.
//
//	for w := walkOver(view, span, reverse); w.next(); { ... w.Member(), w.Score() ... }
type walk struct {
	zset.Cursor
	left    int
	reverse bool
	begun   bool
}

func walkOver(v zset.View, s span, reverse bool) walk {
	w := walk{left: s.len(), reverse: reverse}
	switch {
	case w.left == 0:
	case reverse:
		w.Cursor = v.At(s.to - 1)
	default:
		w.Cursor = v.At(s.from)
	}
	return w
}

// next goes to the next member, at first to the first one.
func (w *walk) next() bool {
	if w.left == 0 {
		return false
	}
	w.left--
	switch {
	case !w.begun:
		w.begun = true
	case w.reverse:
		w.Prev()
	default:
		w.Next()
	}
	return true
}

func replySpan(w *resp.Writer, v zset.View, s span, reverse, scored bool) {
	beginPairs(w, s.len(), scored)
	for at := walkOver(v, s, reverse); at.next() && !w.Unwanted(); {
		replyPair(w, at.Member(), at.Score(), scored)
	}
}

// beginPairs opens the reply of n members; with scores it is flat in RESP2, and
// one of pairs in RESP3.
func beginPairs(w *resp.Writer, n int, scored bool) {
	if scored && !w.RESP3() {
		n *= 2
	}
	w.Array(n)
}

func replyPair(w *resp.Writer, member []byte, score float64, scored bool) {
	if !scored {
		w.Bulk(member)
		return
	}
	if w.RESP3() {
		w.Array(2)
	}
	w.Bulk(member)
	w.Double(score)
}

// zcount is ZCOUNT key min max.
func zcount(c *core.Ctx) error { return count(c, bounds{by: byScore}) }

// zlexcount is ZLEXCOUNT key min max.
func zlexcount(c *core.Ctx) error { return count(c, bounds{by: byLex}) }

func count(c *core.Ctx, b bounds) error {
	if err := b.parse(c.Args[2], c.Args[3]); err != nil {
		return err
	}
	v, err := view(c, c.Args[1])
	if err != nil {
		return err
	}
	c.Int(int64(b.in(v, false).len()))
	return nil
}
