package server

import (
	"github.com/ferrousdb/ferrous/core"
)

// shutdown is SHUTDOWN [NOSAVE|SAVE] [NOW] [FORCE], or SHUTDOWN ABORT. When the
// server does end there is no reply.
func shutdown(c *core.Ctx) error {
	var o core.Shutdown
	abort := false
	for i := 1; i < len(c.Args); i++ {
		switch {
		case c.Is(i, "NOSAVE"):
			o.NoSave = true
		case c.Is(i, "SAVE"):
			o.Save = true
		case c.Is(i, "NOW"):
			o.Now = true
		case c.Is(i, "FORCE"):
			o.Force = true
		case c.Is(i, "ABORT"):
			abort = true
		default:
			return core.ErrSyntax
		}
	}
	switch {
	case abort && o != core.Shutdown{}, o.Save && o.NoSave:
		return core.ErrSyntax
	case abort:
		if c.Server.AbortShutdown() != nil {
			return core.Err("No shutdown in progress.")
		}
		c.OK()
		return nil
	case c.NoBlock && !o.Now:
		return core.Err("SHUTDOWN without NOW or ABORT isn't allowed for DENY BLOCKING client")
	}
	switch c.Server.Shutdown(o) {
	case nil:
		return nil
	case core.ErrShutdownWaits:
		return c.Block(core.Wait{Firm: true, Parked: c.Server.AwaitShutdown, Expired: func(c *core.Ctx) { c.Error(errShutdown.Error()) }})
	}
	return errShutdown
}

var errShutdown = core.Err("Errors trying to SHUTDOWN. Check logs.")
