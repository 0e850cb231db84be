package keys

import "github.com/ferrousdb/ferrous/core"

// Flags that go together.
const (
	readFast  = core.ReadOnly | core.Fast
	writeFast = core.Write | core.Fast
)

// doc makes the documentation of a generic command.
//
//go:noinline
func doc(since, complexity, summary, args string) core.Doc {
	return core.Doc{Summary: summary, Since: since, Group: "generic", Complexity: complexity, Args: args}
}

// rows is the command table. The facts are Redis 7.2's.
func (m *module) rows() []core.Command {
	var rows []core.Command
	for _, part := range [][]core.Command{
		existRows(), moveRows(), m.expireRows(), ttlRows(), iterateRows(), objectRows(), m.dumpRows(), databaseRows(),
	} {
		rows = append(rows, part...)
	}
	for i := range rows {
		if rows[i].Sub == nil {
			rows[i].ACL |= core.CatKeyspace
		}
	}
	return append(rows, sortRows()...)
}

// everyArg is for commands whose arguments are all keys.
func everyArg(flags core.KeyFlags) []core.KeySpec {
	return []core.KeySpec{core.KeyRange(1, -1, 1, flags)}
}

func existRows() []core.Command {
	each := []string{"request_policy:multi_shard", "response_policy:agg_sum"}
	return []core.Command{
		{Name: "del", Run: del, Arity: -2, Flags: core.Write, Keys: everyArg(core.KeyRM | core.KeyDelete),
			Doc: core.WithTips(doc("1.0.0", "O(N) where N is the number of keys; members of large values are freed in the background.",
				"Deletes keys.", "key..."), each...)},
		{Name: "unlink", Run: unlink, Arity: -2, Flags: writeFast, Keys: everyArg(core.KeyRM | core.KeyDelete),
			Doc: core.WithTips(doc("4.0.0", "O(N) where N is the number of keys; members of large values are freed in the background.",
				"Deletes keys, as DEL does.", "key..."), each...)},
		{Name: "exists", Run: exists, Arity: -2, Flags: readFast, Keys: everyArg(core.KeyRO),
			Doc: core.WithTips(core.WithHistory(doc("1.0.0", "O(N) where N is the number of keys.",
				"Counts how many of the given keys exist.", "key..."),
				"3.0.3", "More than one key may be given."), each...)},
		{Name: "touch", Run: touch, Arity: -2, Flags: readFast, Keys: everyArg(core.KeyRO),
			Doc: core.WithTips(doc("3.2.1", "O(N) where N is the number of keys.",
				"Counts how many of the given keys exist, as an access to each of them.", "key..."), each...)},
		{Name: "type", Run: typeOf, Arity: 2, Flags: readFast, Keys: core.FirstKey(core.KeyRO),
			Doc: doc("1.0.0", "O(1)", "Tells the type of the value that a key holds.", "key")},
		{Name: "randomkey", Run: randomkey, Arity: 1, Flags: core.ReadOnly | core.AllKeys | core.TouchesArbitrary,
			Doc: core.WithTips(doc("1.0.0", "O(1)", "Answers a key chosen by chance.", ""),
				"request_policy:all_shards", "nondeterministic_output")},
	}
}

func moveRows() []core.Command {
	from, to := core.KeyRW|core.KeyAccess|core.KeyDelete, core.KeyOW
	two := func(a, b core.KeyFlags) []core.KeySpec {
		return []core.KeySpec{core.KeyAt(1, a), core.KeyAt(2, b)}
	}
	return []core.Command{
		{Name: "rename", Run: rename, Arity: 3, Flags: core.Write, Keys: two(from, to|core.KeyUpdate),
			Doc: doc("1.0.0", "O(1)", "Gives a key another name; what had that name is gone.", "key newkey:key@1")},
		{Name: "renamenx", Run: renamenx, Arity: 3, Flags: writeFast, Keys: two(from, to|core.KeyInsert),
			Doc: core.WithHistory(doc("1.0.0", "O(1)", "Gives a key another name if no key has it.", "key newkey:key@1"),
				"3.2.0", "The same name twice is no error any more.")},
		{Name: "move", Run: move, Arity: 3, Flags: writeFast, Keys: core.FirstKey(core.KeyRW | core.KeyAccess | core.KeyUpdate),
			Doc: doc("1.0.0", "O(1)", "Moves a key to another database.", "key db:integer")},
		{Name: "copy", Run: copyKey, Arity: -3, Flags: core.Write | core.DenyOOM,
			Keys: two(core.KeyRO|core.KeyAccess, to|core.KeyUpdate),
			Doc: doc("6.2.0", "O(N) where N is the number of members of a collection; O(1) for strings.",
				"Copies the value and the expiry of a key to another key.",
				"source:key destination:key@1 [DB destination-db:integer] [REPLACE]")},
	}
}

func (m *module) expireRows() []core.Command {
	row := func(name, since, when string, unit expireUnit, summary string) core.Command {
		return core.Command{
			Name: name, Run: expireBy(unit, m.lazyExpire), Arity: -3, Flags: writeFast, Keys: core.FirstKey(core.KeyRW | core.KeyUpdate),
			Doc: core.WithHistory(doc(since, "O(1)", summary, "key "+when+" [condition(NX|XX|GT|LT)]^7.0.0"),
				"7.0.0", "The conditions `NX`, `XX`, `GT` and `LT`."),
		}
	}
	return []core.Command{
		row("expire", "1.0.0", "seconds:integer", inSeconds, "Makes a key expire after some seconds."),
		row("pexpire", "2.6.0", "milliseconds:integer", inMillis, "Makes a key expire after some milliseconds."),
		row("expireat", "1.2.0", "unix-time-seconds:unix-time", atSeconds, "Makes a key expire at a time in Unix seconds."),
		row("pexpireat", "2.6.0", "unix-time-milliseconds:unix-time", atMillis, "Makes a key expire at a time in Unix milliseconds."),
		{Name: "persist", Run: persist, Arity: 2, Flags: writeFast, Keys: core.FirstKey(core.KeyRW | core.KeyUpdate),
			Doc: doc("2.2.0", "O(1)", "Takes the expiry off a key.", "key")},
	}
}

func ttlRows() []core.Command {
	row := func(name, since string, show func(at, now int64) int64, summary string) core.Command {
		return core.Command{
			Name: name, Run: expiryOf(show), Arity: 2, Flags: readFast, Keys: core.FirstKey(core.KeyRO | core.KeyAccess),
			Doc: doc(since, "O(1)", summary, "key"),
		}
	}
	ttl := row("ttl", "1.0.0", leftSeconds, "Tells in how many seconds a key expires.")
	pttl := row("pttl", "2.6.0", leftMillis, "Tells in how many milliseconds a key expires.")
	for _, r := range []*core.Command{&ttl, &pttl} {
		r.Doc = core.WithTips(core.WithHistory(r.Doc, "2.8.0", "-2 for a key that does not exist."), "nondeterministic_output")
	}
	return []core.Command{
		ttl, pttl,
		row("expiretime", "7.0.0", whenSeconds, "Tells when a key expires, in Unix seconds."),
		row("pexpiretime", "7.0.0", whenMillis, "Tells when a key expires, in Unix milliseconds."),
	}
}

func iterateRows() []core.Command {
	return []core.Command{
		{Name: "keys", Run: listKeys, Arity: 2, Flags: core.ReadOnly | core.AllKeys, ACL: core.CatDangerous,
			Doc: core.WithTips(doc("1.0.0", "O(N) where N is the number of keys in the database.",
				"Lists the keys whose names match a pattern.", "pattern:pattern"),
				"request_policy:all_shards", "nondeterministic_output_order")},
		{Name: "scan", Run: scan, Plan: scanPlan, Arity: -2, Flags: core.ReadOnly,
			Doc: core.WithTips(core.WithHistory(doc("2.8.0", "O(1) for each call, O(N) for a whole iteration, where N is the number of keys in the database.",
				"Visits the keys of the database, some with each call.",
				"cursor:integer [MATCH pattern:pattern] [COUNT count:integer] [TYPE type]^6.0.0"),
				"6.0.0", "The option `TYPE`."),
				"nondeterministic_output", "request_policy:special")},
	}
}

func objectRows() []core.Command {
	sub := func(name, since, summary string, run core.Handler) core.Command {
		return core.Command{
			Name: name, Run: run, Arity: 3, Flags: core.ReadOnly, ACL: core.CatKeyspace,
			Keys: []core.KeySpec{core.KeyAt(2, core.KeyRO)},
			Doc:  core.WithTips(doc(since, "O(1)", summary, "key"), "nondeterministic_output"),
		}
	}
	return []core.Command{{
		Name: "object", Arity: -2,
		Doc: doc("2.2.3", "Depends on subcommand.", "Tells how values are stored.", ""),
		Sub: []core.Command{
			sub("encoding", "2.2.3", "Tells in which encoding a value is stored.", object(objectEncoding)),
			sub("freq", "4.0.0", "Tells how often a key is accessed, on a logarithmic scale (LFU policies only).", object(objectFreq)),
			sub("idletime", "2.2.3", "Tells for how many seconds a key was not accessed (not under LFU policies).", object(objectIdletime)),
			sub("refcount", "2.2.3", "Tells how many references there are to a value: one.", object(objectRefcount)),
			core.HelpRow("generic", "6.2.0", core.CatKeyspace),
		},
	}}
}

func (m *module) dumpRows() []core.Command {
	const args = "key ttl:integer serialized-value [REPLACE]^3.0.0 [ABSTTL]^5.0.0 [IDLETIME seconds:integer]^5.0.0 [FREQ frequency:integer]^5.0.0"
	const complexity = "O(N) where N is the length of the payload."
	brought := []string{
		"3.0.0", "The option `REPLACE`.", "5.0.0", "The option `ABSTTL`.", "5.0.0", "The options `IDLETIME` and `FREQ`.",
	}
	restore := core.Command{
		Name: "restore", Run: m.restore, Arity: -4, Flags: core.Write | core.DenyOOM, ACL: core.CatDangerous,
		Keys: core.FirstKey(core.KeyOW | core.KeyUpdate),
		Doc:  core.WithHistory(doc("2.6.0", complexity, "Makes a key of a value serialized by DUMP.", args), brought...),
	}
	asking := restore
	asking.Name, asking.Flags = "restore-asking", restore.Flags|core.Asking
	asking.Doc = core.WithHistory(doc("3.0.0", complexity, "RESTORE for a slot that is being migrated; used inside a cluster.", args), brought...)
	asking.Doc.Group = "server"
	return []core.Command{
		{Name: "dump", Run: m.dumpKey, Arity: 2, Flags: core.ReadOnly, Keys: core.FirstKey(core.KeyRO | core.KeyAccess),
			Doc: core.WithTips(doc("2.6.0", "O(N) where N is the size of the value.", "Serializes the value of a key.", "key"),
				"nondeterministic_output")},
		{Name: "migrate", Run: m.migrate, Arity: -6, Flags: core.Write | core.Sensitive, ACL: core.CatDangerous, Redact: hideMoveSecrets,
			Keys: []core.KeySpec{
				core.KeyAt(3, core.KeyRW|core.KeyAccess|core.KeyDelete),
				core.AfterKeyword("KEYS", -2, -1, 1, core.KeyRW|core.KeyAccess|core.KeyDelete|core.KeyIncomplete),
			},
			FindKeys: moveKeys,
			Doc: core.WithTips(core.WithHistory(doc("2.6.0", "O(N) where N is the size of the values.", "Moves keys to another server.",
				`host port:integer key-selector(key|empty-string="") destination-db:integer timeout:integer [COPY]^3.0.0 [REPLACE]^3.0.0 `+
					`[authentication(AUTH auth<password>^4.0.7|AUTH2 auth2{username password}^6.0.0)] [KEYS keys:key@1<key>...]^3.0.6`),
				"3.0.0", "The options `COPY` and `REPLACE`.", "3.0.6", "The option `KEYS`.", "4.0.7", "The option `AUTH`.", "6.0.0", "The option `AUTH2`."),
				"nondeterministic_output")},
		restore, asking,
	}
}

func databaseRows() []core.Command {
	const words = "[flush-type(ASYNC^4.0.0|SYNC^6.2.0)]" // as 7.2 names it
	brought := []string{"4.0.0", "The word `ASYNC`.", "6.2.0", "The word `SYNC`."}
	everywhere := []string{"request_policy:all_shards", "response_policy:all_succeeded"}
	rows := []core.Command{
		{Name: "dbsize", Run: dbsize, Arity: 1, Flags: readFast | core.AllKeys,
			Doc: core.WithTips(doc("1.0.0", "O(1)", "Counts the keys of the database.", ""),
				"request_policy:all_shards", "response_policy:agg_sum")},
		{Name: "flushdb", Run: flush(false), Arity: -1, Flags: core.Write | core.AllKeys, ACL: core.CatDangerous,
			Doc: core.WithTips(core.WithHistory(doc("1.0.0", "O(1): the keys are freed in the background.",
				"Deletes all keys of the database.", words), brought...), everywhere...)},
		{Name: "flushall", Run: flush(true), Arity: -1, Flags: core.Write | core.AllKeys, ACL: core.CatDangerous,
			Doc: core.WithTips(core.WithHistory(doc("1.0.0", "O(1): the keys are freed in the background.",
				"Deletes all keys of all databases.", words), brought...), everywhere...)},
		{Name: "swapdb", Run: swapdb, Arity: 3, Flags: writeFast | core.AllKeys, ACL: core.CatDangerous,
			Doc: doc("4.0.0", "O(N) where N is the number of clients that watch or wait for keys of the two.",
				"Exchanges the contents of two databases.", "index1:integer index2:integer")},
	}
	for i := range rows {
		rows[i].Doc.Group = "server"
	}
	return rows
}
