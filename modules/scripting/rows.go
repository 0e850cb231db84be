package scripting

import "github.com/ferrousdb/ferrous/core"

// runs is for commands that run scripts: they may touch any key, and take long.
const runs = core.NoScript | core.Stale | core.SkipMonitor | core.MayReplicate | core.NoMandatoryKeys | core.AllKeys | core.Long

func doc(since, complexity, summary, args string, tips ...string) core.Doc {
	return core.Doc{Summary: summary, Since: since, Group: "scripting", Complexity: complexity, Args: args, Tips: tips}
}

const (
	depends  = "Depends on the script that is executed."
	evalArgs = "script numkeys:integer [key:key...] [arg...]"
	shaArgs  = "sha1 numkeys:integer [key:key...] [arg...]"
)

func (m *module) rows() []core.Command {
	write := []core.KeySpec{core.KeyCount(2, core.KeyRW|core.KeyAccess|core.KeyUpdate)}
	read := []core.KeySpec{core.KeyCount(2, core.KeyRO|core.KeyAccess)}
	noted := func(k []core.KeySpec, what string) []core.KeySpec {
		return []core.KeySpec{k[0].With("We cannot tell how the keys will be used so we assume the worst, " + what)}
	}
	return []core.Command{
		{Name: "eval", Run: m.eval(false), Arity: -3, Flags: runs, CallFlags: m.evalFlags, ACL: core.CatScripting, Keys: noted(write, "RW and UPDATE"),
			Doc: doc("2.6.0", depends, "Runs a script.", evalArgs)},
		{Name: "eval_ro", Run: m.eval(true), Arity: -3, Flags: runs&^core.MayReplicate | core.ReadOnly, CallFlags: m.evalFlags, ACL: core.CatScripting, Keys: noted(read, "RO and ACCESS"),
			Doc: doc("7.0.0", depends, "Runs a script that only reads.", evalArgs)},
		{Name: "evalsha", Run: m.evalSHA(false), Arity: -3, Flags: runs, CallFlags: m.evalSHAFlags, ACL: core.CatScripting, Keys: write,
			Doc: doc("2.6.0", depends, "Runs a script that is known by its SHA1.", shaArgs)},
		{Name: "evalsha_ro", Run: m.evalSHA(true), Arity: -3, Flags: runs&^core.MayReplicate | core.ReadOnly, CallFlags: m.evalSHAFlags, ACL: core.CatScripting, Keys: read,
			Doc: doc("7.0.0", depends, "Runs a script that only reads and is known by its SHA1.", shaArgs)},
		{Name: "script", Arity: -2, Sub: m.scriptRows(), Doc: doc("2.6.0", "Depends on subcommand.", "A container for commands about scripts.", "")},
	}
}

func (m *module) scriptRows() []core.Command {
	const shared = core.NoScript | core.AllKeys // what scripts share belongs to who holds all shards
	return []core.Command{
		{Name: "debug", Run: scriptDebug, Arity: 3, Flags: core.NoScript, ACL: core.CatScripting,
			Doc: doc("3.2.0", "O(1)", "Chooses how scripts are debugged.", "mode(YES|SYNC|NO)")},
		{Name: "exists", Run: m.scriptExists, Arity: -3, Flags: shared, ACL: core.CatScripting,
			Doc: doc("2.6.0", "O(N) with N being the number of scripts to check (so checking a single script is an O(1) operation).",
				"Tells which scripts are known.", "sha1...", "request_policy:all_shards", "response_policy:agg_logical_and")},
		{Name: "flush", Run: m.scriptFlush, Arity: -2, Flags: shared, ACL: core.CatScripting,
			Doc: core.WithHistory(doc("2.6.0", "O(N) with N being the number of scripts in cache", "Forgets all scripts.", "[flush-type(ASYNC|SYNC)]^6.2.0",
				"request_policy:all_nodes", "response_policy:all_succeeded"), "6.2.0", "`ASYNC` and `SYNC`.")},
		{Name: "kill", Run: m.kill("script"), Arity: 2, Flags: core.NoScript | core.AllowBusy, ACL: core.CatScripting,
			Doc: doc("2.6.0", "O(1)", "Ends the script that is running.", "", "request_policy:all_shards", "response_policy:one_succeeded")},
		{Name: "load", Run: m.scriptLoad, Arity: 3, Flags: shared | core.Stale, ACL: core.CatScripting,
			Doc: doc("2.6.0", "O(N) with N being the length in bytes of the script body.", "Makes a script known.", "script",
				"request_policy:all_nodes", "response_policy:all_succeeded")},
		core.HelpRow("scripting", "5.0.0", core.CatScripting),
	}
}
