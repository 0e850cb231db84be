package ring

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

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
	r, err := open(c, key)
	if err != nil {
		return err
	}
	if r == nil {
		// Its elements lie in the arena of the shard that owns the key.
		r = newRing(c.Arena(key), int(size))
		c.DB.PutObject(key, keyspace.Custom, r, 0, c.Now)
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
	r, err := find(c, c.Args[1])
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

// find returns the ring of a key for reading, nil if there is no such key.
// Every foreign type has the number keyspace.Custom, so it is the Go type that
// tells.
func find(c *core.Ctx, key []byte) (*ring, error) { return asRing(c.Find(key)) }

// open returns the ring of a key for changing, nil if there is no such key.
// While a snapshot is being read this is the copy that it does not see.
func open(c *core.Ctx, key []byte) (*ring, error) {
	e := c.FindForWrite(key)
	if r, err := asRing(e); r == nil || err != nil {
		return nil, err
	}
	return e.OpenObject().(*ring), nil
}

func asRing(e keyspace.Entry) (*ring, error) {
	if !e.OK() {
		return nil, nil
	}
	r, ok := e.Object().(*ring)
	if !ok {
		return nil, core.ErrWrongType
	}
	return r, nil
}
