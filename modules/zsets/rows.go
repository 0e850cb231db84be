package zsets

import "github.com/ferrousdb/ferrous/core"

// Flags that go together.
const (
	readFast = core.ReadOnly | core.Fast
	add      = core.Write | core.DenyOOM

	reads   = core.KeyRO | core.KeyAccess
	pops    = core.KeyRW | core.KeyAccess | core.KeyDelete
	removes = core.KeyRW | core.KeyDelete
	stores  = core.KeyOW | core.KeyUpdate
)

// rows is the command table. The facts are Redis 7.2's.
func rows() []core.Command {
	var rows []core.Command
	for _, part := range [][]core.Command{
		memberRows(), rangeRows(), oldRangeRows(), removeRows(), combineRows(), popRows(),
	} {
		rows = append(rows, part...)
	}
	for i := range rows {
		rows[i].ACL, rows[i].Doc.Group = core.CatSortedSet, "sorted-set"
	}
	return rows
}

//go:noinline
func doc(since, complexity, summary, args string) core.Doc {
	return core.Doc{Summary: summary, Since: since, Complexity: complexity, Args: args}
}

// memberRows are the commands about single members.
func memberRows() []core.Command {
	return []core.Command{
		{Name: "zadd", Member: 3, Run: zadd, Arity: -4, Flags: add | core.Fast, Keys: core.FirstKey(core.KeyRW | core.KeyUpdate),
			Doc: core.WithHistory(doc("1.2.0", "O(log(N)) for each member, where N is the number of members.",
				"Adds members with their scores, or gives them other scores.",
				`key [condition(NX|XX)]^3.0.2 [comparison(GT|LT)]^6.2.0 [change=CH]^3.0.2 [increment=INCR]^3.0.2
					data{score:double member}...`),
				"2.4.0", "More than one member at a time.",
				"3.0.2", "The options `XX`, `NX`, `CH` and `INCR`.",
				"6.2.0", "The options `GT` and `LT`.")},
		{Name: "zincrby", Member: 3, Run: zincrby, Arity: 4, Flags: add | core.Fast,
			Keys: core.FirstKey(core.KeyRW | core.KeyAccess | core.KeyUpdate),
			Doc: doc("1.2.0", "O(log(N)) where N is the number of members.",
				"Adds to the score of a member; a missing one counts as 0.", "key increment:integer member")},
		{Name: "zcard", Run: zcard, Arity: 2, Flags: readFast, Keys: core.FirstKey(core.KeyRO),
			Doc: doc("1.2.0", "O(1)", "Counts the members.", "key")},
		{Name: "zscore", Member: 2, Run: zscore, Arity: 3, Flags: readFast, Keys: core.FirstKey(reads),
			Doc: doc("1.2.0", "O(1)", "Tells the score of a member.", "key member")},
		{Name: "zmscore", Run: zmscore, Arity: -3, Flags: readFast, Keys: core.FirstKey(reads),
			Doc: doc("6.2.0", "O(N) where N is the number of members asked for.", "Tells the scores of members.", "key member...")},
		{Name: "zrank", Member: 2, Run: zrank, Arity: -3, Flags: readFast, Keys: core.FirstKey(reads),
			Doc: core.WithHistory(doc("2.0.0", "O(log(N)) where N is the number of members.",
				"Tells how many members come before a member.", "key member [WITHSCORE]"),
				"7.2.0", "The option `WITHSCORE`.")},
		{Name: "zrevrank", Member: 2, Run: zrevrank, Arity: -3, Flags: readFast, Keys: core.FirstKey(reads),
			Doc: core.WithHistory(doc("2.0.0", "O(log(N)) where N is the number of members.",
				"Tells how many members come after a member.", "key member [WITHSCORE]"),
				"7.2.0", "The option `WITHSCORE`.")},
		{Name: "zrandmember", Run: zrandmember, Arity: -2, Flags: core.ReadOnly, Keys: core.FirstKey(reads),
			Doc: core.WithTips(doc("6.2.0", "O(N*log(M)) where N is the number of members answered and M that of all members.",
				"Answers members chosen by chance.", "key [options{count:integer [WITHSCORES]}]"), "nondeterministic_output")},
		{Name: "zscan", Run: zscan, Arity: -3, Flags: core.ReadOnly, Keys: core.FirstKey(reads),
			Doc: core.WithTips(doc("2.8.0", "O(1) for each call, O(N) for a whole iteration, where N is the number of members.",
				"Visits the members with their scores, some with each call.",
				"key cursor:integer [MATCH pattern:pattern] [COUNT count:integer]"), "nondeterministic_output")},
	}
}

const limitArg = " [LIMIT limit{offset:integer count:integer}]"

const rangeCost = "O(log(N)+M) where N is the number of members and M the number of those in the range."

// rangeRows are the commands about ranges.
func rangeRows() []core.Command {
	return []core.Command{
		{Name: "zrange", Run: zrange, Arity: -4, Flags: core.ReadOnly, Keys: core.FirstKey(reads),
			Doc: core.WithHistory(doc("1.2.0", rangeCost, "Answers the members in a range of ranks, scores or names.",
				`key start stop [sortby(BYSCORE|BYLEX)]^6.2.0 [REV]^6.2.0
					[LIMIT limit{offset:integer count:integer}]^6.2.0 [WITHSCORES]`),
				"6.2.0", "The options `REV`, `BYSCORE`, `BYLEX` and `LIMIT`.")},
		{Name: "zrangestore", Run: zrangestore, Arity: -5, Flags: add,
			Keys: []core.KeySpec{core.KeyAt(1, stores), core.KeyAt(2, reads)},
			Doc: doc("6.2.0", rangeCost, "Stores the members in a range of ranks, scores or names in another key.",
				"dst:key src:key@1 min max [sortby(BYSCORE|BYLEX)] [REV]"+limitArg)},
		{Name: "zcount", Run: zcount, Arity: 4, Flags: readFast, Keys: core.FirstKey(reads),
			Doc: doc("2.0.0", "O(log(N)) where N is the number of members.",
				"Counts the members in a range of scores.", "key min:double max:double")},
		{Name: "zlexcount", Run: zlexcount, Arity: 4, Flags: readFast, Keys: core.FirstKey(reads),
			Doc: doc("2.8.9", "O(log(N)) where N is the number of members.",
				"Counts the members in a range of names, where all scores are equal.", "key min max")},
	}
}

// oldRangeRows are the commands that ZRANGE with its options replaces.
func oldRangeRows() []core.Command {
	row := func(name string, run core.Handler, by string, d core.Doc) core.Command {
		d.Deprecated, d.ReplacedBy = "6.2.0", "`ZRANGE` with "+by
		return core.Command{Name: name, Run: run, Arity: -4, Flags: core.ReadOnly, Keys: core.FirstKey(reads), Doc: d}
	}
	return []core.Command{
		row("zrevrange", zrevrange, "`REV`", doc("1.2.0", rangeCost,
			"Answers the members in a range of ranks, counted from the highest.", "key start:integer stop:integer [WITHSCORES]")),
		row("zrangebyscore", zrangebyscore, "`BYSCORE`", core.WithHistory(doc("1.0.5", rangeCost,
			"Answers the members in a range of scores.", "key min:double max:double [WITHSCORES]^2.0.0"+limitArg),
			"2.0.0", "The option `WITHSCORES`.")),
		row("zrevrangebyscore", zrevrangebyscore, "`REV` and `BYSCORE`", core.WithHistory(doc("2.2.0", rangeCost,
			"Answers the members in a range of scores, the highest first.", "key max:double min:double [WITHSCORES]"+limitArg),
			"2.1.6", "Either end may be left out of the range.")),
		row("zrangebylex", zrangebylex, "`BYLEX`", doc("2.8.9", rangeCost,
			"Answers the members in a range of names, where all scores are equal.", "key min max"+limitArg)),
		row("zrevrangebylex", zrevrangebylex, "`REV` and `BYLEX`", doc("2.8.9", rangeCost,
			"Answers the members in a range of names, the last first, where all scores are equal.", "key max min"+limitArg)),
	}
}

func removeRows() []core.Command {
	row := func(name, since string, run core.Handler, what, args string) core.Command {
		return core.Command{Name: name, Run: run, Arity: 4, Flags: core.Write, Keys: core.FirstKey(removes),
			Doc: doc(since, "O(log(N)+M) where N is the number of members and M the number of those removed.",
				"Removes the members in a range of "+what+".", args)}
	}
	return []core.Command{
		{Name: "zrem", Member: 2, Run: zrem, Arity: -3, Flags: core.Write | core.Fast, Keys: core.FirstKey(removes),
			Doc: core.WithHistory(doc("1.2.0", "O(M*log(N)) where N is the number of members and M the number of those removed.",
				"Removes members.", "key member..."),
				"2.4.0", "More than one member at a time.")},
		row("zremrangebyrank", "2.0.0", zremrangebyrank, "ranks", "key start:integer stop:integer"),
		row("zremrangebyscore", "1.2.0", zremrangebyscore, "scores", "key min:double max:double"),
		row("zremrangebylex", "2.8.9", zremrangebylex, "names, where all scores are equal", "key min max"),
	}
}

// combineRows are the commands that take several sorted sets, or sets.
func combineRows() []core.Command {
	const (
		keys     = "numkeys:integer key..."
		from     = "destination:key numkeys:integer key:key@1..."
		weighted = " [WEIGHTS weight:integer...] [AGGREGATE aggregate(SUM|MIN|MAX)]"
		scored   = " [WITHSCORES]"

		unionCost = "O(N+M*log(M)) where N is the number of members of all keys and M that of the result."
		interCost = "O(N*K+M*log(M)) where N is the number of members of the smallest key, K the number of keys and M the number of members of the result."
		diffCost  = "O(L+N*log(N)) at most, where L is the number of members of all keys and N that of the first key."
		cardCost  = "O(N*K) where N is the number of members of the smallest key and K the number of keys."
	)
	answer := func(name, since string, run core.Handler, d core.Doc) core.Command {
		d.Since = since
		return core.Command{Name: name, Run: run, Arity: -3, Flags: core.ReadOnly, Keys: []core.KeySpec{core.KeyCount(1, reads)}, Doc: d}
	}
	store := func(name, since string, run core.Handler, d core.Doc) core.Command {
		d.Since = since
		return core.Command{Name: name, Run: run, Arity: -4, Flags: add,
			Keys: []core.KeySpec{core.KeyAt(1, stores), core.KeyCount(2, reads)}, Doc: d}
	}
	return []core.Command{
		answer("zunion", "6.2.0", zunion, doc("", unionCost, "Answers the members that any of the keys has.", keys+weighted+scored)),
		answer("zinter", "6.2.0", zinter, doc("", interCost, "Answers the members that all of the keys have.", keys+weighted+scored)),
		answer("zdiff", "6.2.0", zdiff, doc("", diffCost, "Answers the members that only the first key has.", keys+scored)),
		answer("zintercard", "7.0.0", zintercard, doc("", cardCost, "Counts the members that all of the keys have.", keys+" [LIMIT limit:integer]")),
		store("zunionstore", "2.0.0", zunionstore, doc("", unionCost, "Stores the members that any of the keys has in a key.", from+weighted)),
		store("zinterstore", "2.0.0", zinterstore, doc("", interCost, "Stores the members that all of the keys have in a key.", from+weighted)),
		store("zdiffstore", "6.2.0", zdiffstore, doc("", diffCost, "Stores the members that only the first of the source keys has in a key.", from)),
	}
}

func popRows() []core.Command {
	const (
		each    = "O(log(N)*M) where N is the number of members and M the number of those popped."
		one     = "O(log(N)) where N is the number of members."
		several = "O(K+M*log(N)) where K is the number of keys, N the number of members and M the number of those popped."
	)
	pop := func(name string, run core.Handler, which string) core.Command {
		return core.Command{Name: name, Run: run, Arity: -2, Flags: core.Write | core.Fast, Keys: core.FirstKey(pops),
			Doc: doc("5.0.0", each, "Removes the members with the "+which+" scores and answers them.", "key [count:integer]")}
	}
	bpop := func(name string, run core.Handler, which string) core.Command {
		return core.Command{Name: name, Run: run, Arity: -3, Flags: core.Write | core.Fast | core.Blocking,
			Keys: []core.KeySpec{core.KeyRange(1, -2, 1, pops)},
			Doc: core.WithHistory(doc("5.0.0", one, "Removes the member with the "+which+" score of the first key that has any and answers it, or waits for one.",
				"key... timeout:double"), "6.0.0", "The timeout may be a fraction.")}
	}
	return []core.Command{
		pop("zpopmin", zpopmin, "lowest"),
		pop("zpopmax", zpopmax, "highest"),
		{Name: "zmpop", Run: zmpop, Arity: -4, Flags: core.Write, Keys: []core.KeySpec{core.KeyCount(1, pops)},
			Doc: doc("7.0.0", several, "Removes the members with the lowest or highest scores of the first key that has any and answers them.",
				"numkeys:integer key... where(MIN|MAX) [COUNT count:integer]")},
		bpop("bzpopmin", bzpopmin, "lowest"),
		bpop("bzpopmax", bzpopmax, "highest"),
		{Name: "bzmpop", Run: bzmpop, Arity: -5, Flags: core.Write | core.Blocking, Keys: []core.KeySpec{core.KeyCount(2, pops)},
			Doc: doc("7.0.0", several, "Removes the members with the lowest or highest scores of the first key that has any and answers them, or waits for one.",
				"timeout:double numkeys:integer key... where(MIN|MAX) [COUNT count:integer]")},
	}
}
