package connection

import "github.com/ferrousdb/ferrous/core"

// pause is CLIENT PAUSE milliseconds [WRITE|ALL].
func pause(c *core.Ctx) error {
	writesOnly := false
	if len(c.Args) > 4 {
		return core.ErrSubcommand("client", c.Args[1])
	}
	if len(c.Args) == 4 {
		if writesOnly = c.Is(3, "WRITE"); !writesOnly && !c.Is(3, "ALL") {
			return core.Err("CLIENT PAUSE mode must be WRITE or ALL")
		}
	}
	until, err := c.TimeoutMillis(2)
	if err != nil {
		return err
	}
	c.Server.Pause(max(until, c.Now), writesOnly) // 0 is over at once, not without end
	c.OK()
	return nil
}

func unpause(c *core.Ctx) error {
	c.Server.Unpause()
	c.OK()
	return nil
}

// unblocking is what a CLIENT UNBLOCK has done.
type unblocking struct {
	err   error // of the arguments
	ended bool
}

// lookForUnblock makes the look of CLIENT UNBLOCK id [TIMEOUT|ERROR], which ends the client's wait: *unblocking.
func lookForUnblock(c *core.Ctx) *core.Look {
	id, with, err := parseUnblock(c)
	u := &unblocking{err: err}
	look := &core.Look{Only: true, Found: u}
	if err == nil {
		look.Session = func(s *core.Session) {
			if s.ID == uint64(id) {
				u.ended = s.Conn.Unblock(with) || u.ended
			}
		}
	}
	return look
}

// unblock is CLIENT UNBLOCK.
func unblock(c *core.Ctx) error {
	u := c.Looked().Found.(*unblocking)
	if u.err != nil {
		return u.err
	}
	if u.ended {
		c.Int(1) // in RESP3, too
	} else {
		c.Int(0)
	}
	return nil
}

// parseUnblock returns whose wait is to end, and with which error: nil is as its timeout would.
func parseUnblock(c *core.Ctx) (id int64, with, err error) {
	if len(c.Args) > 4 {
		return 0, nil, core.ErrSubcommand("client", c.Args[1])
	}
	if len(c.Args) == 4 {
		switch {
		case c.Is(3, "ERROR"):
			with = core.ErrUnblocked
		case !c.Is(3, "TIMEOUT"):
			return 0, nil, core.Err("CLIENT UNBLOCK reason should be TIMEOUT or ERROR")
		}
	}
	id, err = c.ArgInt(2)
	return id, with, err
}
