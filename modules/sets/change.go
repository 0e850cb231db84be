package sets

import (
	"bytes"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/set"
)

// edit opens the set of a key, which may be missing, for changing.
func edit(c *core.Ctx, key []byte) (set.Editor, error) {
	e, err := c.FindTypeForWrite(key, keyspace.Set)
	if err != nil {
		return set.Editor{}, err
	}
	return set.Edit(c.DB, key, e, c.Now), nil
}

// view opens the set of a key for reading; a missing one is empty.
func view(c *core.Ctx, key []byte) (set.View, error) {
	e, err := c.FindType(key, keyspace.Set)
	if err != nil || !e.OK() {
		return set.View{}, err
	}
	return set.Of(e.Value()), nil
}

// sadd is SADD key member [member ...].
func sadd(c *core.Ctx) error {
	key, members := c.Args[1], c.Args[2:]
	ed, err := edit(c, key)
	if err != nil {
		return err
	}
	ed.Expect(len(members), members[0])
	n := int64(0)
	for _, member := range members {
		if ed.Add(member) {
			n++
		}
	}
	changed(c, "sadd", key, n)
	c.Int(n)
	return nil
}

// changed records that n members of a set were added or removed.
func changed(c *core.Ctx, event string, key []byte, n int64) {
	if n > 0 {
		c.ChangedBy(n, core.EventSet, event, key)
	}
}

// srem is SREM key member [member ...].
func srem(c *core.Ctx) error {
	key := c.Args[1]
	ed, err := edit(c, key)
	if err != nil {
		return err
	}
	n := int64(0)
	for _, member := range c.Args[2:] {
		if ed.Remove(member) {
			n++
		}
	}
	c.Removed(n, core.EventSet, "srem", key, ed.Done())
	c.Int(n)
	return nil
}

// smove is SMOVE source destination member.
func smove(c *core.Ctx) error {
	from, to, member := c.Args[1], c.Args[2], c.Args[3]
	_, wrong := c.FindTypeForWrite(to, keyspace.Set) // first: it may delete a key, and move the other one
	src, err := edit(c, from)
	if err != nil {
		return err
	}
	if src.View().Len() == 0 {
		c.Int(0)
		return nil
	}
	if wrong != nil {
		return wrong
	}
	if bytes.Equal(from, to) {
		reply(c, src.View().Has(member))
		return nil
	}
	if !src.Remove(member) {
		c.Int(0)
		return nil
	}
	c.Removed(1, core.EventSet, "srem", from, src.Done())
	dst, _ := edit(c, to)
	if dst.View().Form() == set.Empty {
		dst.Expect(1, member)
	}
	if dst.Add(member) {
		c.Changed(core.EventSet, "sadd", to)
	}
	c.Int(1)
	return nil
}

func reply(c *core.Ctx, yes bool) {
	if yes {
		c.Int(1)
	} else {
		c.Int(0)
	}
}
