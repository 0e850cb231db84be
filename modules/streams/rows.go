package streams

import "github.com/ferrousdb/ferrous/core"

// Flags that go together.
const (
	readFast  = core.ReadOnly | core.Fast
	writeFast = core.Write | core.Fast

	reads   = core.KeyRO | core.KeyAccess
	updates = core.KeyRW | core.KeyUpdate
	inserts = core.KeyRW | core.KeyInsert
	deletes = core.KeyRW | core.KeyDelete
)

// Pieces of syntax.
const (
	refsArg = "[condition(KEEPREF|DELREF|ACKED)]^8.2.0"
	trimArg = `strategy(MAXLEN|MINID^6.2.0) [operator(equal="="|approximately="~")] threshold [LIMIT count:integer]^6.2.0`
	idsArg  = "IDS ids{numids:integer id...}"
)

// rows is the command table. The facts are Redis 7.2's.
func rows() []core.Command {
	var rows []core.Command
	for _, part := range [][]core.Command{entryRows(), readRows(), pendingRows(), {groupRow(), infoRow()}} {
		rows = append(rows, part...)
	}
	for i := range rows {
		if rows[i].Doc.Group = "stream"; len(rows[i].Sub) == 0 {
			rows[i].ACL = core.CatStream
		}
		for j := range rows[i].Sub {
			rows[i].Sub[j].ACL, rows[i].Sub[j].Doc.Group = core.CatStream, "stream"
		}
	}
	return rows
}

func doc(since, complexity, summary, args string) core.Doc {
	return core.Doc{Summary: summary, Since: since, Complexity: complexity, Args: args}
}

// entryRows are the commands that add and remove entries.
func entryRows() []core.Command {
	return []core.Command{
		{Name: "xadd", Run: xadd, Arity: -5, Flags: writeFast | core.DenyOOM, Keys: core.FirstKey(updates),
			Doc: core.WithTips(core.WithHistory(doc("5.0.0", "O(1); O(N) with trimming, where N is the number of entries removed.",
				"Adds an entry to the end of a stream; creates the key if need be.",
				"key [NOMKSTREAM]^6.2.0 "+refsArg+" [trim{"+trimArg+`}] id-selector(auto-id="*"|id) data{field value}...`),
				"6.2.0", "The options `NOMKSTREAM`, `MINID` and `LIMIT`.", "7.0.0", "The ID `<ms>-*`.",
				"8.2.0", "The options `KEEPREF`, `DELREF` and `ACKED`."), "nondeterministic_output")},
		{Name: "xtrim", Run: xtrim, Arity: -4, Flags: core.Write, Keys: core.FirstKey(deletes),
			Doc: core.WithTips(core.WithHistory(doc("5.0.0", "O(N) where N is the number of entries removed.",
				"Removes entries from the beginning of a stream.", "key trim{"+trimArg+" "+refsArg+"}"),
				"6.2.0", "The options `MINID` and `LIMIT`.", "8.2.0", "The options `KEEPREF`, `DELREF` and `ACKED`."), "nondeterministic_output")},
		{Name: "xdel", Run: xdel, Arity: -3, Flags: writeFast, Keys: core.FirstKey(deletes),
			Doc: doc("5.0.0", "O(1) for each entry.", "Deletes entries of a stream.", "key id...")},
		{Name: "xdelex", Run: xdelex, Arity: -5, Flags: writeFast, Keys: core.FirstKey(deletes),
			Doc: doc("8.2.0", "O(1) for each entry and group.",
				"Deletes entries of a stream, and says what becomes of them in its groups.", "key [condition(KEEPREF|DELREF|ACKED)] "+idsArg)},
		{Name: "xackdel", Run: xackdel, Arity: -6, Flags: writeFast, Keys: core.FirstKey(updates | core.KeyDelete),
			Doc: doc("8.2.0", "O(1) for each entry and group.",
				"Acknowledges entries for a group and deletes them.", "key group [condition(KEEPREF|DELREF|ACKED)] "+idsArg)},
		{Name: "xsetid", Run: xsetid, Arity: -3, Flags: writeFast | core.DenyOOM, Keys: core.FirstKey(updates),
			Doc: core.WithHistory(doc("5.0.0", "O(1)", "Sets the last ID of a stream; for replicas and logs.",
				"key last-id [ENTRIESADDED entries-added:integer]^7.0.0 [MAXDELETEDID max-deleted-id]^7.0.0"),
				"7.0.0", "The arguments `entries-added` and `max-deleted-id`.")},
	}
}

// afterStreams declares the keys of XREAD and XREADGROUP: the first half of what follows the word.
func afterStreams(from int) core.KeySpec {
	spec := core.AfterKeyword("STREAMS", from, -1, 1, reads)
	spec.Limit = 2
	return spec
}

// readRows are the commands that read entries.
func readRows() []core.Command {
	const perEntry = "O(N) where N is the number of entries answered."
	const streams = "STREAMS streams{key... id...}"
	return []core.Command{
		{Name: "xlen", Run: xlen, Arity: 2, Flags: readFast, Keys: core.FirstKey(core.KeyRO),
			Doc: doc("5.0.0", "O(1)", "Counts the entries of a stream.", "key")},
		{Name: "xrange", Run: xrange, Arity: -4, Flags: core.ReadOnly, Keys: core.FirstKey(reads),
			Doc: core.WithHistory(doc("5.0.0", perEntry, "Answers the entries of a stream between two IDs.", "key start end [COUNT count:integer]"),
				"6.2.0", "Intervals without their ends.")},
		{Name: "xrevrange", Run: xrevrange, Arity: -4, Flags: core.ReadOnly, Keys: core.FirstKey(reads),
			Doc: core.WithHistory(doc("5.0.0", perEntry, "Answers the entries of a stream between two IDs, the last first.", "key end start [COUNT count:integer]"),
				"6.2.0", "Intervals without their ends.")},
		{Name: "xread", Run: xread, Arity: -4, Flags: core.ReadOnly | core.Blocking,
			Keys: []core.KeySpec{afterStreams(1)},
			Doc: doc("5.0.0", perEntry, "Answers the entries of streams that come after given ones; may wait for them.",
				"[COUNT count:integer] [BLOCK milliseconds:integer] "+streams)},
		{Name: "xreadgroup", Run: xreadgroup, Arity: -7, Flags: core.Write | core.Blocking,
			Keys: []core.KeySpec{afterStreams(4)},
			Doc: core.WithHistory(doc("5.0.0", perEntry, "Answers entries of streams to a consumer of a group, new ones or those that it has got before; may wait for them.",
				"GROUP group-block{group consumer} [COUNT count:integer] [BLOCK milliseconds:integer] [CLAIM min-idle-time:integer]^8.4.0 [NOACK] "+streams),
				"8.4.0", "The option `CLAIM`.")},
	}
}

// pendingRows are the commands about what was delivered to groups.
func pendingRows() []core.Command {
	return []core.Command{
		{Name: "xack", Run: xack, Arity: -4, Flags: writeFast, Keys: core.FirstKey(updates),
			Doc: doc("5.0.0", "O(log(N)) for each entry, where N is the number of pending ones.", "Acknowledges entries for a group.", "key group id...")},
		{Name: "xpending", Run: xpending, Arity: -3, Flags: core.ReadOnly, Keys: core.FirstKey(reads),
			Doc: core.WithTips(core.WithHistory(doc("5.0.0", "O(N) where N is the number of entries looked at; O(M) with M consumers for the summary.",
				"Tells what is pending for a group.",
				"key group [filters{[IDLE min-idle-time:integer]^6.2.0 start end count:integer [consumer]}]"),
				"6.2.0", "The option `IDLE` and intervals without their ends."), "nondeterministic_output")},
		{Name: "xclaim", Run: xclaim, Arity: -6, Flags: writeFast, Keys: core.FirstKey(updates),
			Doc: core.WithTips(doc("5.0.0", "O(log(N)) for each entry, where N is the number of pending ones.",
				"Gives pending entries to another consumer of a group.",
				"key group consumer min-idle-time id... [IDLE ms:integer] [TIME unix-time-milliseconds:unix-time] [RETRYCOUNT count:integer] [FORCE] [JUSTID] [LASTID lastid]"),
				"nondeterministic_output")},
		{Name: "xautoclaim", Run: xautoclaim, Arity: -6, Flags: writeFast, Keys: core.FirstKey(deletes),
			Doc: core.WithTips(core.WithHistory(doc("6.2.0", "O(1) if COUNT is small.",
				"Gives pending entries that have been idle for long to a consumer of a group.",
				"key group consumer min-idle-time start [COUNT count:integer] [JUSTID]"),
				"7.0.0", "Entries that are gone are removed from what is pending, and told of."), "nondeterministic_output")},
	}
}

// secondKey declares the key of a subcommand.
func secondKey(flags core.KeyFlags) []core.KeySpec { return []core.KeySpec{core.KeyAt(2, flags)} }

func groupRow() core.Command {
	const write = core.Write
	const id = `id-selector(id|new-id="$")`
	return core.Command{Name: "xgroup", Arity: -2,
		Doc: doc("5.0.0", "Depends on subcommand.", "A container for commands about groups of consumers.", ""),
		Sub: []core.Command{
			{Name: "create", Run: xgroupCreate, Arity: -5, Flags: write | core.DenyOOM, Keys: secondKey(inserts),
				Doc: core.WithHistory(doc("5.0.0", "O(1)", "Creates a group of consumers.",
					"key group "+id+" [MKSTREAM] [ENTRIESREAD entries-read:integer]"), "7.0.0", "The argument `entries-read`.")},
			{Name: "createconsumer", Run: xgroupCreateConsumer, Arity: 5, Flags: write | core.DenyOOM, Keys: secondKey(inserts),
				Doc: doc("6.2.0", "O(1)", "Creates a consumer in a group.", "key group consumer")},
			{Name: "delconsumer", Run: xgroupDelConsumer, Arity: 5, Flags: write, Keys: secondKey(deletes),
				Doc: doc("5.0.0", "O(1)", "Deletes a consumer of a group with what is pending for it.", "key group consumer")},
			{Name: "destroy", Run: xgroupDestroy, Arity: 4, Flags: write, Keys: secondKey(deletes),
				Doc: doc("5.0.0", "O(N) where N is the number of pending entries.", "Deletes a group.", "key group")},
			core.HelpRow("stream", "5.0.0", core.CatStream),
			{Name: "setid", Run: xgroupSetID, Arity: -5, Flags: write, Keys: secondKey(updates),
				Doc: core.WithHistory(doc("5.0.0", "O(1)", "Sets the last entry that a group has got.",
					"key group "+id+" [ENTRIESREAD entriesread:integer<entries-read>]"), "7.0.0", "The argument `entries-read`.")},
		}}
}

func infoRow() core.Command {
	tip := func(d core.Doc) core.Doc { return core.WithTips(d, "nondeterministic_output") }
	return core.Command{Name: "xinfo", Arity: -2,
		Doc: doc("5.0.0", "Depends on subcommand.", "A container for commands that tell about streams.", ""),
		Sub: []core.Command{
			{Name: "consumers", Run: xinfoConsumers, Arity: 4, Flags: core.ReadOnly, Keys: secondKey(reads),
				Doc: tip(core.WithHistory(doc("5.0.0", "O(1)", "Tells about the consumers of a group.", "key group"), "7.2.0", "The field `inactive`."))},
			{Name: "groups", Run: xinfoGroups, Arity: 3, Flags: core.ReadOnly, Keys: secondKey(reads),
				Doc: core.WithHistory(doc("5.0.0", "O(1)", "Tells about the groups of a stream.", "key"), "7.0.0", "The fields `entries-read` and `lag`.")},
			core.HelpRow("stream", "5.0.0", core.CatStream),
			{Name: "stream", Run: xinfoStream, Arity: -3, Flags: core.ReadOnly, Keys: secondKey(reads),
				Doc: core.WithHistory(doc("5.0.0", "O(1)", "Tells about a stream.", "key [full-block{FULL [COUNT count:integer]}]"),
					"6.0.0", "The modifier `FULL`.", "7.0.0", "The fields `max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`, `entries-read` and `lag`.",
					"7.2.0", "The field `active-time`; `seen-time` is when a consumer last asked.")},
		}}
}
