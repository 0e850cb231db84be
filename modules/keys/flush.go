package keys

import "github.com/ferrousdb/ferrous/core"

// flush makes the handler of FLUSHDB and FLUSHALL: [ASYNC|SYNC]. Both words
// mean the same here: the data are unlinked at once, whatever their size, and
// freed in the background.
func flush(all bool) core.Handler {
	return func(c *core.Ctx) error {
		if len(c.Args) > 2 || len(c.Args) == 2 && !c.Is(1, "sync") && !c.Is(1, "async") {
			return core.ErrSyntax
		}
		n := 0
		if all {
			c.Hooks.Flushed(c, -1)
			for i := range c.DB.Keyspace().Databases() {
				db := c.DB.Keyspace().DB(i)
				n += db.Len()
				db.Flush()
			}
		} else {
			c.Hooks.Flushed(c, c.DB.Index())
			n += c.DB.Len()
			c.DB.Flush()
		}
		c.CountChanges(int64(max(n, 1))) // repeated by replicas even if there was nothing here
		c.OK()
		return nil
	}
}
