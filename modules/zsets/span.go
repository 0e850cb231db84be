package zsets

import (
	"bytes"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/decimal"
	"github.com/ferrousdb/ferrous/core/zset"
)

// span is a range of ranks: from, up to but not including to. It is empty if
// they are equal, and never goes backwards.
type span struct{ from, to int }

func (s span) len() int { return s.to - s.from }

func spanOf(from, to int) span { return span{from, max(from, to)} }

// bounds are the ends of a range as a command names them, before it is known how
// many members there are.
type bounds struct {
	by     order
	ranks  rankBounds
	scores scoreBounds
	names  lexBounds
}

// order is what a range is a range of.
type order uint8

const (
	unordered order = iota // not said
	byRank
	byScore
	byLex
)

// parse reads the two ends, of which high comes first where the range is given
// backwards.
func (b *bounds) parse(low, high []byte) (err error) {
	switch b.by {
	case byScore:
		b.scores, err = parseScores(low, high)
	case byLex:
		b.names, err = parseNames(low, high)
	default:
		b.ranks, err = parseRanks(low, high)
	}
	return err
}

// in finds the range in a sorted set. Ranks are counted from its end if reverse.
func (b *bounds) in(v zset.View, reverse bool) span {
	switch b.by {
	case byScore:
		return b.scores.in(v)
	case byLex:
		return b.names.in(v)
	}
	s := b.ranks.in(v.Len())
	if reverse {
		s = span{v.Len() - s.to, v.Len() - s.from}
	}
	return s
}

// rankBounds are ranks, both included; negative ones count from the end.
type rankBounds struct{ start, stop int64 }

func (b rankBounds) in(n int) span {
	size := int64(n)
	if b.start < 0 {
		b.start = max(b.start+size, 0)
	}
	if b.stop < 0 {
		b.stop = max(b.stop+size, -1)
	}
	from := min(b.start, size)
	return spanOf(int(from), int(min(b.stop, size-1)+1))
}

// scoreBounds are scores, each included or not.
type scoreBounds struct{ min, max scoreEnd }

type scoreEnd struct {
	score float64
	open  bool // the score itself is outside
}

func (b scoreBounds) in(v zset.View) span {
	return spanOf(v.Below(b.min.score, b.min.open), v.Below(b.max.score, !b.max.open))
}

// lexBounds are names, each included or not, or infinities.
type lexBounds struct{ min, max lexEnd }

type lexEnd struct {
	name     []byte
	open     bool
	infinite int // -1 before all names, 1 after them, 0 a name
}

func (b lexBounds) in(v zset.View) span {
	return spanOf(b.min.below(v, b.min.open), b.max.below(v, !b.max.open))
}

func (e lexEnd) below(v zset.View, inclusive bool) int {
	switch e.infinite {
	case -1:
		return 0
	case 1:
		return v.Len()
	}
	return v.BelowLex(e.name, inclusive)
}

var (
	errNoFloat = core.Err("min or max is not a float")
	errNoName  = core.Err("min or max not valid string range item")
)

// parseRanks reads two ranks.
func parseRanks(start, stop []byte) (b rankBounds, err error) {
	ok, ok2 := false, false
	b.start, ok = decimal.Parse(start)
	b.stop, ok2 = decimal.Parse(stop)
	if !ok || !ok2 {
		return b, core.ErrNotInteger
	}
	return b, nil
}

// parseScores reads two scores, each after a "(" if it is not included.
func parseScores(low, high []byte) (b scoreBounds, err error) {
	ok, ok2 := false, false
	b.min, ok = parseScoreEnd(low)
	b.max, ok2 = parseScoreEnd(high)
	if !ok || !ok2 {
		return b, errNoFloat
	}
	return b, nil
}

// parseScoreEnd is as generous as Redis, which takes what strtod can make a number
// of: nothing at all is 0, blanks before a number are skipped, and what is too
// large is infinite.
func parseScoreEnd(b []byte) (e scoreEnd, ok bool) {
	if len(b) > 0 && b[0] == '(' {
		e.open = true
		b = b[1:]
	}
	if len(b) == 0 {
		return e, true
	}
	e.score, ok = core.Strtod(bytes.TrimLeft(b, " \t\n\v\f\r"))
	return e, ok
}

// parseNames reads two ends of a range of names: "[name", "(name", "-" or "+".
func parseNames(low, high []byte) (b lexBounds, err error) {
	ok, ok2 := false, false
	b.min, ok = parseLexEnd(low)
	b.max, ok2 = parseLexEnd(high)
	if !ok || !ok2 {
		return b, errNoName
	}
	return b, nil
}

func parseLexEnd(b []byte) (e lexEnd, ok bool) {
	switch {
	case len(b) == 0:
		return e, false
	case b[0] == '[', b[0] == '(':
		return lexEnd{name: b[1:], open: b[0] == '('}, true
	case string(b) == "-":
		return lexEnd{infinite: -1}, true
	case string(b) == "+":
		return lexEnd{infinite: 1}, true
	}
	return e, false
}

// limit is LIMIT offset count; a negative count is no limit.
type limit struct{ offset, count int64 }

var noLimit = limit{0, -1}

// cut applies the limit to a span that is read from its end if reverse.
func (l limit) cut(s span, reverse bool) span {
	n := int64(s.len())
	if l.offset < 0 || l.offset >= n {
		return span{}
	}
	n -= l.offset
	if l.count >= 0 {
		n = min(n, l.count)
	}
	if reverse {
		to := s.to - int(l.offset)
		return span{to - int(n), to}
	}
	from := s.from + int(l.offset)
	return span{from, from + int(n)}
}
