package scripting

import "github.com/ferrousdb/ferrous/core"

const fcallArgs = "function numkeys:integer [key:key...] [arg...]"

func (m *module) functionRows() []core.Command {
	key := func(flags core.KeyFlags, what string) []core.KeySpec {
		return []core.KeySpec{core.KeyCount(2, flags).With("We cannot tell how the keys will be used so we assume the worst, " + what)}
	}
	return []core.Command{
		{Name: "fcall", Run: m.fcall(false), Arity: -3, Flags: runs, CallFlags: m.fcallFlags, ACL: core.CatScripting,
			Keys: key(core.KeyRW|core.KeyAccess|core.KeyUpdate, "RW and UPDATE"),
			Doc:  doc("7.0.0", "Depends on the function that is executed.", "Calls a function.", fcallArgs)},
		{Name: "fcall_ro", Run: m.fcall(true), Arity: -3, Flags: runs&^core.MayReplicate | core.ReadOnly, CallFlags: m.fcallFlags, ACL: core.CatScripting,
			Keys: key(core.KeyRO|core.KeyAccess, "RO and ACCESS"),
			Doc:  doc("7.0.0", "Depends on the function that is executed.", "Calls a function that only reads.", fcallArgs)},
		{Name: "function", Arity: -2, Sub: m.functionSubs(), Doc: doc("7.0.0", "Depends on subcommand.", "A container for commands about functions.", "")},
	}
}

func (m *module) functionSubs() []core.Command {
	const (
		shared = core.NoScript | core.AllKeys
		writes = shared | core.Write
	)
	row := func(name string, run core.Handler, arity int, flags core.Flags, complexity, summary, args string, tips ...string) core.Command {
		return core.Command{Name: name, Run: run, Arity: arity, Flags: flags, ACL: core.CatScripting,
			Doc: doc("7.0.0", complexity, summary, args, tips...)}
	}
	all := []string{"request_policy:all_shards", "response_policy:all_succeeded"}
	return []core.Command{
		row("delete", m.functionDelete, 3, writes, "O(1)", "Forgets a library and its functions.", "library-name", all...),
		row("dump", m.functionDump, 2, shared, "O(N) where N is the number of functions", "Returns all libraries in one payload.", ""),
		row("flush", m.functionFlush, -2, writes, "O(N) where N is the number of functions deleted", "Forgets all libraries.", "[flush-type(ASYNC|SYNC)]", all...),
		row("kill", m.kill("function"), 2, core.NoScript|core.AllowBusy, "O(1)", "Ends the function that is running.", "",
			"request_policy:all_shards", "response_policy:one_succeeded"),
		row("list", m.functionList, -2, shared, "O(N) where N is the number of functions", "Tells about libraries and their functions.",
			"[LIBRARYNAME library-name-pattern] [WITHCODE]", "nondeterministic_output_order"),
		row("load", m.functionLoad, -3, writes|core.DenyOOM, "O(1) (considering compilation time is redundant)", "Makes a library known.",
			"[REPLACE] function-code", all...),
		row("restore", m.functionRestore, -3, writes|core.DenyOOM, "O(N) where N is the number of functions on the payload", "Takes in the libraries of a payload.",
			"serialized-value [policy(FLUSH|APPEND|REPLACE)]", all...),
		row("stats", m.functionStats, 2, core.NoScript|core.AllowBusy, "O(1)", "Tells which function is running, and how many there are.", "",
			"nondeterministic_output", "request_policy:all_shards", "response_policy:special"),
		core.HelpRow("scripting", "7.0.0", core.CatScripting),
	}
}
