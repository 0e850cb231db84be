package zsets

import (
	"math"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/zset"
)

// addOptions are the words before the scores of ZADD.
type addOptions struct {
	nx, xx, gt, lt bool
	changed        bool // CH: count what has changed, not only what is new
	increment      bool // INCR
}

var (
	errXXAndNX = core.Err("XX and NX options at the same time are not compatible")
	errGTAndLT = core.Err("GT, LT, and/or NX options at the same time are not compatible")
	errOneIncr = core.Err("INCR option supports a single increment-element pair")
	errNaN     = core.Err("resulting score is not a number (NaN)")
)

// parse reads the options and returns where the pairs of score and member begin.
func (o *addOptions) parse(c *core.Ctx) (first int, err error) {
	i := 2
words:
	for ; i < len(c.Args); i++ {
		switch {
		case c.Is(i, "nx"):
			o.nx = true
		case c.Is(i, "xx"):
			o.xx = true
		case c.Is(i, "gt"):
			o.gt = true
		case c.Is(i, "lt"):
			o.lt = true
		case c.Is(i, "ch"):
			o.changed = true
		case c.Is(i, "incr"):
			o.increment = true
		default:
			break words
		}
	}
	switch n := len(c.Args) - i; {
	case n == 0 || n%2 != 0:
		return 0, core.ErrSyntax
	case o.nx && o.xx:
		return 0, errXXAndNX
	case o.nx && (o.gt || o.lt), o.gt && o.lt:
		return 0, errGTAndLT
	case o.increment && n > 2:
		return 0, errOneIncr
	}
	return i, nil
}

// zadd is ZADD key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...].
func zadd(c *core.Ctx) error { return addTo(c, addOptions{}) }

// zincrby is ZINCRBY key increment member.
func zincrby(c *core.Ctx) error { return addTo(c, addOptions{increment: true}) }

func addTo(c *core.Ctx, o addOptions) error {
	first, err := o.parse(c)
	if err != nil {
		return err
	}
	// All scores are looked at before anything is changed: all or nothing.
	var room [16]float64
	scores := room[:0]
	for i := first; i < len(c.Args); i += 2 {
		f, err := c.ArgFloat(i)
		if err != nil {
			return err
		}
		scores = append(scores, f)
	}
	key := c.Args[1]
	e, err := c.FindTypeForWrite(key, keyspace.ZSet)
	if err != nil {
		return err
	}
	ed := zset.Edit(c.DB, key, e, c.Now)
	ed.Expect(len(scores))
	var added, updated int64
	var last outcome
	for i, score := range scores {
		if last, err = o.put(ed, c.Args[first+2*i+1], score); err != nil {
			return err // only of INCR, which has one pair
		}
		if last.added {
			added++
		} else if last.updated {
			updated++
		}
	}
	if added+updated > 0 {
		if o.increment {
			c.ChangedBy(added+updated, core.EventZSet, "zincr", key)
		} else {
			c.ChangedBy(added+updated, core.EventZSet, "zadd", key)
		}
	}
	switch {
	case o.increment && last.refused:
		c.Null()
	case o.increment:
		c.Double(last.score)
	case o.changed:
		c.Int(added + updated)
	default:
		c.Int(added)
	}
	return nil
}

// outcome is what became of one pair.
type outcome struct {
	score                   float64
	added, updated, refused bool
}

// put adds or changes one member as the options allow.
func (o *addOptions) put(ed *zset.Editor, member []byte, score float64) (outcome, error) {
	place, ok := ed.Find(member)
	if !ok {
		if o.xx {
			return outcome{refused: true}, nil
		}
		ed.Add(place, member, score)
		return outcome{score: score, added: true}, nil
	}
	if o.nx {
		return outcome{refused: true}, nil
	}
	old := place.Score()
	if o.increment {
		if score += old; math.IsNaN(score) {
			return outcome{}, errNaN
		}
	}
	if o.gt && score <= old || o.lt && score >= old {
		return outcome{refused: true}, nil
	}
	if score == old {
		return outcome{score: score}, nil
	}
	ed.Update(place, score)
	return outcome{score: score, updated: true}, nil
}
