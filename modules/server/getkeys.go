package server

import (
	"github.com/ferrousdb/ferrous/core"
)

func commandGetKeys(c *core.Ctx) error {
	refs, err := keysOf(c)
	if err != nil {
		return err
	}
	c.Array(len(refs))
	for _, r := range refs {
		c.Bulk(c.Args[2+r.Index])
	}
	return nil
}

func commandGetKeysAndFlags(c *core.Ctx) error {
	refs, err := keysOf(c)
	if err != nil {
		return err
	}
	c.Array(len(refs))
	for _, r := range refs {
		c.Array(2)
		c.Bulk(c.Args[2+r.Index])
		writeStatuses(c, r.Flags.Names(), "")
	}
	return nil
}

// keysOf finds the keys of the command that follows two arguments.
func keysOf(c *core.Ctx) ([]core.KeyRef, error) {
	args := c.Args[2:]
	cmd := c.Server.Registry().FindCallable(string(args[0]))
	if cmd != nil && len(cmd.Sub) > 0 && len(args) > 1 {
		cmd = cmd.Subcommand(args[1])
	}
	switch {
	case cmd == nil:
		return nil, core.Err("Invalid command specified")
	case !hasKeys(cmd):
		return nil, core.Err("The command has no key arguments")
	case !cmd.ArityOK(len(args)):
		return nil, core.Err("Invalid number of arguments specified for command")
	}
	refs, err := cmd.AppendKeys(nil, args)
	if cmd.Flags&core.NoMandatoryKeys != 0 && err != nil {
		return nil, nil
	}
	if err != nil || len(refs) == 0 && cmd.Flags&core.NoMandatoryKeys == 0 {
		return nil, core.Err("Invalid arguments specified for command")
	}
	return refs, nil
}

// hasKeys reports whether a command may have keys; channels are not keys.
func hasKeys(cmd *core.Command) bool {
	for i := range cmd.Keys {
		if cmd.Keys[i].Flags&core.KeyNotKey == 0 {
			return true
		}
	}
	return cmd.FindKeys != nil
}
