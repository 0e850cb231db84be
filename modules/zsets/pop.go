package zsets

import (
	"strconv"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/decimal"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/zset"
)

// popping is what a command that pops is asked for.
type popping struct {
	key   int // where the keys stand in the arguments
	keys  int
	max   bool
	count int64
	shape popShape
}

// popShape is how the reply looks.
type popShape uint8

const (
	flat   popShape = iota // member, score, ...
	pairs                  // [member, score], ...
	keyed                  // key, member, score
	nested                 // key, [[member, score], ...]
)

// zpopmin is ZPOPMIN key [count].
func zpopmin(c *core.Ctx) error { return popOne(c, false) }

// zpopmax is ZPOPMAX key [count].
func zpopmax(c *core.Ctx) error { return popOne(c, true) }

func popOne(c *core.Ctx, highest bool) error {
	p := popping{key: 1, keys: 1, max: highest, count: 1}
	count, err := c.ArgCount(2, 1)
	if err != nil {
		return err
	}
	p.count = count
	if len(c.Args) == 3 && c.RESP3() {
		p.shape = pairs
	}
	popped, err := p.pop(c, c.Args[1])
	if err == nil && !popped {
		c.Array(0)
	}
	return err
}

// zmpop is ZMPOP numkeys key [key ...] MIN | MAX [COUNT count].
func zmpop(c *core.Ctx) error {
	p, err := parseMPop(c, 1)
	if err != nil {
		return err
	}
	popped, err := p.run(c)
	if err == nil && !popped {
		c.NullArray()
	}
	return err
}

// bzmpop is BZMPOP timeout numkeys key [key ...] MIN | MAX [COUNT count].
func bzmpop(c *core.Ctx) error {
	p, err := parseMPop(c, 2)
	if err != nil {
		return err
	}
	return p.block(c, 1)
}

var (
	errNumKeys = core.Err("numkeys should be greater than 0")
	errCount   = core.Err("count should be greater than 0")
)

// parseMPop reads the arguments from the number of keys on.
func parseMPop(c *core.Ctx, at int) (p popping, err error) {
	n, ok := decimal.Parse(c.Args[at])
	if !ok || n < 1 {
		return p, errNumKeys
	}
	if n >= int64(len(c.Args)-at-1) {
		return p, core.ErrSyntax
	}
	p = popping{key: at + 1, keys: int(n), shape: nested}
	i := p.key + p.keys
	switch {
	case c.Is(i, "max"):
		p.max = true
	case !c.Is(i, "min"):
		return p, core.ErrSyntax
	}
	for i++; i < len(c.Args); i += 2 {
		if p.count != 0 || !c.Is(i, "count") || i+1 == len(c.Args) {
			return p, core.ErrSyntax
		}
		if p.count, ok = decimal.Parse(c.Args[i+1]); !ok || p.count < 1 {
			return p, errCount
		}
	}
	p.count = max(p.count, 1)
	return p, nil
}

// bzpopmin is BZPOPMIN key [key ...] timeout.
func bzpopmin(c *core.Ctx) error { return blockOne(c, false) }

// bzpopmax is BZPOPMAX key [key ...] timeout.
func bzpopmax(c *core.Ctx) error { return blockOne(c, true) }

func blockOne(c *core.Ctx, highest bool) error {
	last := len(c.Args) - 1
	p := popping{key: 1, keys: last - 1, max: highest, count: 1, shape: keyed}
	return p.block(c, last)
}

// block pops, or waits until there is something to pop.
func (p *popping) block(c *core.Ctx, timeout int) error {
	return c.Await(p.key, p.key+p.keys, timeout, core.OfType(keyspace.ZSet), p.pop)
}

// run pops from the first key that exists and replies; if there is none it
// replies nothing.
func (p *popping) run(c *core.Ctx) (popped bool, err error) {
	return c.First(p.key, p.key+p.keys, p.pop)
}

// pop pops from a key and replies; if there is no such key, or nothing to pop, it replies nothing.
func (p *popping) pop(c *core.Ctx, key []byte) (popped bool, err error) {
	e, err := c.FindTypeForWrite(key, keyspace.ZSet)
	if err != nil || !e.OK() || p.count == 0 {
		return false, err
	}
	ed := zset.Edit(c.DB, key, e, c.Now)
	v := ed.View()
	n := int(min(p.count, int64(v.Len())))
	p.begin(c, key, n)
	s := span{0, n}
	if p.max {
		s = span{v.Len() - n, v.Len()}
	}
	for w := walkOver(v, s, p.max); w.next(); {
		if p.shape == pairs || p.shape == nested {
			c.Array(2)
		}
		c.Bulk(w.Member())
		c.Double(w.Score())
	}
	ed.RemoveRange(s.from, n, nil)
	c.Removed(int64(n), core.EventZSet, p.event(), key, ed.Done())
	p.propagate(c, key, n)
	return true, nil
}

func (p *popping) begin(c *core.Ctx, key []byte, n int) {
	switch p.shape {
	case flat:
		c.Array(2 * n)
	case pairs:
		c.Array(n)
	case keyed:
		c.Array(2*n + 1)
		c.Bulk(key)
	case nested:
		c.Array(2)
		c.Bulk(key)
		c.Array(n)
	}
}

func (p *popping) event() string {
	if p.max {
		return "zpopmax"
	}
	return "zpopmin"
}

// propagate feeds what names its key among others, or waits, as the plain pop
// that it has come to.
func (p *popping) propagate(c *core.Ctx, key []byte, n int) {
	if p.shape < keyed || !c.Hooks.Feeding() {
		return
	}
	name := []byte("ZPOPMIN")
	if p.max {
		name = []byte("ZPOPMAX")
	}
	if p.shape == keyed {
		c.Propagate(name, key)
		return
	}
	c.Propagate(name, key, strconv.AppendInt(nil, int64(n), 10))
}
