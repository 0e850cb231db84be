package lists

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/list"
)

// lset is LSET key index element.
func lset(c *core.Ctx) error {
	key := c.Args[1]
	e, err := c.FindTypeForWrite(key, keyspace.List)
	if err != nil {
		return err
	}
	if !e.OK() {
		return core.ErrNoSuchKey
	}
	i, err := c.ArgInt(2)
	if err != nil {
		return err
	}
	ed := list.Edit(c.DB, key, e, c.Now)
	at, ok := position(i, ed.Len())
	if !ok {
		ed.Grow(c.Args[3])
		return core.ErrIndexRange
	}
	ed.Set(at, c.Args[3])
	ed.Done()
	c.Changed(core.EventList, "lset", key)
	c.OK()
	return nil
}

// linsert is LINSERT key BEFORE | AFTER pivot element.
func linsert(c *core.Ctx) error {
	key := c.Args[1]
	behind := c.Is(2, "after")
	if !behind && !c.Is(2, "before") {
		return core.ErrSyntax
	}
	e, err := c.FindTypeForWrite(key, keyspace.List)
	if err != nil {
		return err
	}
	if !e.OK() {
		c.Int(0)
		return nil
	}
	ed := list.Edit(c.DB, key, e, c.Now)
	if !ed.InsertNextTo(c.Args[3], behind, c.Args[4]) {
		c.Int(-1)
		return nil
	}
	n := ed.Len()
	c.Changed(core.EventList, "linsert", key)
	c.Int(int64(n))
	return nil
}

// lrem is LREM key count element.
func lrem(c *core.Ctx) error {
	key := c.Args[1]
	count, err := c.ArgInt(2)
	if err != nil {
		return err
	}
	e, err := c.FindTypeForWrite(key, keyspace.List)
	if err != nil {
		return err
	}
	if !e.OK() {
		c.Int(0)
		return nil
	}
	ed := list.Edit(c.DB, key, e, c.Now)
	n := ed.Remove(c.Args[3], count)
	if n > 0 {
		removed(c, ed, "lrem", key, n)
	}
	c.Int(int64(n))
	return nil
}

// ltrim is LTRIM key start stop.
func ltrim(c *core.Ctx) error {
	key := c.Args[1]
	start, stop, err := argSpan(c)
	if err != nil {
		return err
	}
	e, err := c.FindTypeForWrite(key, keyspace.List)
	if err != nil {
		return err
	}
	if e.OK() {
		ed := list.Edit(c.DB, key, e, c.Now)
		n := ed.Len()
		first, count := span(start, stop, n)
		if count == n {
			c.Event(core.EventList, "ltrim", key) // told of although nothing has changed
		} else {
			ed.Drop(list.Back, n-first-count)
			ed.Drop(list.Front, first)
			removed(c, ed, "ltrim", key, n-count)
		}
	}
	c.OK()
	return nil
}

// removed ends a change that has removed n elements: it tells of it, and of the key
// if that went with them.
func removed(c *core.Ctx, ed *list.Editor, event string, key []byte, n int) {
	c.Removed(int64(n), core.EventList, event, key, ed.Done())
}
