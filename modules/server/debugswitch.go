package server

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
)

// Redis's own tests turn some screws of its machinery that ferrous does not
// have. Those that they cannot do without are accepted here, as DEBUG HELP
// says; nobody but tests has a use for them.

// noEffect makes a subcommand that only says OK.
func noEffect(name, args string, arity int, why string) core.DebugCommand {
	return core.DebugCommand{
		Name: name, Args: args, Arity: arity, Help: "Accepted for Redis's tests, without effect: " + why + ".",
		Run: func(c *core.Ctx) error {
			c.OK()
			return nil
		},
	}
}

func debugSwitches() []core.DebugCommand {
	packed := noEffect("QUICKLIST-PACKED-THRESHOLD", "<size>", 3, "no list element is too large for a packed node")
	packed.Run = packedThreshold
	replies := noEffect("REPLYBUFFER", "(PEAK-RESET-TIME <NEVER|RESET|time>|RESIZING <0|1>)", 4,
		"replies are collected in a buffer of the event loop")
	replies.Run = replyBuffer
	return []core.DebugCommand{
		packed, replies,
		noEffect("PAUSE-CRON", "<0|1>", 3, "background work changes nothing that a client can see"),
	}
}

func packedThreshold(c *core.Ctx) error {
	if n, ok := config.ParseMemory(string(c.Args[2])); !ok || n > 4<<30 {
		return core.Err("argument must be a memory value bigger than 1 and smaller than 4gb")
	}
	c.OK()
	return nil
}

func replyBuffer(c *core.Ctx) error {
	switch {
	case c.Is(2, "RESIZING"):
	case c.Is(2, "PEAK-RESET-TIME"):
		if !c.Is(3, "NEVER") && !c.Is(3, "RESET") {
			if _, err := c.ArgInt(3); err != nil {
				return err
			}
		}
	default:
		return core.ErrSubcommand("debug", c.Args[1])
	}
	c.OK()
	return nil
}
