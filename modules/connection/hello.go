package connection

import (
	"github.com/ferrousdb/ferrous/core"
)

var errHelloFirst = core.Error{
	Code: "NOAUTH",
	Text: "HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time",
}

// greeting is what HELLO asks for. Absent is nil.
type greeting struct {
	proto          int
	user, password []byte
	name           []byte
}

// hello does all it is asked for or, with an error, nothing.
func (m *module) hello(c *core.Ctx) error {
	s := c.Session
	g, err := parseHello(c)
	if err != nil {
		return err
	}
	if g.user != nil {
		if err := m.login(c, g.user, g.password); err != nil {
			return err
		}
	}
	if !s.Authenticated {
		return errHelloFirst
	}
	if g.name != nil {
		s.Name = string(g.name)
	}
	if g.proto != 0 {
		if s.Proto != g.proto {
			c.TakeMessages()
		}
		s.Proto, c.Proto = g.proto, g.proto
	}
	introduce(c)
	return nil
}

func parseHello(c *core.Ctx) (g greeting, err error) {
	if len(c.Args) < 2 {
		return g, nil
	}
	n, err := c.ArgInt(1)
	if err != nil {
		return g, core.Err("Protocol version is not an integer or out of range")
	}
	if n < 2 || n > 3 {
		return g, core.ErrNoProto
	}
	g.proto = int(n)
	for i := 2; i < len(c.Args); i++ {
		more := len(c.Args) - 1 - i
		switch {
		case c.Is(i, "AUTH") && more >= 2:
			g.user, g.password = c.Args[i+1], c.Args[i+2]
			i += 2
		case c.Is(i, "SETNAME") && more >= 1:
			g.name = c.Args[i+1]
			if !printable(g.name) {
				return g, errClientName
			}
			i++
		default:
			return g, core.Err("Syntax error in HELLO option '" + core.Shown(c.Args[i]) + "'")
		}
	}
	return g, nil
}

// redactHello names the secrets of a call: the user and the password.
func redactHello(c *core.Ctx, hide func(arg int)) {
	for i := 2; i+2 < len(c.Args); i++ {
		switch {
		case c.Is(i, "AUTH"):
			hide(i + 1)
			hide(i + 2)
			i += 2
		case c.Is(i, "SETNAME"):
			i++
		}
	}
}

// introduce writes the reply of HELLO. The server calls itself redis, because
// libraries decide by that name which features there are.
func introduce(c *core.Ctx) {
	c.Map(7)
	c.BulkString("server")
	c.BulkString("redis")
	c.BulkString("version")
	c.BulkString(c.Server.Version().Redis)
	c.BulkString("proto")
	c.Int(int64(c.Session.Proto))
	c.BulkString("id")
	c.Int(int64(c.Session.ID))
	c.BulkString("mode")
	c.BulkString("standalone")
	c.BulkString("role")
	c.BulkString("master")
	c.BulkString("modules") // those loaded at run time, of which there are none
	c.Array(0)
}
