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

// unblock is CLIENT UNBLOCK id [TIMEOUT|ERROR]. It runs with every event loop
// stopped.
func unblock(c *core.Ctx) error {
	withError := false
	if len(c.Args) > 4 {
		return core.ErrSubcommand("client", c.Args[1])
	}
	if len(c.Args) == 4 {
		if withError = c.Is(3, "ERROR"); !withError && !c.Is(3, "TIMEOUT") {
			return core.Err("CLIENT UNBLOCK reason should be TIMEOUT or ERROR")
		}
	}
	id, err := c.ArgInt(2)
	if err != nil {
		return err
	}
	var with error
	if withError {
		with = core.ErrUnblocked
	}
	if c.Server.Unblock(uint64(id), with) {
		c.Int(1)
	} else {
		c.Int(0)
	}
	return nil
}
