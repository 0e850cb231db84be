package streams

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/stream"
)

// xlen is XLEN key.
func xlen(c *core.Ctx) error {
	v, _, err := view(c, c.Args[1])
	if err != nil {
		return err
	}
	c.Int(int64(v.Len()))
	return nil
}

// xrange is XRANGE key start end [COUNT count].
func xrange(c *core.Ctx) error { return interval(c, 2, 3) }

// xrevrange is XREVRANGE key end start [COUNT count].
func xrevrange(c *core.Ctx) error { return interval(c, 3, 2) }

// likely is how many entries an answer has, exactly if their number is not limited.
func likely(v stream.View, from, to stream.ID, count int64) int {
	if count > 0 {
		return int(min(count, int64(v.Len())))
	}
	return v.Count(from, to)
}

// interval replies the entries between two arguments, backwards if the end comes first.
func interval(c *core.Ctx, start, end int) error {
	from, err := startID(c.Args[start])
	if err != nil {
		return err
	}
	to, err := endID(c.Args[end])
	if err != nil {
		return err
	}
	count, all := int64(0), true
	for i := 4; i < len(c.Args); i += 2 {
		if !c.Is(i, "count") || i+1 == len(c.Args) {
			return core.ErrSyntax
		}
		if count, err = argCount(c, i+1); err != nil {
			return err
		}
		all = false
	}
	v, e, err := view(c, c.Args[1])
	switch {
	case err != nil:
		return err
	case !v.OK():
		c.Array(0)
		return nil
	case count == 0 && !all:
		c.NullArray()
		return nil
	}
	var cur stream.Cursor
	if start < end {
		cur = v.Range(from, to)
	} else {
		cur = v.Reverse(from, to)
	}
	replyEntries(c, e, &cur, count, likely(v, from, to, count))
	return nil
}
