package server

import (
	"slices"

	"github.com/ferrousdb/ferrous/core"
)

// moduleRows are those of MODULE. ferrous is composed of modules when it is built;
// nothing is loaded into one that runs.
func moduleRows() []core.Command {
	const loads = core.Admin | core.NoScript | core.NoAsyncLoading
	return []core.Command{
		{Name: "list", Run: moduleList, Arity: 2, Flags: core.Admin | core.NoScript,
			Doc: doc("4.0.0", "O(N) where N is the number of loaded modules.", "Lists the modules that the server is made of.", "",
				"nondeterministic_output_order")},
		{Name: "load", Run: moduleLoad, Arity: -3, Flags: loads, Doc: doc("4.0.0", "O(1)", "Is refused: modules are linked in.", "path [arg...]")},
		{Name: "loadex", Run: moduleLoad, Arity: -3, Flags: loads, Doc: doc("7.0.0", "O(1)", "Is refused: modules are linked in.",
			"path [CONFIG configs{name value}...+] [ARGS args...]")},
		{Name: "unload", Run: moduleUnload, Arity: 3, Flags: loads, Doc: doc("4.0.0", "O(1)", "Is refused: modules are linked in.", "name")},
		core.HelpRow("server", "5.0.0", 0),
	}
}

// moduleList answers what the binary is composed of, in the order of composition.
func moduleList(c *core.Ctx) error {
	names := c.Server.Registry().Modules()
	c.Array(len(names))
	for _, name := range names {
		c.Map(4)
		c.BulkString("name")
		c.BulkString(name)
		c.BulkString("ver")
		c.Int(1)
		c.BulkString("path")
		c.BulkString("")
		c.BulkString("args")
		c.Array(0)
	}
	return nil
}

// moduleLoad says what Redis says, and why in the log: clients know the text.
func moduleLoad(c *core.Ctx) error {
	c.Server.Log().Warn("A module cannot be loaded: modules are linked into ferrous when it is built, see docs/writing-a-module.md", "file", string(c.Args[2]))
	return core.Err("Error loading the extension. Please check the server logs.")
}

func moduleUnload(c *core.Ctx) error {
	if !slices.Contains(c.Server.Registry().Modules(), string(c.Args[2])) {
		return core.Err("Error unloading module: no such module with that name")
	}
	return core.Err("Error unloading module: modules are linked into ferrous when it is built")
}
