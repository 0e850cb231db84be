package lists

import (
	"strconv"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/list"
)

// lpop is LPOP key [count].
func lpop(c *core.Ctx) error { return pop(c, list.Front) }

// rpop is RPOP key [count].
func rpop(c *core.Ctx) error { return pop(c, list.Back) }

func pop(c *core.Ctx, end list.End) error {
	key := c.Args[1]
	if len(c.Args) > 2 {
		return popCount(c, end)
	}
	e, err := c.FindTypeForWrite(key, keyspace.List)
	if err != nil {
		return err
	}
	if !e.OK() {
		c.Null()
		return nil
	}
	ed := list.Edit(c.DB, key, e, c.Now)
	take(c, ed, end, key)
	return nil
}

// take replies the element at an end and removes it.
func take(c *core.Ctx, ed *list.Editor, end list.End, key []byte) {
	reply(c, ed.Peek(end))
	ed.Drop(end, 1)
	removed(c, ed, popped[end], key, 1)
}

func popCount(c *core.Ctx, end list.End) error {
	if len(c.Args) > 3 {
		return core.ErrArity(c.Cmd.FullName())
	}
	count, err := c.ArgCount(2, 1)
	if err != nil {
		return err
	}
	e, err := c.FindTypeForWrite(c.Args[1], keyspace.List)
	switch {
	case err != nil:
		return err
	case !e.OK():
		c.NullArray()
	case count == 0:
		c.Array(0)
	default:
		takeMany(c, e, end, c.Args[1], count)
	}
	return nil
}

// takeMany replies up to count elements at an end, outermost first, removes them and
// returns how many they are.
func takeMany(c *core.Ctx, e keyspace.Entry, end list.End, key []byte, count int64) int {
	ed := list.Edit(c.DB, key, e, c.Now)
	v := ed.View()
	n := v.Len()
	cur := v.At(0)
	if end == list.Back {
		cur = v.At(n)
	}
	n = int(min(count, int64(n)))
	c.Array(n)
	for range n {
		el, _ := cur.Step(end.Other())
		reply(c, el)
	}
	ed.Drop(end, n)
	removed(c, ed, popped[end], key, n)
	return n
}

// popping is what a command over several keys is asked for.
type popping struct {
	keys  [2]int // where the keys begin and end in the arguments
	end   list.End
	count int64 // 0: one element, replied with its key
}

// lmpop is LMPOP numkeys key [key ...] LEFT | RIGHT [COUNT count].
func lmpop(c *core.Ctx) error {
	p, err := parseMPop(c, 1)
	if err != nil {
		return err
	}
	done, err := c.First(p.keys[0], p.keys[1], p.pop)
	if err == nil && !done {
		c.NullArray()
	}
	return err
}

// blmpop is BLMPOP timeout numkeys key [key ...] LEFT | RIGHT [COUNT count].
func blmpop(c *core.Ctx) error {
	p, err := parseMPop(c, 2)
	if err != nil {
		return err
	}
	return p.block(c, 1)
}

// blpop is BLPOP key [key ...] timeout.
func blpop(c *core.Ctx) error { return blockingPop(c, list.Front) }

// brpop is BRPOP key [key ...] timeout.
func brpop(c *core.Ctx) error { return blockingPop(c, list.Back) }

func blockingPop(c *core.Ctx, end list.End) error {
	last := len(c.Args) - 1
	return popping{keys: [2]int{1, last}, end: end}.block(c, last)
}

var (
	errNumKeys  = core.Err("numkeys should be greater than 0")
	errPopCount = core.Err("count should be greater than 0")
)

// parseMPop reads the arguments from the number of keys on.
func parseMPop(c *core.Ctx, at int) (p popping, err error) {
	n, err := c.ArgInt(at)
	if err != nil || n < 1 {
		return p, errNumKeys
	}
	if n >= int64(len(c.Args)-at-1) {
		return p, core.ErrSyntax
	}
	p.keys = [2]int{at + 1, at + 1 + int(n)}
	if p.end, err = argEnd(c, p.keys[1]); err != nil {
		return p, err
	}
	for i := p.keys[1] + 1; i < len(c.Args); i += 2 {
		if p.count != 0 || !c.Is(i, "count") || i+1 == len(c.Args) {
			return p, core.ErrSyntax
		}
		if p.count, err = c.ArgInt(i + 1); err != nil || p.count < 1 {
			return p, errPopCount
		}
	}
	p.count = max(p.count, 1)
	return p, nil
}

// argEnd parses argument i as an end of a list.
func argEnd(c *core.Ctx, i int) (list.End, error) {
	switch {
	case c.Is(i, "left"):
		return list.Front, nil
	case c.Is(i, "right"):
		return list.Back, nil
	}
	return 0, core.ErrSyntax
}

// block pops, or waits until there is something to pop.
func (p popping) block(c *core.Ctx, timeout int) error {
	return c.Await(p.keys[0], p.keys[1], timeout, core.OfType(keyspace.List), p.pop)
}

// pop pops from a key and replies; if there is no such key it replies nothing.
func (p popping) pop(c *core.Ctx, key []byte) (done bool, err error) {
	e, err := c.FindTypeForWrite(key, keyspace.List)
	if err != nil || !e.OK() {
		return false, err
	}
	c.Array(2)
	c.Bulk(key)
	n := 0
	if p.count == 0 {
		ed := list.Edit(c.DB, key, e, c.Now)
		take(c, ed, p.end, key)
	} else {
		n = takeMany(c, e, p.end, key, p.count)
	}
	p.propagate(c, key, n)
	return true, nil
}

// propagate feeds the pop that it came to.
func (p popping) propagate(c *core.Ctx, key []byte, n int) {
	if !c.Hooks.Feeding() {
		return
	}
	name := []byte(popName[p.end])
	if n == 0 {
		c.Propagate(name, key)
		return
	}
	c.Propagate(name, key, strconv.AppendInt(nil, int64(n), 10))
}
