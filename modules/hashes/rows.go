package hashes

import "github.com/ferrousdb/ferrous/core"

// Flags that go together.
const (
	readFast  = core.ReadOnly | core.Fast
	writeFast = core.Write | core.Fast
	add       = core.Write | core.DenyOOM | core.Fast

	reads   = core.KeyRO | core.KeyAccess
	updates = core.KeyRW | core.KeyUpdate
)

// rows is the command table. The facts are Redis 7.2's; those of the commands
// about the expiry of fields are 7.4's and 8.0's.
func rows() []core.Command {
	var rows []core.Command
	for _, part := range [][]core.Command{
		setRows(), getRows(), wholeRows(), expireRows(), expiryRows(), exRows(),
	} {
		rows = append(rows, part...)
	}
	for i := range rows {
		rows[i].ACL, rows[i].Doc.Group = core.CatHash, "hash"
	}
	return rows
}

//go:noinline
func doc(since, complexity, summary, args string) core.Doc {
	return core.Doc{Summary: summary, Since: since, Complexity: complexity, Args: args}
}

const (
	eachField = "O(N) where N is the number of fields given."
	allFields = "O(N) where N is the number of fields of the hash."
)

// setRows are the commands that change fields.
func setRows() []core.Command {
	old := doc("2.0.0", eachField, "Sets the values of fields.", "key data{field value}...")
	old.Deprecated, old.ReplacedBy = "4.0.0", "`HSET` with several pairs of field and value"
	counts := core.KeyRW | core.KeyAccess | core.KeyUpdate
	return []core.Command{
		{Name: "hset", Member: 2, Run: hset, Arity: -4, Flags: add, Keys: core.FirstKey(updates),
			Doc: core.WithHistory(doc("2.0.0", eachField, "Sets the values of fields and answers how many are new.",
				"key data{field value}..."),
				"4.0.0", "More than one field at a time.")},
		{Name: "hsetnx", Member: 2, Run: hsetnx, Arity: 4, Flags: add, Keys: core.FirstKey(core.KeyRW | core.KeyInsert),
			Doc: doc("2.0.0", "O(1)", "Sets the value of a field that does not exist.", "key field value")},
		{Name: "hmset", Run: hmset, Arity: -4, Flags: add, Keys: core.FirstKey(updates), Doc: old},
		{Name: "hdel", Member: 2, Run: hdel, Arity: -3, Flags: writeFast, Keys: core.FirstKey(core.KeyRW | core.KeyDelete),
			Doc: core.WithHistory(doc("2.0.0", eachField, "Deletes fields, and the key with the last of them.", "key field..."),
				"2.4.0", "More than one field at a time.")},
		{Name: "hincrby", Member: 2, Run: hincrby, Arity: 4, Flags: add, Keys: core.FirstKey(counts),
			Doc: doc("2.0.0", "O(1)", "Adds to the integer in a field; a missing one counts as 0.",
				"key field increment:integer")},
		{Name: "hincrbyfloat", Member: 2, Run: hincrbyfloat, Arity: 4, Flags: add, Keys: core.FirstKey(counts),
			Doc: doc("2.6.0", "O(1)", "Adds to the number in a field; a missing one counts as 0.",
				"key field increment:double")},
	}
}

// getRows are the commands that read single fields.
func getRows() []core.Command {
	return []core.Command{
		{Name: "hget", Member: 2, Run: hget, Arity: 3, Flags: readFast, Keys: core.FirstKey(reads),
			Doc: doc("2.0.0", "O(1)", "Answers the value of a field.", "key field")},
		{Name: "hmget", Run: hmget, Arity: -3, Flags: readFast, Keys: core.FirstKey(reads),
			Doc: doc("2.0.0", eachField, "Answers the values of fields.", "key field...")},
		{Name: "hstrlen", Member: 2, Run: hstrlen, Arity: 3, Flags: readFast, Keys: core.FirstKey(core.KeyRO),
			Doc: doc("3.2.0", "O(1)", "Answers the length of a field's value.", "key field")},
		{Name: "hexists", Member: 2, Run: hexists, Arity: 3, Flags: readFast, Keys: core.FirstKey(core.KeyRO),
			Doc: doc("2.0.0", "O(1)", "Tells whether a field exists.", "key field")},
		{Name: "hlen", Run: hlen, Arity: 2, Flags: readFast, Keys: core.FirstKey(core.KeyRO),
			Doc: doc("2.0.0", "O(1); fields that have expired and are still to be removed are counted one by one.",
				"Counts the fields of a hash.", "key")},
	}
}

// wholeRows are the commands that read a hash as a whole, or go through it.
func wholeRows() []core.Command {
	const order, random = "nondeterministic_output_order", "nondeterministic_output"
	return []core.Command{
		{Name: "hgetall", Run: hgetall, Arity: 2, Flags: core.ReadOnly, Keys: core.FirstKey(reads),
			Doc: core.WithTips(doc("2.0.0", allFields, "Answers all fields with their values.", "key"), order)},
		{Name: "hkeys", Run: hkeys, Arity: 2, Flags: core.ReadOnly, Keys: core.FirstKey(reads),
			Doc: core.WithTips(doc("2.0.0", allFields, "Answers all fields.", "key"), order)},
		{Name: "hvals", Run: hvals, Arity: 2, Flags: core.ReadOnly, Keys: core.FirstKey(reads),
			Doc: core.WithTips(doc("2.0.0", allFields, "Answers the values of all fields.", "key"), order)},
		{Name: "hrandfield", Run: hrandfield, Arity: -2, Flags: core.ReadOnly, Keys: core.FirstKey(reads),
			Doc: core.WithTips(doc("6.2.0", "O(N) where N is the number of fields answered.",
				"Answers fields chosen by chance.", "key [options{count:integer [WITHVALUES]}]"), random)},
		{Name: "hscan", Run: hscan, Arity: -3, Flags: core.ReadOnly, Keys: core.FirstKey(reads),
			Doc: core.WithTips(doc("2.8.0", "O(1) for a call; O(N) for a whole iteration, where N is the number of fields.",
				"Goes through the fields of a hash, some at a time.",
				"key cursor:integer [MATCH pattern:pattern] [COUNT count:integer] [NOVALUES]^7.4.0"), random)},
	}
}

// expireRows are the commands that make fields expire.
func expireRows() []core.Command {
	row := func(name, when string, u unit, summary string) core.Command {
		return core.Command{
			Name: name, Run: expireBy(u), Arity: -6, Flags: add, Keys: core.FirstKey(updates),
			Doc: doc("7.4.0", eachField, summary, "key "+when+" [condition(NX|XX|GT|LT)] "+fieldsArg),
		}
	}
	return []core.Command{
		row("hexpire", "seconds:integer", inSeconds, "Makes fields expire after some seconds."),
		row("hpexpire", "milliseconds:integer", inMillis, "Makes fields expire after some milliseconds."),
		row("hexpireat", "unix-time-seconds:unix-time", atSeconds, "Makes fields expire at a time in Unix seconds."),
		row("hpexpireat", "unix-time-milliseconds:unix-time", atMillis, "Makes fields expire at a time in Unix milliseconds."),
		{Name: "hpersist", Run: hpersist, Arity: -5, Flags: writeFast, Keys: core.FirstKey(updates),
			Doc: doc("7.4.0", eachField, "Takes the expiry off fields.", "key "+fieldsArg)},
	}
}

const fieldsArg = "FIELDS fields{numfields:integer field...}"

// expiryRows are the commands that tell when fields expire.
func expiryRows() []core.Command {
	row := func(name string, show func(at, now int64) int64, summary string, tip ...string) core.Command {
		return core.Command{
			Name: name, Run: expiryBy(show), Arity: -5, Flags: readFast, Keys: core.FirstKey(reads),
			Doc: core.WithTips(doc("7.4.0", eachField, summary, "key "+fieldsArg), tip...),
		}
	}
	const moves = "nondeterministic_output"
	return []core.Command{
		row("httl", leftSeconds, "Tells in how many seconds fields expire.", moves),
		row("hpttl", leftMillis, "Tells in how many milliseconds fields expire.", moves),
		row("hexpiretime", whenSeconds, "Tells when fields expire, in Unix seconds."),
		row("hpexpiretime", whenMillis, "Tells when fields expire, in Unix milliseconds."),
	}
}

// exRows are the commands that do two things with fields at once.
func exRows() []core.Command {
	const times = "EX seconds:integer|PX milliseconds:integer|EXAT unix-time-seconds:unix-time|" +
		"PXAT unix-time-milliseconds:unix-time"
	return []core.Command{
		{Name: "hgetex", Run: hgetex, Arity: -5, Flags: writeFast, Keys: core.FirstKey(core.KeyRW | core.KeyAccess | core.KeyUpdate),
			Doc: doc("8.0.0", eachField, "Answers the values of fields and changes when they expire.",
				"key [expiration("+times+"|PERSIST)] "+fieldsArg)},
		{Name: "hsetex", Run: hsetex, Arity: -6, Flags: add, Keys: core.FirstKey(updates),
			Doc: doc("8.0.0", eachField, "Sets the values of fields together with their expiry.",
				"key [condition(FNX|FXX)] [expiration("+times+"|KEEPTTL)] FIELDS fields{numfields:integer data{field value}...}")},
		{Name: "hgetdel", Run: hgetdel, Arity: -5, Flags: writeFast,
			Keys: core.FirstKey(core.KeyRW | core.KeyAccess | core.KeyDelete),
			Doc:  doc("8.0.0", eachField, "Answers the values of fields and deletes them.", "key "+fieldsArg)},
	}
}
