package keys

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

var (
	errLFU = core.Err("An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching " +
		"between policies at runtime LRU and LFU data will take some time to adjust.")
	errNoLFU = core.Err("An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when " +
		"switching between policies at runtime LRU and LFU data will take some time to adjust.")
)

// object makes the handler of a subcommand of OBJECT, which looks at a key
// without leaving a trace: null if there is none.
func object(tell func(c *core.Ctx, e keyspace.Entry) error) core.Handler {
	return func(c *core.Ctx) error {
		key := c.Args[2]
		e := c.DB.FindHashed(c.HashOf(key), key, c.Now, keyspace.Count)
		if !e.OK() {
			c.Null()
			return nil
		}
		return tell(c, e)
	}
}

func objectEncoding(c *core.Ctx, e keyspace.Entry) error {
	v := e.Value()
	name := "unknown"
	if t := c.Server.Registry().TypeOf(v); t != nil {
		name = t.Encoding(v)
	}
	c.BulkString(name)
	return nil
}

// objectRefcount is always 1: values are never shared. (Redis answers a large
// number for small integers, which it keeps only once.)
func objectRefcount(c *core.Ctx, _ keyspace.Entry) error {
	c.Int(1)
	return nil
}

func objectIdletime(c *core.Ctx, e keyspace.Entry) error {
	if c.DB.Keyspace().ClockMode() == keyspace.LFU {
		return errLFU
	}
	c.Int(e.Idle(c.Now) / 1000)
	return nil
}

func objectFreq(c *core.Ctx, e keyspace.Entry) error {
	if c.DB.Keyspace().ClockMode() != keyspace.LFU {
		return errNoLFU
	}
	c.Int(e.Freq(c.Now))
	return nil
}
