package rdb

import "github.com/ferrousdb/ferrous/core"

func (m *module) rows() []core.Command {
	const (
		admin = core.Admin | core.NoScript | core.NoAsyncLoading
		// What is saved is frozen with everything stopped: the count of changes fits it.
		everything = core.AllKeys | core.AllSessions
	)
	doc := func(complexity, summary, args string) core.Doc {
		return core.Doc{Summary: summary, Since: "1.0.0", Group: "server", Complexity: complexity, Args: args}
	}
	return []core.Command{
		{
			Name: "bgsave", Run: m.bgsave, Arity: -1, Flags: admin | everything,
			Doc: core.WithHistory(doc("O(1)", "Begins to save the data to the RDB file, in the background.", "[SCHEDULE]^3.2.2"),
				"3.2.2", "`SCHEDULE`."),
		},
		{
			Name: "lastsave", Run: m.lastsave, Arity: 1, Flags: core.Loading | core.Stale | core.Fast,
			ACL: core.CatAdmin | core.CatDangerous,
			Doc: core.WithTips(doc("O(1)", "Returns the time of the last save that has succeeded.", ""), "nondeterministic_output"),
		},
		{
			Name: "save", Run: m.save, Arity: 1, Flags: admin | everything | core.NoMulti,
			Doc: doc("O(N) where N is the number of keys of all databases", "Saves the data to the RDB file.", ""),
		},
	}
}
