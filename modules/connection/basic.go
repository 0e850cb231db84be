package connection

import (
	"github.com/ferrousdb/ferrous/core"
)

func ping(c *core.Ctx) error {
	if len(c.Args) > 2 {
		return core.ErrArity("ping")
	}
	// A subscriber of the older protocol takes every reply for a message.
	if s := c.Session; s != nil && !c.RESP3() && s.Subscriber {
		c.Array(2)
		c.BulkString("pong")
		c.Bulk(lastArg(c))
		return nil
	}
	if len(c.Args) == 2 {
		c.Bulk(c.Args[1])
		return nil
	}
	c.Status("PONG")
	return nil
}

// lastArg is the only argument of a command, empty if it has none.
func lastArg(c *core.Ctx) []byte {
	if len(c.Args) < 2 {
		return nil
	}
	return c.Args[1]
}

func echo(c *core.Ctx) error {
	c.Bulk(c.Args[1])
	return nil
}

func selectDB(c *core.Ctx) error {
	n, err := c.ArgInt32(1)
	if err != nil {
		return err
	}
	ks := c.Server.Keyspace()
	if n < 0 || n >= ks.Databases() {
		return core.ErrDBIndex
	}
	c.DB = ks.DB(n)
	if c.Session != nil {
		c.Session.DB = n
	}
	c.OK()
	return nil
}

func quit(c *core.Ctx) error {
	c.OK()
	c.Session.Conn.Close(true, "QUIT")
	return nil
}

// reset leaves of the session what belongs to its connection: number,
// addresses, and what the library said about itself.
func (m *module) reset(c *core.Ctx) error {
	s := c.Session
	if t := s.Conn.Info().Type; t == core.ClientReplica || t == core.ClientMaster {
		return core.Err("can only reset normal client connections")
	}
	c.Hooks.Reset(s)
	c.TakeMessages()
	m.opened(s)
	s.Name = ""
	s.DB, c.DB = 0, c.Server.Keyspace().DB(0)
	s.Proto, c.Proto = 2, 2
	s.Reply = core.ReplyOn
	s.NoEvict, s.NoTouch = false, false
	c.Status("RESET")
	return nil
}
