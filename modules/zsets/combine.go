package zsets

import (
	"math"
	"slices"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/decimal"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/zset"
)

// operation is what is made of several sets.
type operation uint8

const (
	union operation = iota
	inter
	diff
	interCard
)

// combination is a command that takes several sets.
type combination struct {
	op        operation
	sources   []source
	aggregate aggregate
	scored    bool // WITHSCORES
	limit     int  // ZINTERCARD's, 0 for none
	store     bool // into the key at 1
}

// aggregate is how the scores that a member has in several sets become one.
type aggregate uint8

const (
	sum aggregate = iota
	lowest
	highest
)

// of aggregates two scores. Infinities of both signs add up to 0, not to NaN.
func (a aggregate) of(x, y float64) float64 {
	switch a {
	case lowest:
		if y < x {
			return y
		}
		return x
	case highest:
		if y > x {
			return y
		}
		return x
	}
	return number(x + y)
}

// number replaces NaN by 0.
func number(f float64) float64 {
	if math.IsNaN(f) {
		return 0
	}
	return f
}

// zunion is ZUNION numkeys key [key ...] [WEIGHTS weight ...] [AGGREGATE SUM | MIN | MAX] [WITHSCORES].
func zunion(c *core.Ctx) error { return answerCombined(c, union) }

// zinter is ZINTER, with the arguments of ZUNION.
func zinter(c *core.Ctx) error { return answerCombined(c, inter) }

// zdiff is ZDIFF numkeys key [key ...] [WITHSCORES].
func zdiff(c *core.Ctx) error { return answerCombined(c, diff) }

func answerCombined(c *core.Ctx, op operation) error {
	m := combination{op: op}
	if err := m.parse(c, 1); err != nil {
		return err
	}
	b := zset.NewBuilder(c.Arena(c.Args[2]), m.expected())
	defer b.Discard()
	m.run(b)
	replySpan(c.Writer, b.View(), span{0, b.Len()}, false, m.scored)
	return nil
}

// zintercard is ZINTERCARD numkeys key [key ...] [LIMIT limit].
func zintercard(c *core.Ctx) error {
	m := combination{op: interCard}
	if err := m.parse(c, 1); err != nil {
		return err
	}
	n := 0
	m.sortSources()
	m.intersect(func([]byte, float64) bool {
		n++
		return n != m.limit
	})
	c.Int(int64(n))
	return nil
}

// zunionstore is ZUNIONSTORE destination, with the arguments of ZUNION.
func zunionstore(c *core.Ctx) error { return storeCombined(c, union, "zunionstore") }

// zinterstore is ZINTERSTORE destination, with the arguments of ZINTER.
func zinterstore(c *core.Ctx) error { return storeCombined(c, inter, "zinterstore") }

// zdiffstore is ZDIFFSTORE destination numkeys key [key ...].
func zdiffstore(c *core.Ctx) error { return storeCombined(c, diff, "zdiffstore") }

func storeCombined(c *core.Ctx, op operation, event string) error {
	m := combination{op: op, store: true}
	if err := m.parse(c, 2); err != nil {
		return err
	}
	b := zset.NewBuilder(c.Arena(c.Args[1]), m.expected())
	m.run(b)
	storeBuilt(c, c.Args[1], b, event)
	return nil
}

// storeBuilt puts the result of a command in the place of whatever a key holds,
// and replies its size; an empty one deletes the key.
func storeBuilt(c *core.Ctx, key []byte, b *zset.Builder, event string) {
	n := b.Len()
	c.Int(int64(n))
	if n > 0 {
		c.DB.PutValue(key, b.Value(c.DB.Keyspace().Packed(keyspace.ZSet)), 0, c.Now)
		c.Changed(core.EventZSet, event, key)
		return
	}
	b.Discard()
	if old := c.FindForWrite(key); old.OK() {
		old.Delete()
		c.Changed(core.EventGeneric, "del", key)
	}
}

// parse reads the arguments from the number of keys on, and opens the keys.
func (m *combination) parse(c *core.Ctx, at int) error {
	n, ok := decimal.Parse(c.Args[at])
	switch {
	case !ok:
		return core.ErrNotInteger
	case n < 1:
		return core.Err("at least 1 input key is needed for '" + c.Cmd.FullName() + "' command")
	case n > int64(len(c.Args)-at-1):
		return core.ErrSyntax
	}
	first, after := at+1, at+1+int(n)
	for _, key := range c.Args[first:after] {
		s, err := openSource(c, key)
		if err != nil {
			return err
		}
		m.sources = append(m.sources, s)
	}
	return m.parseOptions(c, after)
}

var (
	errWeight = core.Err("weight value is not a float")
	errLimit  = core.Err("LIMIT can't be negative")
)

func (m *combination) parseOptions(c *core.Ctx, i int) error {
	weighted := m.op == union || m.op == inter
	for i < len(c.Args) {
		more := len(c.Args) - i - 1
		switch {
		case weighted && more >= len(m.sources) && c.Is(i, "weights"):
			for j := range m.sources {
				i++
				f, ok := core.ParseFloat(c.Args[i])
				if !ok {
					return errWeight
				}
				m.sources[j].weight = f
			}
		case weighted && more >= 1 && c.Is(i, "aggregate"):
			i++
			switch {
			case c.Is(i, "sum"):
				m.aggregate = sum
			case c.Is(i, "min"):
				m.aggregate = lowest
			case c.Is(i, "max"):
				m.aggregate = highest
			default:
				return core.ErrSyntax
			}
		case !m.store && m.op != interCard && c.Is(i, "withscores"):
			m.scored = true
		case m.op == interCard && more >= 1 && c.Is(i, "limit"):
			i++
			n, ok := decimal.Parse(c.Args[i])
			if !ok || n < 0 {
				return errLimit
			}
			m.limit = int(n)
		default:
			return core.ErrSyntax
		}
		i++
	}
	return nil
}

// expected is how many members the result has at least (of a union), or is
// going to have (of the others, more or less).
func (m *combination) expected() int {
	n := m.sources[0].len()
	for _, s := range m.sources[1:] {
		switch m.op {
		case union:
			n = max(n, s.len())
		case inter:
			n = min(n, s.len())
		}
	}
	return n
}

// run makes the result.
func (m *combination) run(b *zset.Builder) {
	switch m.op {
	case union:
		m.sortSources()
		m.unite(b)
	case inter:
		m.sortSources()
		m.intersect(func(member []byte, score float64) bool {
			b.AddNew(member, score)
			return true
		})
	case diff:
		m.subtract(b)
	}
}

// sortSources puts the small ones first: an intersection looks for the members of
// the first in the others. For a union it decides the order in which scores are
// added up, which the last digit of a sum depends on.
func (m *combination) sortSources() {
	slices.SortStableFunc(m.sources, func(x, y source) int { return x.len() - y.len() })
}

// unite makes the union.
func (m *combination) unite(b *zset.Builder) {
	for i := range m.sources {
		s := &m.sources[i]
		s.each(func(member []byte, score float64) bool {
			score = number(score * s.weight)
			if p, ok := b.Find(member); ok {
				b.Update(p, m.aggregate.of(p.Score(), score))
			} else {
				b.Add(p, member, score)
			}
			return true
		})
	}
}

// intersect calls fn for every member that all sources have, until fn returns
// false. ZINTERCARD may be told of none but that there is one.
func (m *combination) intersect(fn func(member []byte, score float64) bool) {
	first, others := &m.sources[0], m.sources[1:]
	if met, ok := first.zset.Meet(zsetsOf(others), m.op != interCard); ok {
		for met.Next() {
			if m.op == interCard { // who counts does not look
				if !fn(nil, 0) {
					return
				}
				continue
			}
			total := number(met.Score() * first.weight)
			for i := range others {
				total = m.aggregate.of(total, met.Of(i)*others[i].weight)
			}
			if !fn(met.Member(), total) {
				return
			}
		}
		return
	}
	first.each(func(member []byte, score float64) bool {
		total := number(score * first.weight)
		for i := range others {
			s, ok := others[i].score(member)
			if !ok {
				return true
			}
			total = m.aggregate.of(total, s*others[i].weight)
		}
		return fn(member, total)
	})
}

// subtract makes the difference. Either each member of the first source is looked
// for in the others, which has the smaller constant; or, if that would be much more
// work, each of theirs is removed from a copy of the first.
func (m *combination) subtract(b *zset.Builder) {
	first, others := &m.sources[0], m.sources[1:]
	all := first.len()
	for i := range others {
		all += others[i].len()
	}
	if first.len()*len(m.sources)/2 <= all {
		if left, ok := first.zset.Without(zsetsOf(others)); ok {
			for left.Next() {
				b.AddNew(left.Member(), left.Score())
			}
			return
		}
		first.each(func(member []byte, score float64) bool {
			if !hasAny(others, member) {
				b.AddNew(member, score)
			}
			return true
		})
		return
	}
	first.each(func(member []byte, score float64) bool {
		b.AddNew(member, score)
		return true
	})
	for i := range others {
		others[i].each(func(member []byte, _ float64) bool {
			b.Remove(member)
			return b.Len() > 0
		})
	}
}

// zsetsOf returns the sorted sets that sources are; of one that is a set an empty one, which is a packed one.
func zsetsOf(sources []source) []zset.View {
	all := make([]zset.View, len(sources))
	for i := range sources {
		all[i] = sources[i].zset
	}
	return all
}

func hasAny(sources []source, member []byte) bool {
	for i := range sources {
		if _, ok := sources[i].score(member); ok {
			return true
		}
	}
	return false
}
