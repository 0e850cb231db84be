package pubsub

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/glob"
)

// publish is PUBLISH channel message.
func (m *module) publish(c *core.Ctx) error {
	c.Int(int64(m.send(c, c.Args[1], c.Args[2])))
	c.Forward()
	return nil
}

// send publishes to a channel and returns how many got it. c is the call that it
// is done for, nil for none. It takes leaf locks only and may be called with any
// others held.
func (m *module) send(c *core.Ctx, channel, text []byte) int {
	message := func() *core.Message { return core.NewMessage([]byte("message"), channel, text) }
	return m.channels.publish(c, channel, message, func() int { return m.patterns.publish(c, channel, text) })
}

// publishShard is SPUBLISH shardchannel message.
func (m *module) publishShard(c *core.Ctx) error {
	channel, text := c.Args[1], c.Args[2]
	message := func() *core.Message { return core.NewMessage([]byte("smessage"), channel, text) }
	c.Int(int64(m.shards.publish(c, channel, message, nil)))
	c.Forward()
	return nil
}

// list makes the handler of PUBSUB CHANNELS and SHARDCHANNELS.
func list(d *directory) core.Handler {
	return func(c *core.Ctx) error {
		if len(c.Args) > 3 {
			return core.ErrSubcommand("pubsub", c.Args[1])
		}
		var names []string
		d.each(func(name string) {
			if len(c.Args) < 3 || glob.Match(c.Args[2], name) {
				names = append(names, name)
			}
		})
		c.Array(len(names))
		for _, name := range names {
			c.BulkString(name)
		}
		return nil
	}
}

// number makes the handler of PUBSUB NUMSUB and SHARDNUMSUB.
func number(d *directory) core.Handler {
	return func(c *core.Ctx) error {
		c.Array(2 * (len(c.Args) - 2))
		for _, name := range c.Args[2:] {
			c.Bulk(name)
			c.Int(int64(d.listeners(name)))
		}
		return nil
	}
}

func (m *module) numPat(c *core.Ctx) error {
	c.Int(int64(m.patterns.count()))
	return nil
}
