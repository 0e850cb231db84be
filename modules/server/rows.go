package server

import "github.com/ferrousdb/ferrous/core"

const (
	// always is for commands that are allowed in every state of the server.
	always = core.Loading | core.Stale
	admin  = core.Admin | core.NoScript | always
	// everything stops the server for commands that look at all of it or that
	// change how it works.
	everything = core.AllKeys | core.AllSessions
)

//go:noinline
func doc(since, complexity, summary, args string, tips ...string) core.Doc {
	return core.Doc{
		Summary: summary, Since: since, Group: "server", Complexity: complexity,
		Args: args, Tips: tips,
	}
}

func rows() []core.Command {
	return []core.Command{
		{
			Name: "command", Run: command, Arity: -1, Flags: always, ACL: core.CatConnection, Sub: commandRows(),
			Doc: doc("2.8.13", "O(N) where N is the number of commands", "Describes all commands.", "",
				"nondeterministic_output_order"),
		},
		{
			Name: "config", Arity: -2, Sub: configRows(),
			Doc: doc("2.0.0", "Depends on subcommand.", "A container for commands about the configuration.", ""),
		},
		{
			Name: "debug", Run: debug, Arity: -2, Flags: admin | everything,
			Doc: systemDoc(doc("1.0.0", "Depends on subcommand.", "A container for commands that look inside the server.", "")),
		},
		{
			Name: "info", Run: info, Look: lookForInfo, Arity: -1, Flags: always | everything | core.Surveys, ACL: core.CatDangerous,
			Doc: core.WithHistory(doc("1.0.0", "O(1)", "Tells the server's state and statistics.", "[section...]",
				"nondeterministic_output", "request_policy:all_shards", "response_policy:special"),
				"7.0.0", "More than one section may be named."),
		},
		{
			Name: "lolwut", Run: lolwut, Arity: -1, Flags: core.ReadOnly | core.Fast,
			Doc: doc("5.0.0", "", "Draws a picture and tells the version.", "[VERSION version:integer]"),
		},
		memoryRow(),
		{
			Name: "module", Arity: -2, Sub: moduleRows(),
			Doc: doc("4.0.0", "Depends on subcommand.", "A container for commands about modules.", ""),
		},
		{
			Name: "shutdown", Run: shutdown, Arity: -1, Flags: admin | everything | core.NoMulti | core.AllowBusy,
			Doc: core.WithHistory(doc("1.0.0", "O(N) when saving, where N is the number of keys of all databases, else O(1)",
				"Saves the data, if that is configured or asked for, and ends the server.",
				"[save-selector(NOSAVE|SAVE)] [NOW]^7.0.0 [FORCE]^7.0.0 [ABORT]^7.0.0"),
				"7.0.0", "`NOW`, `FORCE` and `ABORT`."),
		},
		{
			Name: "time", Run: now, Arity: 1, Flags: always | core.Fast,
			Doc: doc("2.6.0", "O(1)", "Returns the server's time.", "", "nondeterministic_output"),
		},
	}
}

func systemDoc(d core.Doc) core.Doc {
	d.System = true
	return d
}

func commandRows() []core.Command {
	const anyOrder = "nondeterministic_output_order"
	rows := []core.Command{
		{
			Name: "count", Run: commandCount, Arity: 2,
			Doc: doc("2.8.13", "O(1)", "Counts the commands.", ""),
		},
		{
			Name: "docs", Run: commandDocs, Arity: -2,
			Doc: doc("7.0.0", "O(N) where N is the number of commands to look up",
				"Documents the named commands, or all of them.", "[command-name...]", anyOrder),
		},
		{
			Name: "getkeys", Run: commandGetKeys, Arity: -3,
			Doc: doc("2.8.13", "O(N) where N is the number of arguments to the command",
				"Tells which arguments of a command are keys.", "command [arg...]"),
		},
		{
			Name: "getkeysandflags", Run: commandGetKeysAndFlags, Arity: -3,
			Doc: doc("7.0.0", "O(N) where N is the number of arguments to the command",
				"Tells which arguments of a command are keys, and what is done with each.", "command [arg...]"),
		},
		{
			Name: "info", Run: commandInfo, Arity: -2,
			Doc: core.WithHistory(doc("2.8.13", "O(N) where N is the number of commands to look up",
				"Describes the named commands, or all of them.", "[command-name...]", anyOrder),
				"7.0.0", "Without names: all commands."),
		},
		{
			Name: "list", Run: commandList, Arity: -2,
			Doc: doc("7.0.0", "O(N) where N is the number of commands",
				"Lists the names of the commands, or of those that a filter chooses.",
				"[FILTERBY filterby(MODULE module-name|ACLCAT category|PATTERN pattern:pattern)]", anyOrder),
		},
	}
	for i := range rows {
		rows[i].Flags, rows[i].ACL = always, core.CatConnection
	}
	return append(rows, core.HelpRow("server", "5.0.0", core.CatConnection))
}

func configRows() []core.Command {
	const perParameter = "O(N) where N is the number of parameters"
	everyNode := []string{"request_policy:all_nodes", "response_policy:all_succeeded"}
	return []core.Command{
		{
			Name: "get", Run: configGet, Arity: -3, Flags: admin,
			Doc: core.WithHistory(doc("2.0.0", perParameter, "Returns the parameters that match the patterns, with their values.", "parameter..."),
				"7.0.0", "More than one pattern may be given."),
		},
		{
			Name: "resetstat", Run: configResetStat, Arity: 2, Flags: admin | everything,
			Doc: doc("2.0.0", "O(1)", "Sets the statistics of INFO to zero.", "", everyNode...),
		},
		{
			Name: "rewrite", Run: configRewrite, Arity: 2, Flags: admin,
			Doc: doc("2.8.0", "O(1)", "Writes the configuration as it is now into its file.", "", everyNode...),
		},
		{
			Name: "set", Run: configSet, Arity: -4, Flags: admin | everything | core.Sensitive, Redact: redactConfig,
			Doc: core.WithHistory(doc("2.0.0", perParameter, "Changes parameters while the server runs, all of them or none.", "data{parameter value}...", everyNode...),
				"7.0.0", "More than one parameter may be given."),
		},
		core.HelpRow("server", "5.0.0", 0),
	}
}
