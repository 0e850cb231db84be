package strings

import "github.com/ferrousdb/ferrous/core"

// rows is the command table. The facts are Redis 7.2's.
func (m *module) rows() []core.Command {
	const (
		add   = core.Write | core.DenyOOM
		read  = core.KeyRO | core.KeyAccess
		swap  = core.KeyRW | core.KeyAccess | core.KeyUpdate
		group = "string"
	)
	rows := []core.Command{
		{Name: "append", Run: m.append, Arity: 3, Flags: add | core.Fast, Keys: core.FirstKey(core.KeyRW | core.KeyInsert),
			Doc: core.Doc{
				Summary: "Adds bytes at the end of a key's value; creates the key if need be.",
				Since:   "2.0.0", Complexity: "O(1) amortized: the room for a value grows by a share of its size.",
				Args: "key value",
			}},
		{Name: "decr", Run: decr, Arity: 2, Flags: add | core.Fast, Keys: core.FirstKey(swap),
			Doc: core.Doc{
				Summary: "Subtracts one from a key's number; a missing key counts as 0.",
				Since:   "1.0.0", Complexity: "O(1)", Args: "key",
			}},
		{Name: "decrby", Run: decrby, Arity: 3, Flags: add | core.Fast, Keys: core.FirstKey(swap),
			Doc: core.Doc{
				Summary: "Subtracts an integer from a key's number; a missing key counts as 0.",
				Since:   "1.0.0", Complexity: "O(1)", Args: "key decrement:integer",
			}},
		{Name: "get", Run: get, Arity: 2, Flags: core.ReadOnly | core.Fast, Keys: core.FirstKey(read),
			Doc: core.Doc{Summary: "Answers a key's value.", Since: "1.0.0", Complexity: "O(1)", Args: "key"}},
		{Name: "getdel", Run: getdel, Arity: 2, Flags: core.Write | core.Fast,
			Keys: core.FirstKey(core.KeyRW | core.KeyAccess | core.KeyDelete),
			Doc: core.Doc{
				Summary: "Answers a key's value and deletes the key.",
				Since:   "6.2.0", Complexity: "O(1)", Args: "key",
			}},
		{Name: "getex", Run: m.getex, Arity: -2, Flags: core.Write | core.Fast,
			Keys: []core.KeySpec{core.KeyAt(1, swap).With("RW and UPDATE because it changes the TTL")},
			Doc: core.Doc{
				Summary: "Answers a key's value and sets or removes the key's expiry.",
				Since:   "6.2.0", Complexity: "O(1)",
				Args: `key [expiration(EX seconds:integer|PX milliseconds:integer|EXAT unix-time-seconds:unix-time|
					PXAT unix-time-milliseconds:unix-time|PERSIST)]`,
			}},
		{Name: "getrange", Run: getrange, Arity: 4, Flags: core.ReadOnly, Keys: core.FirstKey(read),
			Doc: core.Doc{
				Summary: "Answers the part of a key's value between two positions, both included.",
				Since:   "2.4.0", Complexity: "O(N) where N is the length of the part.",
				Args: "key start:integer end:integer",
			}},
		{Name: "getset", Run: getset, Arity: 3, Flags: add | core.Fast, Keys: core.FirstKey(swap),
			Doc: core.Doc{
				Summary: "Sets a key's value and answers the one before.",
				Since:   "1.0.0", Complexity: "O(1)", Args: "key value",
				Deprecated: "6.2.0", ReplacedBy: "`SET` with the `GET` option",
			}},
		{Name: "incr", Run: incr, Arity: 2, Flags: add | core.Fast, Keys: core.FirstKey(swap),
			Doc: core.Doc{
				Summary: "Adds one to a key's number; a missing key counts as 0.",
				Since:   "1.0.0", Complexity: "O(1)", Args: "key",
			}},
		{Name: "incrby", Run: incrby, Arity: 3, Flags: add | core.Fast, Keys: core.FirstKey(swap),
			Doc: core.Doc{
				Summary: "Adds an integer to a key's number; a missing key counts as 0.",
				Since:   "1.0.0", Complexity: "O(1)", Args: "key increment:integer",
			}},
		{Name: "incrbyfloat", Run: incrbyfloat, Arity: 3, Flags: add | core.Fast, Keys: core.FirstKey(swap),
			Doc: core.Doc{
				Summary: "Adds a decimal fraction to a key's number; a missing key counts as 0.",
				Since:   "2.6.0", Complexity: "O(1)", Args: "key increment:double",
			}},
		{Name: "lcs", Run: m.lcs, Arity: -3, Flags: core.ReadOnly, Keys: []core.KeySpec{core.KeyRange(1, 1, 1, read)},
			Doc: core.Doc{
				Summary: "Finds the longest common subsequence of two keys' values.",
				Since:   "7.0.0", Complexity: "O(N*M/64) where N and M are the lengths of the values.",
				Args: "key1:key key2:key [LEN] [IDX] [MINMATCHLEN min-match-len:integer] [WITHMATCHLEN]",
			}},
		{Name: "mget", Run: mget, Arity: -2, Flags: core.ReadOnly | core.Fast,
			Keys: []core.KeySpec{core.KeyRange(1, -1, 1, read)},
			Doc: core.Doc{
				Summary: "Answers the values of several keys.",
				Since:   "1.0.0", Complexity: "O(N) where N is the number of keys.", Args: "key...",
				Tips: []string{"request_policy:multi_shard"},
			}},
		{Name: "mset", Run: mset, Arity: -3, Flags: add,
			Keys: []core.KeySpec{core.KeyRange(1, -1, 2, core.KeyOW|core.KeyUpdate)},
			Doc: core.Doc{
				Summary: "Sets the values of several keys at once.",
				Since:   "1.0.1", Complexity: "O(N) where N is the number of keys.", Args: "data{key value}...",
				Tips: []string{"request_policy:multi_shard", "response_policy:all_succeeded"},
			}},
		{Name: "msetnx", Run: msetnx, Arity: -3, Flags: add, // without 7.0's tips: it is no multi-shard command
			Keys: []core.KeySpec{core.KeyRange(1, -1, 2, core.KeyOW|core.KeyInsert)},
			Doc: core.Doc{
				Summary: "Sets the values of several keys at once, provided that none of the keys exists.",
				Since:   "1.0.1", Complexity: "O(N) where N is the number of keys.", Args: "data{key value}...",
			}},
		{Name: "psetex", Run: psetex, Arity: 4, Flags: add, Keys: core.FirstKey(core.KeyOW | core.KeyUpdate),
			Doc: core.Doc{
				Summary: "Sets a key's value with an expiry in milliseconds.",
				Since:   "2.6.0", Complexity: "O(1)", Args: "key milliseconds:integer value",
				Deprecated: "2.6.12", ReplacedBy: "`SET` with the `PX` option",
			}},
		{Name: "set", Run: set, Arity: -3, Flags: add,
			Keys: []core.KeySpec{core.KeyAt(1, swap|core.KeyVariableFlags).
				With("RW and ACCESS due to the optional `GET` argument")},
			VaryFlags: setFlags,
			Doc: core.Doc{
				Summary: "Sets a key's value, whatever it held before.",
				Since:   "1.0.0", Complexity: "O(1)",
				Args: `key value [condition(NX|XX)]^2.6.12 [GET]^6.2.0 [expiration(EX seconds:integer^2.6.12|PX milliseconds:integer^2.6.12|
					EXAT unix-time-seconds:unix-time^6.2.0|PXAT unix-time-milliseconds:unix-time^6.2.0|KEEPTTL^6.0.0)]`,
				History: []core.Note{
					{Version: "2.6.12", Text: "`EX`, `PX`, `NX` and `XX` came."},
					{Version: "6.0.0", Text: "`KEEPTTL` came."},
					{Version: "6.2.0", Text: "`GET`, `EXAT` and `PXAT` came."},
					{Version: "7.0.0", Text: "`NX` and `GET` may stand together."},
				},
			}},
		{Name: "setex", Run: setex, Arity: 4, Flags: add, Keys: core.FirstKey(core.KeyOW | core.KeyUpdate),
			Doc: core.Doc{
				Summary: "Sets a key's value with an expiry in seconds.",
				Since:   "2.0.0", Complexity: "O(1)", Args: "key seconds:integer value",
				Deprecated: "2.6.12", ReplacedBy: "`SET` with the `EX` option",
			}},
		{Name: "setnx", Run: setnx, Arity: 3, Flags: add | core.Fast, Keys: core.FirstKey(core.KeyOW | core.KeyInsert),
			Doc: core.Doc{
				Summary: "Sets a key's value, provided that the key does not exist.",
				Since:   "1.0.0", Complexity: "O(1)", Args: "key value",
				Deprecated: "2.6.12", ReplacedBy: "`SET` with the `NX` option",
			}},
		{Name: "setrange", Run: m.setrange, Arity: 4, Flags: add, Keys: core.FirstKey(core.KeyRW | core.KeyUpdate),
			Doc: core.Doc{
				Summary: "Writes bytes over a part of a key's value, which is made longer if need be.",
				Since:   "2.2.0", Complexity: "O(N) where N is the number of bytes, plus that of zero bytes before them.",
				Args: "key offset:integer value",
			}},
		{Name: "strlen", Run: strlen, Arity: 2, Flags: core.ReadOnly | core.Fast, Keys: core.FirstKey(core.KeyRO),
			Doc: core.Doc{Summary: "Answers the length of a key's value.", Since: "2.2.0", Complexity: "O(1)", Args: "key"}},
		{Name: "substr", Run: getrange, Arity: 4, Flags: core.ReadOnly, Keys: core.FirstKey(read),
			Doc: core.Doc{
				Summary: "Answers the part of a key's value between two positions, both included.",
				Since:   "1.0.0", Complexity: "O(N) where N is the length of the part.",
				Args:       "key start:integer end:integer",
				Deprecated: "2.0.0", ReplacedBy: "`GETRANGE`",
			}},
	}
	for i := range rows {
		rows[i].ACL, rows[i].Doc.Group = core.CatString, group
	}
	return rows
}
