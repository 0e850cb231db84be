package observability

import "github.com/ferrousdb/ferrous/core"

const (
	admin = core.Admin | core.Loading | core.Stale
	// surveys is for commands that look at the whole server, one part after the other.
	surveys = core.AllKeys | core.AllSessions | core.Surveys
)

var (
	toAllNodes  = "request_policy:all_nodes"
	toAllShards = "request_policy:all_shards"
)

func doc(since, complexity, summary, args string, tips ...string) core.Doc {
	return core.Doc{Summary: summary, Since: since, Group: "server", Complexity: complexity, Args: args, Tips: tips}
}

func (m *module) rows() []core.Command {
	return []core.Command{
		{
			Name: "monitor", Run: core.ForClient(m.monitor), Arity: 1, Flags: admin | core.NoScript,
			Doc: doc("1.0.0", "", "Shows every command that the server runs, from now on.", ""),
		},
		{
			Name: "slowlog", Arity: -2, Sub: m.slowRows(),
			Doc: doc("2.2.12", "Depends on subcommand.", "A container for commands about the slow log.", ""),
		},
		{
			Name: "latency", Arity: -2, Sub: m.latencyRows(),
			Doc: doc("2.8.13", "Depends on subcommand.", "A container for commands about latency.", ""),
		},
	}
}

func (m *module) slowRows() []core.Command {
	return []core.Command{
		{
			Name: "get", Run: m.slowGet, Arity: -2, Flags: admin,
			Doc: core.WithHistory(doc("2.2.12", "O(N) where N is the number of entries returned",
				"Returns the latest slow commands: number, time, microseconds, arguments, address and name of the client.\n10 of them by default, all for -1.",
				"[count:integer]", toAllNodes, "nondeterministic_output"),
				"4.0.0", "The address and the name of the client."),
		},
		{
			Name: "len", Run: m.slowLen, Arity: 2, Flags: admin,
			Doc: doc("2.2.12", "O(1)", "Counts the commands in the slow log.", "",
				toAllNodes, "response_policy:agg_sum", "nondeterministic_output"),
		},
		{
			Name: "reset", Run: m.slowReset, Arity: 2, Flags: admin,
			Doc: doc("2.2.12", "O(N) where N is the number of entries in the slow log", "Empties the slow log.", "",
				toAllNodes, "response_policy:all_succeeded"),
		},
		core.HelpRow("server", "6.2.0", 0),
	}
}

func (m *module) latencyRows() []core.Command {
	special := []string{"nondeterministic_output", toAllNodes, "response_policy:special"}
	rows := []core.Command{
		{
			Name: "doctor", Run: m.doctor, Arity: 2,
			Doc: doc("2.8.13", "O(1)", "Says what the latency monitor has seen and what may be done about it.", "", special...),
		},
		{
			Name: "graph", Run: m.graph, Arity: 3,
			Doc: doc("2.8.13", "O(1)", "Draws the samples of an event.", "event", special...),
		},
		{
			Name: "histogram", Run: m.histogram, Look: m.lookForHistogram, Arity: -2, Flags: surveys,
			Doc: doc("7.0.0", "O(N) where N is the number of commands with latency information being retrieved",
				"Tells how many calls of the named commands, or of all, took no longer than what.", "[command...]", special...),
		},
		{
			Name: "history", Run: m.history, Arity: 3,
			Doc: doc("2.8.13", "O(1)", "Returns the samples of an event: times and milliseconds.", "event", special...),
		},
		{
			Name: "latest", Run: m.latest, Arity: 2,
			Doc: doc("2.8.13", "O(1)", "Returns the latest sample of every event, and its worst.", "", special...),
		},
		{
			Name: "reset", Run: m.resetEvents, Arity: -2,
			Doc: doc("2.8.13", "O(1)", "Forgets the samples of the named events, or of all.", "[event...]",
				toAllNodes, "response_policy:agg_sum"),
		},
	}
	for i := range rows {
		rows[i].Flags |= admin | core.NoScript
	}
	return append(rows, core.HelpRow("server", "2.8.13", 0))
}

// memoryRows are subcommands of MEMORY, whose module has MEMORY USAGE.
func (m *module) memoryRows() []core.Command {
	const perMemory = "Depends on how much memory is allocated, could be slow"
	return []core.Command{
		{
			Name: "doctor", Run: m.memoryDoctor, Arity: 2, Flags: surveys,
			Doc: doc("4.0.0", "O(1)", "Says what may be wrong with the memory of the server.", "",
				"nondeterministic_output", toAllShards, "response_policy:special"),
		},
		{
			Name: "malloc-stats", Run: m.mallocStats, Arity: 2, Flags: surveys,
			Doc: doc("4.0.0", perMemory, "Tells what the allocator has in use.", "",
				"nondeterministic_output", toAllShards, "response_policy:special"),
		},
		{
			Name: "purge", Run: m.memoryPurge, Look: m.lookForPurge, Arity: 2, Flags: surveys,
			Doc: doc("4.0.0", perMemory, "Gives memory that is not in use back to the system.", "",
				toAllShards, "response_policy:all_succeeded"),
		},
		{
			Name: "stats", Run: m.memoryStats, Arity: 2, Flags: surveys,
			Doc: doc("4.0.0", "O(1)", "Tells what takes how much memory.", "",
				"nondeterministic_output", toAllShards, "response_policy:special"),
		},
	}
}
