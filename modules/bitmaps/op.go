package bitmaps

import (
	"bytes"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// bitop is BITOP AND|OR|XOR|NOT destkey key [key ...].
func bitop(c *core.Ctx) error {
	op, ok := findOperation(c)
	if !ok {
		return core.ErrSyntax
	}
	if op == not && len(c.Args) != 4 {
		return core.Err("BITOP NOT must be called with a single source key.")
	}
	var few [16][]byte
	var fewKeys [16]keyspace.Entry
	sources, entries, longest := few[:0], fewKeys[:0], 0
	for _, key := range c.Args[3:] {
		e, err := c.FindType(key, keyspace.String)
		if err != nil {
			return err
		}
		text := textOf(e, nil)
		sources, entries = append(sources, text), append(entries, e)
		longest = max(longest, len(text))
	}
	dest := c.Args[2]
	if d := c.Drafted(entries...); d != nil {
		d.Put(c, dest, 0)
		c.Changed(core.EventString, "set", dest)
	} else if longest >= core.PutOffFrom && c.MayPrepare() {
		return draft(c, op, longest, entries)
	} else if longest > 0 {
		combine(op, destination(c, dest, sources, longest), sources)
		c.Changed(core.EventString, "set", dest)
	} else if e := c.FindForWrite(dest); e.OK() {
		e.Delete()
		c.Changed(core.EventGeneric, "del", dest)
	}
	c.Int(int64(longest))
	return nil
}

// draft puts the command off until the result is made.
func draft(c *core.Ctx, op operation, n int, entries []keyspace.Entry) error {
	return c.Draft(n, 0, entries, func(dst []byte, at int, sources [][]byte) {
		var few [16][]byte
		rest := few[:0]
		for _, s := range sources {
			rest = append(rest, from(s, at))
		}
		combine(op, dst, rest)
	})
}

func findOperation(c *core.Ctx) (op operation, ok bool) {
	for op, word := range [...]string{and: "and", or: "or", xor: "xor", not: "not"} {
		if c.Is(1, word) {
			return operation(op), true
		}
	}
	return 0, false
}

// destination gives dest a new value of n bytes, to be filled. If dest is one of
// the sources too, what they were stays at the beginning of the new value, and
// those sources are made to point there.
func destination(c *core.Ctx, dest []byte, sources [][]byte, n int) []byte {
	raw := keyspace.MakeKind(keyspace.String, keyspace.Raw)
	own := func(i int) bool { return sources[i] != nil && bytes.Equal(c.Args[3+i], dest) }
	for i := range sources {
		if !own(i) {
			continue
		}
		e := c.FindForWrite(dest)
		if e.IsInt() {
			break // the sources are copies of its digits
		}
		e.SetExpire(0)
		data := e.Grow(raw, n, 0)
		for ; i < len(sources); i++ {
			if own(i) {
				sources[i] = data[:len(sources[i])]
			}
		}
		return data
	}
	return c.DB.PutHashed(c.HashOf(dest), dest, raw, n, 0, c.Now)
}
