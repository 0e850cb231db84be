package keys

import (
	"bytes"
	"math/rand/v2"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// del is DEL key [key ...]. Members of large values are freed in the background by it, too.
func del(c *core.Ctx) error { return remove(c, keyspace.Entry.Delete) }

// unlink is UNLINK key [key ...].
func unlink(c *core.Ctx) error { return remove(c, keyspace.Entry.Unlink) }

func remove(c *core.Ctx, end func(keyspace.Entry)) error {
	n := int64(0)
	for _, key := range c.Args[1:] {
		if e := c.FindForWrite(key); e.OK() {
			end(e)
			c.Changed(core.EventGeneric, "del", key)
			n++
		}
	}
	c.Int(n)
	return nil
}

// exists is EXISTS key [key ...]; a key given twice counts twice.
func exists(c *core.Ctx) error {
	n := int64(0)
	for _, key := range c.Args[1:] {
		if c.Peek(key).OK() {
			n++
		}
	}
	c.Int(n)
	return nil
}

// touch is TOUCH key [key ...].
func touch(c *core.Ctx) error {
	n := int64(0)
	for _, key := range c.Args[1:] {
		if c.Touch(key).OK() {
			n++
		}
	}
	c.Int(n)
	return nil
}

// typeOf is TYPE key.
func typeOf(c *core.Ctx) error {
	e := c.Peek(c.Args[1])
	if !e.OK() {
		c.Status("none")
		return nil
	}
	c.Status(typeName(c, e))
	return nil
}

func typeName(c *core.Ctx, e keyspace.Entry) string {
	if t := c.Server.Registry().TypeOf(e.Value()); t != nil {
		return t.Name
	}
	return "unknown"
}

// randomTries bounds the search for a key that has not expired, where such
// keys may not be deleted: on a replica, perhaps all keys have expired.
const randomTries = 100

// randomkey is RANDOMKEY.
func randomkey(c *core.Ctx) error {
	hidden := c.DB.Keyspace().Expiry() != keyspace.DeleteExpired
	for try := 1; ; try++ {
		e := c.DB.Random(rand.Uint64())
		if !e.OK() {
			c.Null()
			return nil
		}
		if !e.Expired(c.Now) || hidden && try == randomTries {
			c.Bulk(e.Key())
			return nil
		}
		c.DB.Find(bytes.Clone(e.Key()), c.Now, 0) // deletes it
	}
}

// dbsize is DBSIZE.
func dbsize(c *core.Ctx) error {
	c.Int(int64(c.DB.Len()))
	return nil
}
