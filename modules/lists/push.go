package lists

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/list"
)

// lpush is LPUSH key element [element ...].
func lpush(c *core.Ctx) error { return push(c, list.Front, false) }

// rpush is RPUSH key element [element ...].
func rpush(c *core.Ctx) error { return push(c, list.Back, false) }

// lpushx is LPUSHX key element [element ...].
func lpushx(c *core.Ctx) error { return push(c, list.Front, true) }

// rpushx is RPUSHX key element [element ...].
func rpushx(c *core.Ctx) error { return push(c, list.Back, true) }

// push adds elements at an end of a list; with existing only if there is one.
func push(c *core.Ctx, end list.End, existing bool) error {
	key := c.Args[1]
	e, err := c.FindTypeForWrite(key, keyspace.List)
	if err != nil {
		return err
	}
	if existing && !e.OK() {
		c.Int(0)
		return nil
	}
	values := c.Args[2:]
	ed := list.Edit(c.DB, key, e, c.Now)
	ed.Push(end, values...)
	n := ed.Len()
	c.ChangedBy(int64(len(values)), core.EventList, pushed[end], key)
	c.Int(int64(n))
	return nil
}

// The names of events and of commands, by the end of the list.
var (
	pushed  = [2]string{list.Front: "lpush", list.Back: "rpush"}
	popped  = [2]string{list.Front: "lpop", list.Back: "rpop"}
	popName = [2]string{list.Front: "LPOP", list.Back: "RPOP"}
)
