package hyperloglog

import "github.com/ferrousdb/ferrous/core"

// rows is the command table. The facts are Redis 7.2's.
func (m *module) rows() []core.Command {
	const write = core.Write | core.DenyOOM
	rows := []core.Command{
		{Name: "pfadd", Run: m.pfadd, Arity: -2, Flags: write | core.Fast,
			Keys: core.FirstKey(core.KeyRW | core.KeyInsert),
			Doc: core.Doc{
				Summary: "Shows elements to a HyperLogLog; creates the key if need be.",
				Since:   "2.8.9", Complexity: "O(1) for each element.", Args: "key [element...]",
			}},
		{Name: "pfcount", Run: pfcount, Arity: -2, Flags: core.ReadOnly | core.MayReplicate,
			Keys: []core.KeySpec{core.KeyRange(1, -1, 1, core.KeyRW|core.KeyAccess).
				With("RW because the number that is answered is kept in the value, also on replicas")},
			Doc: core.Doc{
				Summary: "Estimates how many different elements one or several HyperLogLogs have been shown.",
				Since:   "2.8.9", Complexity: "O(1) for one key that has not changed; O(N) for N keys, with a large constant.",
				Args: "key...",
			}},
		{Name: "pfdebug", Run: m.pfdebug, Arity: 3, Flags: write | core.Admin,
			Keys: []core.KeySpec{core.KeyAt(2, core.KeyRW|core.KeyAccess)},
			Doc: core.Doc{
				Summary: "Shows the inside of a HyperLogLog, for tests.",
				Since:   "2.8.9", Complexity: "O(1)", Args: "subcommand key", System: true,
			}},
		{Name: "pfmerge", Run: m.pfmerge, Arity: -2, Flags: write,
			Keys: []core.KeySpec{
				core.KeyAt(1, core.KeyRW|core.KeyAccess|core.KeyInsert),
				core.KeyRange(2, -1, 1, core.KeyRO|core.KeyAccess),
			},
			Doc: core.Doc{
				Summary: "Makes a HyperLogLog of all that it and others have been shown.",
				Since:   "2.8.9", Complexity: "O(N) for N keys, with a large constant.",
				Args: "destkey:key [sourcekey:key@1...]",
			}},
		{Name: "pfselftest", Run: m.pfselftest, Arity: 1, Flags: core.Admin,
			Doc: core.Doc{
				Summary: "Tests the HyperLogLogs of this server, for seconds.",
				Since:   "2.8.9", Complexity: "O(1)", System: true,
			}},
	}
	for i := range rows {
		rows[i].ACL, rows[i].Doc.Group = core.CatHyperLogLog, "hyperloglog"
	}
	return rows
}
