package lists

import "github.com/ferrousdb/ferrous/core"

// Flags that go together.
const (
	add      = core.Write | core.DenyOOM
	readFast = core.ReadOnly | core.Fast

	reads   = core.KeyRO | core.KeyAccess
	inserts = core.KeyRW | core.KeyInsert
	pops    = core.KeyRW | core.KeyAccess | core.KeyDelete
	removes = core.KeyRW | core.KeyDelete
)

// rows is the command table. The facts are Redis 7.2's.
func rows() []core.Command {
	var rows []core.Command
	for _, part := range [][]core.Command{pushRows(), readRows(), changeRows(), moveRows(), popRows()} {
		rows = append(rows, part...)
	}
	for i := range rows {
		rows[i].ACL, rows[i].Doc.Group = core.CatList, "list"
	}
	return rows
}

//go:noinline
func doc(since, complexity, summary, args string) core.Doc {
	return core.Doc{Summary: summary, Since: since, Complexity: complexity, Args: args}
}

func replaced(d core.Doc, by string) core.Doc {
	d.Deprecated, d.ReplacedBy = "6.2.0", by
	return d
}

// sides is the syntax of the ends that LMOVE is given.
const sides = "wherefrom(LEFT|RIGHT) whereto(LEFT|RIGHT)"

// pushRows are the commands that add elements at an end.
func pushRows() []core.Command {
	push := func(name string, run core.Handler, since, more, summary string) core.Command {
		return core.Command{Name: name, Run: run, Arity: -3, Flags: add | core.Fast, Keys: core.FirstKey(inserts),
			Doc: core.WithHistory(doc(since, "O(1) for each element.", summary, "key element..."),
				more, "More than one element at a time.")}
	}
	return []core.Command{
		push("lpush", lpush, "1.0.0", "2.4.0", "Adds elements before the first of a list, one after the other; creates the key if need be."),
		push("rpush", rpush, "1.0.0", "2.4.0", "Adds elements behind the last of a list; creates the key if need be."),
		push("lpushx", lpushx, "2.2.0", "4.0.0", "Adds elements before the first of a list, one after the other, provided that the list exists."),
		push("rpushx", rpushx, "2.2.0", "4.0.0", "Adds elements behind the last of a list, provided that the list exists."),
	}
}

// readRows are the commands that change nothing.
func readRows() []core.Command {
	return []core.Command{
		{Name: "llen", Run: llen, Arity: 2, Flags: readFast, Keys: core.FirstKey(core.KeyRO),
			Doc: doc("1.0.0", "O(1)", "Counts the elements of a list.", "key")},
		{Name: "lrange", Run: lrange, Arity: 4, Flags: core.ReadOnly, Keys: core.FirstKey(reads),
			Doc: doc("1.0.0", "O(log(N)+M) where N is the number of elements and M of those answered.",
				"Answers the elements between two positions, both included.", "key start:integer stop:integer")},
		{Name: "lindex", Run: lindex, Arity: 3, Flags: core.ReadOnly, Keys: core.FirstKey(reads),
			Doc: doc("1.0.0", "O(log(N)) where N is the number of elements; O(1) near the ends.",
				"Answers the element at a position.", "key index:integer")},
		{Name: "lpos", Run: lpos, Arity: -3, Flags: core.ReadOnly, Keys: core.FirstKey(reads),
			Doc: doc("6.0.6", "O(N) where N is the number of elements looked at.",
				"Answers the positions of elements with a given value.",
				"key element [RANK rank:integer] [COUNT num-matches:integer] [MAXLEN len:integer]")},
	}
}

// changeRows are the commands that change elements anywhere.
func changeRows() []core.Command {
	return []core.Command{
		{Name: "lset", Run: lset, Arity: 4, Flags: add, Keys: core.FirstKey(core.KeyRW | core.KeyUpdate),
			Doc: doc("1.0.0", "O(log(N)) where N is the number of elements; O(1) near the ends.",
				"Gives the element at a position another value.", "key index:integer element")},
		{Name: "linsert", Run: linsert, Arity: 5, Flags: add, Keys: core.FirstKey(inserts),
			Doc: doc("2.2.0", "O(N) where N is the number of elements up to the one that is looked for.",
				"Adds an element before or behind the first one with a given value.", "key where(BEFORE|AFTER) pivot element")},
		{Name: "lrem", Run: lrem, Arity: 4, Flags: core.Write, Keys: core.FirstKey(removes),
			Doc: doc("1.0.0", "O(N) where N is the number of elements.",
				"Removes elements with a given value. The key goes with the last element.", "key count:integer element")},
		{Name: "ltrim", Run: ltrim, Arity: 4, Flags: core.Write, Keys: core.FirstKey(removes),
			Doc: doc("1.0.0", "O(N) where N is the number of elements removed.",
				"Removes all elements but those between two positions. The key goes with the last element.",
				"key start:integer stop:integer")},
	}
}

// moveRows are the commands from list to list.
func moveRows() []core.Command {
	keys := []core.KeySpec{core.KeyAt(1, pops), core.KeyAt(2, inserts)}
	const wait, ends = add | core.Blocking, "source:key destination:key@1"
	return []core.Command{
		{Name: "lmove", Run: lmove, Arity: 5, Flags: add, Keys: keys,
			Doc: doc("6.2.0", "O(1)", "Moves an element from an end of a list to an end of another, or of the same, and answers it.",
				ends+" "+sides)},
		{Name: "rpoplpush", Run: rpoplpush, Arity: 3, Flags: add, Keys: keys,
			Doc: replaced(doc("1.2.0", "O(1)", "Moves the last element of a list to the beginning of another and answers it.", ends),
				"`LMOVE` with the `RIGHT` and `LEFT` arguments")},
		{Name: "blmove", Run: blmove, Arity: 6, Flags: wait, Keys: keys,
			Doc: doc("6.2.0", "O(1)", "Moves an element from an end of a list to an end of another and answers it; waits until there is one.",
				ends+" "+sides+" timeout:double")},
		{Name: "brpoplpush", Run: brpoplpush, Arity: 4, Flags: wait, Keys: keys,
			Doc: replaced(core.WithHistory(doc("2.2.0", "O(1)",
				"Moves the last element of a list to the beginning of another and answers it; waits until there is one.",
				ends+" timeout:double"), "6.0.0", "Fractions of a second in `timeout`."),
				"`BLMOVE` with the `RIGHT` and `LEFT` arguments")},
	}
}

// popRows are the commands that remove elements from an end.
func popRows() []core.Command {
	pop := func(name string, run core.Handler, which string) core.Command {
		return core.Command{Name: name, Run: run, Arity: -2, Flags: core.Write | core.Fast, Keys: core.FirstKey(pops),
			Doc: core.WithHistory(doc("1.0.0", "O(N) where N is the number of elements removed.",
				"Removes the "+which+" elements of a list and answers them. The key goes with the last element.", "key [count:integer]^6.2.0"),
				"6.2.0", "The argument `count`.")}
	}
	bpop := func(name string, run core.Handler, which string) core.Command {
		return core.Command{Name: name, Run: run, Arity: -3, Flags: core.Write | core.Blocking,
			Keys: []core.KeySpec{core.KeyRange(1, -2, 1, pops)},
			Doc: core.WithHistory(doc("2.0.0", "O(N) where N is the number of keys.",
				"Removes the "+which+" element of the first list that is not empty and answers it; waits until there is one.",
				"key... timeout:double"), "6.0.0", "Fractions of a second in `timeout`.")}
	}
	const many = "numkeys:integer key... where(LEFT|RIGHT) [COUNT count:integer]"
	const cost = "O(N+M) where N is the number of keys and M of elements removed."
	return []core.Command{
		pop("lpop", lpop, "first"),
		pop("rpop", rpop, "last"),
		{Name: "lmpop", Run: lmpop, Arity: -4, Flags: core.Write, Keys: []core.KeySpec{core.KeyCount(1, pops)},
			Doc: doc("7.0.0", cost, "Removes elements from an end of the first list that is not empty and answers them.", many)},
		bpop("blpop", blpop, "first"),
		bpop("brpop", brpop, "last"),
		{Name: "blmpop", Run: blmpop, Arity: -5, Flags: core.Write | core.Blocking, Keys: []core.KeySpec{core.KeyCount(2, pops)},
			Doc: doc("7.0.0", cost,
				"Removes elements from an end of the first list that is not empty and answers them; waits until there is one.",
				"timeout:double "+many)},
	}
}
