package lists

import (
	"math"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/decimal"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/list"
	"github.com/ferrousdb/ferrous/core/listpack"
	"github.com/ferrousdb/ferrous/core/resp"
)

// find opens a list for reading; a missing key is an empty one.
func find(c *core.Ctx) (list.View, error) {
	e, err := c.FindType(c.Args[1], keyspace.List)
	if err != nil || !e.OK() {
		return list.View{}, err
	}
	return list.Read(e.Value()), nil
}

// reply writes an element.
func reply(c *core.Ctx, e listpack.Element) {
	if n, ok := e.Int(); ok {
		c.BulkInt(n)
		return
	}
	c.Bulk(e.Text(nil))
}

// llen is LLEN key.
func llen(c *core.Ctx) error {
	v, err := find(c)
	if err != nil {
		return err
	}
	c.Int(int64(v.Len()))
	return nil
}

// lindex is LINDEX key index.
func lindex(c *core.Ctx) error {
	v, err := find(c)
	if err != nil {
		return err
	}
	n := v.Len()
	if n == 0 {
		c.Null()
		return nil
	}
	i, err := c.ArgInt(2)
	if err != nil {
		return err
	}
	if at, ok := position(i, n); ok {
		reply(c, v.Get(at))
	} else {
		c.Null()
	}
	return nil
}

// position turns an index, negative if it counts from the end, into one of n elements.
func position(i int64, n int) (at int, ok bool) {
	if i < 0 {
		i += int64(n)
	}
	return int(i), i >= 0 && i < int64(n)
}

// span turns two indexes into a run of elements of a list that has n of them.
func span(start, stop int64, n int) (first, count int) {
	all := int64(n)
	if start < 0 {
		start = max(start+all, 0)
	}
	if stop < 0 {
		stop += all
	}
	stop = min(stop, all-1)
	if start > stop {
		return 0, 0
	}
	return int(start), int(stop - start + 1)
}

// argSpan parses arguments 2 and 3 as indexes.
func argSpan(c *core.Ctx) (start, stop int64, err error) {
	if start, err = c.ArgInt(2); err != nil {
		return 0, 0, err
	}
	stop, err = c.ArgInt(3)
	return start, stop, err
}

// lrange is LRANGE key start stop.
func lrange(c *core.Ctx) error {
	start, stop, err := argSpan(c)
	if err != nil {
		return err
	}
	e, err := c.FindType(c.Args[1], keyspace.List)
	if err != nil {
		return err
	}
	var v list.View
	if e.OK() {
		v = list.Read(e.Value())
	}
	first, n := span(start, stop, v.Len())
	c.Array(n)
	if n == 0 {
		return nil
	}
	cur := v.At(first)
	if n = replySome(c.Writer, &cur, n); n > 0 {
		rest, left := cur.Frozen(), n
		c.Later(e, func(w *resp.Writer) bool {
			left = replySome(w, &rest, left)
			return left > 0
		})
	}
	return nil
}

// replySome writes up to n elements behind a cursor, about as many as make a piece, and
// returns how many are left.
func replySome(w *resp.Writer, cur *list.Cursor, n int) int {
	for at := w.Mark(); n > 0 && w.Mark()-at < resp.PieceSize && !w.Unwanted(); {
		run, _ := cur.Run()
		n -= replyRun(w, run, n)
	}
	return n
}

// replyRun writes up to n elements of a region and returns how many.
func replyRun(w *resp.Writer, run []byte, n int) int {
	left := n
	for pos := 0; left > 0 && pos < len(run); left-- {
		var e listpack.Element
		e, pos = listpack.Read(run, pos)
		if i, ok := e.Int(); ok {
			w.BulkInt(i)
		} else {
			w.Bulk(e.Text(nil))
		}
	}
	return n - left
}

// posOptions are what may follow the element of LPOS.
type posOptions struct {
	rank   int64
	count  int64 // -1: not given
	maxLen int64 // 0: all
}

var (
	errRankZero  = core.Err("RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list")
	errRankRange = core.Err("value is out of range, value must between -9223372036854775807 and 9223372036854775807")
	errPosCount  = core.Err("COUNT can't be negative")
	errMaxLen    = core.Err("MAXLEN can't be negative")
)

func parsePos(c *core.Ctx) (o posOptions, err error) {
	o = posOptions{rank: 1, count: -1}
	for i := 3; i < len(c.Args); i += 2 {
		if i+1 == len(c.Args) {
			return o, core.ErrSyntax
		}
		switch {
		case c.Is(i, "rank"):
			if o.rank, err = c.ArgInt(i + 1); err != nil {
				return o, err
			}
			switch o.rank {
			case 0:
				return o, errRankZero
			case math.MinInt64:
				return o, errRankRange
			}
		case c.Is(i, "count"):
			if o.count, err = notNegative(c, i+1, errPosCount); err != nil {
				return o, err
			}
		case c.Is(i, "maxlen"):
			if o.maxLen, err = notNegative(c, i+1, errMaxLen); err != nil {
				return o, err
			}
		default:
			return o, core.ErrSyntax
		}
	}
	return o, nil
}

// notNegative parses argument i as a number; what says what is wrong with it.
func notNegative(c *core.Ctx, i int, what error) (int64, error) {
	n, ok := decimal.Parse(c.Args[i])
	if !ok || n < 0 {
		return 0, what
	}
	return n, nil
}

// lpos is LPOS key element [RANK rank] [COUNT num-matches] [MAXLEN len].
func lpos(c *core.Ctx) error {
	o, err := parsePos(c)
	if err != nil {
		return err
	}
	v, err := find(c)
	if err != nil {
		return err
	}
	found := search(v, c.Args[2], o)
	if o.count >= 0 {
		c.Array(len(found))
		for _, at := range found {
			c.Int(int64(at))
		}
	} else if len(found) > 0 {
		c.Int(int64(found[0]))
	} else {
		c.Null()
	}
	return nil
}

// search returns the indexes that LPOS is asked for.
func search(v list.View, value []byte, o posOptions) (found []int) {
	want := o.count
	if want < 0 {
		want = 1
	}
	pat := list.PatternOf(value)
	away, cur := list.Back, v.At(0)
	if o.rank < 0 {
		o.rank, away, cur = -o.rank, list.Front, v.At(v.Len())
	}
	for i := 0; o.maxLen == 0 || int64(i) < o.maxLen; i++ {
		e, ok := cur.Step(away)
		if !ok {
			break
		}
		if !pat.Matches(e) {
			continue
		}
		if o.rank > 1 {
			o.rank--
			continue
		}
		at := i
		if away == list.Front {
			at = v.Len() - 1 - i
		}
		if found = append(found, at); int64(len(found)) == want {
			break
		}
	}
	return found
}
