package bitmaps

import "github.com/ferrousdb/ferrous/core"

// rows is the command table. The facts are Redis 7.2's.
func (m *module) rows() []core.Command {
	const (
		write = core.Write | core.DenyOOM
		read  = core.KeyRO | core.KeyAccess
		swap  = core.KeyRW | core.KeyAccess | core.KeyUpdate
	)
	units := []core.Note{{Version: "7.0.0", Text: "`BYTE` and `BIT` came."}}
	rows := []core.Command{
		{Name: "bitcount", Run: bitcount, Arity: -2, Flags: core.ReadOnly, Keys: core.FirstKey(read),
			Doc: core.Doc{
				Summary: "Counts the bits of a string that are 1.",
				Since:   "2.6.0", Complexity: "O(N) where N is the number of bytes, 32 at a time.",
				Args:    "key [range{start:integer end:integer [unit(BYTE|BIT)]^7.0.0}]",
				History: units,
			}},
		{Name: "bitfield", Run: m.bitfield, Arity: -2, Flags: write,
			Keys: []core.KeySpec{core.KeyAt(1, swap|core.KeyVariableFlags).
				With("Only what `SET` and `INCRBY` do is a change.")},
			VaryFlags: fieldFlags,
			Doc: core.Doc{
				Summary: "Reads, sets and adds to integers of any width inside a string.",
				Since:   "3.2.0", Complexity: "O(1) for each operation.",
				Args: `key [operation(GET get-block{encoding offset:integer}|
					write{[OVERFLOW overflow-block(WRAP|SAT|FAIL)] write-operation(
						SET set-block{encoding offset:integer value:integer}|
						INCRBY incrby-block{encoding offset:integer increment:integer})})...]`,
			}},
		{Name: "bitfield_ro", Run: m.bitfieldRO, Arity: -2, Flags: core.ReadOnly | core.Fast,
			Keys: core.FirstKey(read),
			Doc: core.Doc{
				Summary: "Reads integers of any width inside a string.",
				Since:   "6.0.0", Complexity: "O(1) for each operation.",
				Args: "key [GET get-block{encoding offset:integer}...+]",
			}},
		{Name: "bitop", Run: bitop, Arity: -4, Flags: write,
			Keys: []core.KeySpec{core.KeyAt(2, core.KeyOW|core.KeyUpdate), core.KeyRange(3, -1, 1, read)},
			Doc: core.Doc{
				Summary: "Combines strings bit by bit and stores the result.",
				Since:   "2.6.0", Complexity: "O(N) where N is the number of bytes of all strings, 32 at a time.",
				Args: "operation(AND|OR|XOR|NOT) destkey:key key:key@1...",
			}},
		{Name: "bitpos", Run: bitpos, Arity: -3, Flags: core.ReadOnly, Keys: core.FirstKey(read),
			Doc: core.Doc{
				Summary: "Finds the first bit of a string that is 1, or 0.",
				Since:   "2.8.7", Complexity: "O(N) where N is the number of bytes, 32 at a time.",
				Args:    "key bit:integer [range{start:integer [end-unit-block{end:integer [unit(BYTE|BIT)]^7.0.0}]}]",
				History: units,
			}},
		{Name: "getbit", Run: m.getbit, Arity: 3, Flags: core.ReadOnly | core.Fast,
			Keys: core.FirstKey(read),
			Doc: core.Doc{
				Summary: "Answers a bit of a string.",
				Since:   "2.2.0", Complexity: "O(1)", Args: "key offset:integer",
			}},
		{Name: "setbit", Run: m.setbit, Arity: 4, Flags: write, Keys: core.FirstKey(swap),
			Doc: core.Doc{
				Summary: "Sets a bit of a string, which is made longer if need be, and answers what it was.",
				Since:   "2.2.0", Complexity: "O(1), plus the zero bytes that a longer string gets.",
				Args: "key offset:integer value:integer",
			}},
	}
	for i := range rows {
		rows[i].ACL, rows[i].Doc.Group = core.CatBitmap, "bitmap"
	}
	return rows
}
