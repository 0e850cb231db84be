package sets

import "github.com/ferrousdb/ferrous/core"

// rows is the command table. The facts are Redis 7.2's.
func (m *module) rows() []core.Command {
	var rows []core.Command
	for _, part := range [][]core.Command{changeRows(), m.popRows(), readRows(), combineRows()} {
		rows = append(rows, part...)
	}
	for i := range rows {
		rows[i].ACL = core.CatSet
		rows[i].Doc.Group = "set"
	}
	return rows
}

// Key flags that go together.
const (
	reads  = core.KeyRO | core.KeyAccess
	inputs = reads // of a command that combines sets
)

func changeRows() []core.Command {
	return []core.Command{
		{Name: "sadd", Member: 2, Run: sadd, Arity: -3, Flags: core.Write | core.DenyOOM | core.Fast, Keys: core.FirstKey(core.KeyRW | core.KeyInsert),
			Doc: core.Doc{
				Summary: "Adds members to a set; creates the key if need be.",
				Since:   "1.0.0", Complexity: "O(N) where N is the number of members given.",
				Args:    "key member...",
				History: []core.Note{{Version: "2.4.0", Text: "More than one member may be given."}},
			}},
		{Name: "srem", Member: 2, Run: srem, Arity: -3, Flags: core.Write | core.Fast, Keys: core.FirstKey(core.KeyRW | core.KeyDelete),
			Doc: core.Doc{
				Summary: "Removes members from a set; the key goes with the last one.",
				Since:   "1.0.0", Complexity: "O(N) where N is the number of members given.",
				Args:    "key member...",
				History: []core.Note{{Version: "2.4.0", Text: "More than one member may be given."}},
			}},
		{Name: "smove", Run: smove, Arity: 4, Flags: core.Write | core.Fast,
			Keys: []core.KeySpec{
				core.KeyAt(1, core.KeyRW|core.KeyAccess|core.KeyDelete), core.KeyAt(2, core.KeyRW|core.KeyInsert),
			},
			Doc: core.Doc{
				Summary: "Moves a member from one set to another.",
				Since:   "1.0.0", Complexity: "O(1)", Args: "source:key destination:key@1 member",
			}},
	}
}

func (m *module) popRows() []core.Command {
	return []core.Command{
		{Name: "spop", Run: m.spop, Arity: -2, Flags: core.Write | core.Fast,
			Keys: core.FirstKey(core.KeyRW | core.KeyAccess | core.KeyDelete),
			Doc: core.Doc{
				Summary: "Removes members chosen by chance from a set and answers them.",
				Since:   "1.0.0", Complexity: "O(N) where N is the number of members removed.",
				Args:    "key [count:integer]^3.2.0",
				History: []core.Note{{Version: "3.2.0", Text: "`count` came."}},
				Tips:    []string{"nondeterministic_output"},
			}},
		{Name: "srandmember", Run: srandmember, Arity: -2, Flags: core.ReadOnly, Keys: core.FirstKey(reads),
			Doc: core.Doc{
				Summary: "Answers members of a set chosen by chance; with a negative count the same may come again.",
				Since:   "1.0.0", Complexity: "O(N) where N is the number of members answered.",
				Args:    "key [count:integer]^2.6.0",
				History: []core.Note{{Version: "2.6.0", Text: "`count` came."}},
				Tips:    []string{"nondeterministic_output"},
			}},
	}
}

func readRows() []core.Command {
	fast := core.ReadOnly | core.Fast
	return []core.Command{
		{Name: "scard", Run: scard, Arity: 2, Flags: fast, Keys: core.FirstKey(core.KeyRO),
			Doc: core.Doc{Summary: "Answers the number of members of a set.", Since: "1.0.0", Complexity: "O(1)", Args: "key"}},
		{Name: "sismember", Member: 2, Run: sismember, Arity: 3, Flags: fast, Keys: core.FirstKey(core.KeyRO),
			Doc: core.Doc{
				Summary: "Tells whether something is a member of a set.",
				Since:   "1.0.0", Complexity: "O(1)", Args: "key member",
			}},
		{Name: "smismember", Run: smismember, Arity: -3, Flags: fast, Keys: core.FirstKey(reads),
			Doc: core.Doc{
				Summary: "Tells of each of several things whether it is a member of a set.",
				Since:   "6.2.0", Complexity: "O(N) where N is the number of members given.", Args: "key member...",
			}},
		{Name: "smembers", Run: smembers, Arity: 2, Flags: core.ReadOnly, Keys: core.FirstKey(reads),
			Doc: core.Doc{
				Summary: "Answers all members of a set.",
				Since:   "1.0.0", Complexity: "O(N) where N is the number of members.", Args: "key",
				Tips: []string{"nondeterministic_output_order"},
			}},
		{Name: "sscan", Run: sscan, Arity: -3, Flags: core.ReadOnly, Keys: core.FirstKey(reads),
			Doc: core.Doc{
				Summary: "Visits the members of a set, a few with each call.",
				Since:   "2.8.0", Complexity: "O(1) for a call, O(N) for all of a set of N members.",
				Args: "key cursor:integer [MATCH pattern:pattern] [COUNT count:integer]",
				Tips: []string{"nondeterministic_output"},
			}},
	}
}

func combineRows() []core.Command {
	const (
		meet  = "O(N*M) where N is the number of members of the smallest set and M the number of sets."
		total = "O(N) where N is the number of members of all sets together."
	)
	read := func(name string, run core.Handler, complexity, summary string) core.Command {
		return core.Command{
			Name: name, Run: run, Arity: -2, Flags: core.ReadOnly,
			Keys: []core.KeySpec{core.KeyRange(1, -1, 1, inputs)},
			Doc: core.Doc{
				Summary: summary, Since: "1.0.0", Complexity: complexity, Args: "key...",
				Tips: []string{"nondeterministic_output_order"},
			},
		}
	}
	store := func(name string, run core.Handler, dst core.KeyFlags, complexity, summary string) core.Command {
		return core.Command{
			Name: name, Run: run, Arity: -3, Flags: core.Write | core.DenyOOM,
			Keys: []core.KeySpec{core.KeyAt(1, dst|core.KeyUpdate), core.KeyRange(2, -1, 1, inputs)},
			Doc:  core.Doc{Summary: summary, Since: "1.0.0", Complexity: complexity, Args: "destination:key key:key@1..."},
		}
	}
	return []core.Command{
		read("sinter", sinter, meet, "Answers the members that all the sets have."),
		{Name: "sintercard", Run: sintercard, Arity: -3, Flags: core.ReadOnly, Keys: []core.KeySpec{core.KeyCount(1, inputs)},
			Doc: core.Doc{
				Summary: "Counts the members that all the sets have, up to a limit.",
				Since:   "7.0.0", Complexity: meet, Args: "numkeys:integer key... [LIMIT limit:integer]",
			}},
		store("sinterstore", sinterstore, core.KeyRW, meet, "Stores the members that all the sets have as another set."),
		read("sunion", sunion, total, "Answers the members that any of the sets has."),
		store("sunionstore", sunionstore, core.KeyOW, total, "Stores the members that any of the sets has as another set."),
		read("sdiff", sdiff, total, "Answers the members that only the first of the sets has."),
		store("sdiffstore", sdiffstore, core.KeyOW, total, "Stores the members that only the first of the sets has as another set."),
	}
}
