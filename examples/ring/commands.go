package ring

import "github.com/ferrousdb/ferrous/core"

// push is RING.PUSH key size element [element ...].
func push(c *core.Ctx) error {
	size, err := c.ArgInt(2)
	if err != nil {
		return err
	}
	if size < 1 || size > maxSize {
		return core.ErrOutOfRange
	}
	key := c.Args[1]
	r, err := core.OpenObject[*ring](c, key)
	if err != nil {
		return err
	}
	if r == nil {
		// Its elements lie in the arena of the shard that owns the key.
		r = newRing(c.Arena(key), int(size))
		core.PutObject(c, key, r)
	}
	r.resize(int(size))
	for _, element := range c.Args[3:] {
		r.push(element)
	}
	c.Changed(core.EventModule, "ring.push", key)
	c.Int(int64(r.Len()))
	return nil
}

// elements is RING.RANGE key [count].
func elements(c *core.Ctx) error {
	if len(c.Args) > 3 {
		return core.ErrSyntax
	}
	r, err := core.FindObject[*ring](c, c.Args[1])
	if err != nil {
		return err
	}
	n := 0
	if r != nil {
		n = r.Len()
	}
	count := int64(n)
	if len(c.Args) == 3 {
		if count, err = c.ArgInt(2); err != nil {
			return err
		}
		if count < 0 {
			return core.ErrNotPositive
		}
		count = min(count, int64(n))
	}
	c.Array(int(count))
	for i := n - int(count); i < n; i++ {
		c.Bulk(r.at(i))
	}
	return nil
}
