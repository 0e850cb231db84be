package toplist

import "github.com/ferrousdb/ferrous/core"

// rows are the module's commands. (Redis 8.6 has a container HOTKEYS, which measures for as
// long as it is told to, and other things: its name is left to it.)
func (m *module) rows() []core.Command {
	doc := func(complexity, summary, args string) core.Doc {
		return core.Doc{Summary: summary, Since: "7.2.4", Group: "server", Complexity: complexity, Args: args}
	}
	const flags = core.Admin | core.NoScript | core.Loading | core.Stale
	return []core.Command{{
		Name: "toplist", Arity: -2,
		Doc: doc("Depends on subcommand.", "A container for commands about the keys that are used most and the largest.", ""),
		Sub: []core.Command{
			{
				Name: "hotkeys", Run: m.hotkeys, Arity: -2, Flags: flags,
				Doc: doc("O(N) where N is the number of keys in the lists of all event loops",
					"Returns the keys that are used most, with how often and how exactly that is known.", "[COUNT count:integer]"),
			},
			{
				Name: "bigkeys", Run: m.bigkeys, Look: m.lookForBigkeys, Arity: -2, Flags: flags | core.AllKeys | core.AllSessions | core.Surveys,
				Doc: doc("O(N) where N is the number of keys in the list",
					"Returns the largest keys, by memory or by elements.", "[by(BYTES|ELEMENTS)] [COUNT count:integer]"),
			},
			{
				Name: "reset", Run: m.forgetAll, Arity: 2, Flags: flags | core.AllKeys | core.AllSessions,
				Doc: doc("O(N) where N is the number of event loops", "Begins all lists anew.", ""),
			},
			core.HelpRow("server", "7.2.4", 0),
		},
	}}
}
