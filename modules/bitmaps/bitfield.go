package bitmaps

import (
	"bytes"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/decimal"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// verb is a word of BITFIELD that begins an operation.
type verb uint8

const (
	verbGet verb = iota
	verbSet
	verbIncrBy
	verbOverflow
)

var verbs = [...]struct {
	word string
	args int
}{verbGet: {"get", 2}, verbSet: {"set", 3}, verbIncrBy: {"incrby", 3}, verbOverflow: {"overflow", 1}}

// verbAt recognizes the word args[i], if its arguments follow it, and returns
// where the next one is.
func verbAt(args [][]byte, i int) (v verb, next int, ok bool) {
	for v := range verbs {
		next := i + 1 + verbs[v].args
		if next <= len(args) && is(args[i], verbs[v].word) {
			return verb(v), next, true
		}
	}
	return 0, 0, false
}

// fieldFlags tells what BITFIELD does with its key: it only reads it unless
// something is set. What is not understood might be.
func fieldFlags(args [][]byte) core.KeyFlags {
	for i := 2; i < len(args); {
		v, next, ok := verbAt(args, i)
		if !ok || v == verbSet || v == verbIncrBy {
			return core.KeyRW | core.KeyAccess | core.KeyUpdate
		}
		i = next
	}
	return core.KeyRO | core.KeyAccess
}

// fieldOp is one operation of BITFIELD.
type fieldOp struct {
	field
	value    int64 // of SET and INCRBY
	verb     verb
	overflow overflow
}

// bitfield is BITFIELD key [GET type offset | [OVERFLOW mode] SET type offset
// value | [OVERFLOW mode] INCRBY type offset increment ...].
func (m *module) bitfield(c *core.Ctx) error {
	var few [8]fieldOp
	ops, last, err := m.parseFields(c, few[:0])
	if err != nil {
		return err
	}
	if last < 0 {
		return readFields(c, ops)
	}
	return writeFields(c, ops, last)
}

// bitfieldRO is BITFIELD_RO key [GET type offset ...].
func (m *module) bitfieldRO(c *core.Ctx) error {
	var few [8]fieldOp
	ops, last, err := m.parseFields(c, few[:0])
	if err != nil {
		return err
	}
	if last >= 0 {
		return core.Err("BITFIELD_RO only supports the GET subcommand")
	}
	return readFields(c, ops)
}

// parseFields appends the operations to ops. last is the position of the last
// bit that any of them may write, -1 if none writes.
func (m *module) parseFields(c *core.Ctx, ops []fieldOp) (_ []fieldOp, last int64, err error) {
	mode := wrap
	last = -1
	for i := 2; i < len(c.Args); {
		v, next, ok := verbAt(c.Args, i)
		if !ok {
			return nil, 0, core.ErrSyntax
		}
		if v == verbOverflow {
			if mode, ok = parseOverflow(c.Args[i+1]); !ok {
				return nil, 0, core.Err("Invalid OVERFLOW type specified")
			}
			i = next
			continue
		}
		op := fieldOp{verb: v, overflow: mode}
		if op.field, err = m.parseField(c, i+1); err != nil {
			return nil, 0, err
		}
		if v != verbGet {
			if op.value, err = c.ArgInt(i + 3); err != nil {
				return nil, 0, err
			}
			last = max(last, op.last())
		}
		ops = append(ops, op)
		i = next
	}
	return ops, last, nil
}

func parseOverflow(arg []byte) (overflow, bool) {
	for o, word := range [...]string{wrap: "wrap", saturate: "sat", fail: "fail"} {
		if is(arg, word) {
			return overflow(o), true
		}
	}
	return 0, false
}

// parseField reads the type and the offset at arguments i and i+1. The offset
// may be counted in units of the type: #2 is twice its width.
func (m *module) parseField(c *core.Ctx, i int) (f field, err error) {
	width, ok := int64(0), false
	if text := c.Args[i]; len(text) > 0 {
		f.signed = text[0] == 'i'
		if f.signed || text[0] == 'u' {
			width, ok = decimal.Parse(text[1:])
		}
	}
	if !ok || width < 1 || width > 64 || width == 64 && !f.signed {
		return f, core.Err("Invalid bitfield type. Use something like i16 u8. " +
			"Note that u64 is not supported but i64 is.")
	}
	f.bits = uint8(width)
	text, unit := c.Args[i+1], int64(1)
	if len(text) > 0 && text[0] == '#' {
		text, unit = text[1:], width
	}
	f.offset, err = m.offset(c, text, unit)
	return f, err
}

// readFields runs operations that are all GET.
func readFields(c *core.Ctx, ops []fieldOp) error {
	e, err := c.FindType(c.Args[1], keyspace.String)
	if err != nil {
		return err
	}
	var tmp [20]byte
	text := textOf(e, tmp[:])
	c.Array(len(ops))
	for i := range ops {
		c.Int(ops[i].load(text))
	}
	return nil
}

// writeFields runs operations of which some write, up to the bit at last. The
// value is made that long even if all of them fail.
func writeFields(c *core.Ctx, ops []fieldOp, last int64) error {
	key := c.Args[1]
	data, grown, err := pad(c, key, last)
	if err != nil {
		return err
	}
	c.Array(len(ops))
	changes := int64(0)
	for i := range ops {
		if stored, changed := ops[i].run(c, data); changed || stored && grown {
			changes++
		}
	}
	if changes > 0 {
		c.ChangedBy(changes, core.EventString, "setbit", key)
	} else if grown {
		c.Changed(0, "", key) // no event, but replicas want it too
	}
	return nil
}

// run executes and answers one operation; it reports whether it has stored
// something, and something new.
func (op *fieldOp) run(c *core.Ctx, data []byte) (stored, changed bool) {
	old := op.load(data)
	value, incr := op.value, int64(0)
	switch op.verb {
	case verbGet:
		c.Int(old)
		return false, false
	case verbIncrBy:
		value, incr = old, op.value
	}
	sum, ok := op.sum(value, incr, op.overflow)
	switch {
	case !ok:
		c.Null()
		return false, false
	case op.verb == verbIncrBy:
		c.Int(sum)
	default:
		c.Int(old)
	}
	op.store(data, sum)
	return true, sum != old
}

func is(arg []byte, word string) bool {
	return len(arg) == len(word) && bytes.EqualFold(arg, []byte(word))
}
