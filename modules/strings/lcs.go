package strings

import (
	"math"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// lcsOptions are the words that follow LCS's keys.
type lcsOptions struct {
	length, index, withLen bool
	minLen                 int64
}

// lcs is LCS key1 key2 [LEN] [IDX] [MINMATCHLEN len] [WITHMATCHLEN].
func (m *module) lcs(c *core.Ctx) error {
	_, err := c.FindType(c.Args[1], keyspace.String)
	b, err2 := c.FindType(c.Args[2], keyspace.String)
	if err != nil || err2 != nil {
		return core.Err("The specified keys must contain string values")
	}
	// Opened again, not counted again: finding the second key may have deleted
	// it, which ends the validity of the first entry.
	a := c.DB.Find(c.Args[1], c.Now, 0)
	o, err := parseLCS(c)
	if err != nil {
		return err
	}
	if o.length && o.index {
		return core.Err("If you want both the length and indexes, please just use IDX.")
	}
	var tmpA, tmpB [20]byte
	x, y := textOrNone(a, tmpA[:]), textOrNone(b, tmpB[:])
	if err := m.checkLCS(len(x), len(y)); err != nil {
		return err
	}
	switch t := commonTable(x, y, !o.length); {
	case o.length:
		c.Int(int64(t.length))
	case o.index:
		replyMatches(c, t, o)
	default:
		at, space := t.length, c.BulkSpace(t.length)
		t.matches(func(m match) {
			at -= m.n
			copy(space[at:], x[m.a:m.a+m.n])
		})
	}
	return nil
}

func textOrNone(e keyspace.Entry, tmp []byte) []byte {
	if !e.OK() {
		return nil
	}
	return e.Text(tmp)
}

func parseLCS(c *core.Ctx) (o lcsOptions, err error) {
	for i := 3; i < len(c.Args); i++ {
		switch {
		case c.Is(i, "IDX"):
			o.index = true
		case c.Is(i, "LEN"):
			o.length = true
		case c.Is(i, "WITHMATCHLEN"):
			o.withLen = true
		case c.Is(i, "MINMATCHLEN") && i+1 < len(c.Args):
			i++
			if o.minLen, err = c.ArgInt(i); err != nil {
				return o, err
			}
		default:
			return o, core.ErrSyntax
		}
	}
	return o, nil
}

// checkLCS refuses what Redis has no memory for: its table takes four bytes for
// each pair of bytes. Ours takes a bit, but clients may count on the limit to
// keep the server responsive.
func (m *module) checkLCS(a, b int) error {
	if a >= math.MaxUint32-1 || b >= math.MaxUint32-1 {
		return core.Err("String too long for LCS")
	}
	const cell = 4
	if uint64(a+1) > uint64(m.maxBulk.Load())/cell/uint64(b+1) {
		return core.Err("Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len")
	}
	return nil
}

func replyMatches(c *core.Ctx, t *lcsTable, o lcsOptions) {
	var found []match
	t.matches(func(m match) {
		if int64(m.n) >= o.minLen {
			found = append(found, m)
		}
	})
	c.Map(2)
	c.BulkString("matches")
	c.Array(len(found))
	for _, m := range found {
		if o.withLen {
			c.Array(3)
		} else {
			c.Array(2)
		}
		for _, at := range [...]int{m.a, m.b} {
			c.Array(2)
			c.Int(int64(at))
			c.Int(int64(at + m.n - 1))
		}
		if o.withLen {
			c.Int(int64(m.n))
		}
	}
	c.BulkString("len")
	c.Int(int64(t.length))
}
