package connection

import (
	"github.com/ferrousdb/ferrous/core"
)

var errClientName = core.Err("Client names cannot contain spaces, newlines or special characters.")

// printable reports whether a text can stand in a field of CLIENT LIST.
func printable(text []byte) bool {
	for _, ch := range text {
		if ch < '!' || ch > '~' {
			return false
		}
	}
	return true
}

func id(c *core.Ctx) error {
	c.Int(int64(c.Session.ID))
	return nil
}

func getName(c *core.Ctx) error {
	if c.Session.Name == "" {
		c.Null()
		return nil
	}
	c.BulkString(c.Session.Name)
	return nil
}

func setName(c *core.Ctx) error {
	if !printable(c.Args[2]) {
		return errClientName
	}
	c.Session.Name = string(c.Args[2])
	c.OK()
	return nil
}

func setInfo(c *core.Ctx) error {
	var field *string
	switch {
	case c.Is(2, "LIB-NAME"):
		field = &c.Session.LibName
	case c.Is(2, "LIB-VER"):
		field = &c.Session.LibVer
	default:
		return core.Err("Unrecognized option '" + core.Shown(c.Args[2]) + "'")
	}
	if !printable(c.Args[3]) {
		return core.Err(core.Shown(c.Args[2]) + " cannot contain spaces, newlines or special characters.")
	}
	*field = string(c.Args[3])
	c.OK()
	return nil
}

func noEvict(c *core.Ctx) error { return setFlag(c, &c.Session.NoEvict) }
func noTouch(c *core.Ctx) error { return setFlag(c, &c.Session.NoTouch) }

// setFlag sets what the argument says, ON or OFF.
func setFlag(c *core.Ctx, flag *bool) error {
	on := c.Is(2, "ON")
	if !on && !c.Is(2, "OFF") {
		return core.ErrSyntax
	}
	*flag = on
	c.OK()
	return nil
}

// reply is CLIENT REPLY ON|OFF|SKIP. Only ON is answered; for the commands that
// follow, the host sees to it.
func reply(c *core.Ctx) error {
	s := c.Session
	switch {
	case c.Is(2, "ON"):
		s.Reply = core.ReplyOn
		c.OK()
	case c.Is(2, "OFF"):
		s.Reply = core.ReplyOff
	case c.Is(2, "SKIP"):
		if s.Reply != core.ReplyOff {
			s.Reply = core.ReplySkipNext
		}
	default:
		return core.ErrSyntax
	}
	return nil
}
