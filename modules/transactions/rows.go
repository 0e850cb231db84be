package transactions

import (
	"github.com/ferrousdb/ferrous/core"
)

// plain are the flags of all but EXEC.
const plain = core.NoScript | core.Loading | core.Stale | core.Fast | core.AllowBusy

//go:noinline
func doc(since, complexity, summary, args string) core.Doc {
	return core.Doc{Summary: summary, Since: since, Group: "transactions", Complexity: complexity, Args: args}
}

func (m *module) rows() []core.Command {
	rows := []core.Command{
		{
			Name: "multi", Run: core.ForClient(m.multi), Arity: 1, Flags: plain,
			Doc: doc("1.2.0", "O(1)", "Begins a transaction: the commands that follow are queued.", ""),
		},
		{
			Name: "exec", Run: core.ForClient(m.exec), Arity: 1,
			Flags: core.NoScript | core.Loading | core.Stale | core.SkipSlowlog | core.NotQueued,
			Plan:  m.execLocks, CallFlags: m.execFlags, Calls: m.execCalls, Refused: m.execRefused,
			Doc: doc("1.2.0", "Depends on the commands of the transaction", "Runs the queued commands, with nothing in between.", ""),
		},
		{
			Name: "discard", Run: core.ForClient(m.discardTx), Arity: 1, Flags: plain | core.NotQueued,
			Doc: doc("2.0.0", "O(N), when N is the number of queued commands", "Gives up the queued commands.", ""),
		},
		{
			Name: "watch", Run: core.ForClient(m.watch), Arity: -2, Flags: plain,
			Keys: []core.KeySpec{core.KeyRange(1, -1, 1, core.KeyRO)},
			Doc:  doc("2.2.0", "O(1) for each key", "Makes the next transaction fail if one of the keys changes before it.", "key..."),
		},
		{
			Name: "unwatch", Run: core.ForClient(m.unwatch), Arity: 1, Flags: plain,
			Doc: doc("2.2.0", "O(1)", "Forgets the watched keys.", ""),
		},
	}
	for i := range rows {
		rows[i].ACL = core.CatTransaction
	}
	return rows
}
