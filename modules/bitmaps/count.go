package bitmaps

import (
	"encoding/binary"
	"math/bits"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// bitcount is BITCOUNT key [start end [BYTE|BIT]]. As in Redis 7.2 the range
// of a missing key is not even looked at.
func bitcount(c *core.Ctx) error {
	e, err := c.FindType(c.Args[1], keyspace.String)
	if err != nil {
		return err
	}
	if !e.OK() {
		c.Int(0)
		return nil
	}
	var tmp [20]byte
	text := e.Text(tmp[:])
	from, to, err := countExtent(c, int64(len(text)))
	if err != nil {
		return err
	}
	c.Int(countRange(text, from, to))
	return nil
}

// countExtent reads the range of BITCOUNT over a value of n bytes.
func countExtent(c *core.Ctx, n int64) (from, to int64, err error) {
	switch len(c.Args) {
	case 2:
		return 0, n * 8, nil
	case 4, 5:
	default:
		return 0, 0, core.ErrSyntax
	}
	start, err := c.ArgInt(2)
	if err != nil {
		return 0, 0, err
	}
	end, err := c.ArgInt(3)
	if err != nil {
		return 0, 0, err
	}
	if end < start && start < 0 {
		return 0, 0, nil // before the end of either is cut at the first byte
	}
	inBits, err := argUnit(c, 4)
	if err != nil {
		return 0, 0, err
	}
	from, to = extent(start, end, n, inBits)
	return from, to, nil
}

// countRange counts the ones among the bits from (included) to to (excluded):
// those of all bytes concerned, less those that do not belong to the range.
func countRange(data []byte, from, to int64) int64 {
	if from >= to {
		return 0
	}
	first, last := from>>3, (to-1)>>3
	before := data[first] &^ (0xff >> (from & 7))
	after := data[last] & (1<<(7-(to-1)&7) - 1)
	return count(data[first:last+1]) - int64(bits.OnesCount8(before)+bits.OnesCount8(after))
}

// count counts the ones of b. Four words a turn keep the processor's counting
// instruction busy, which takes a word per cycle but three cycles for each.
func count(b []byte) int64 {
	var n0, n1, n2, n3 int
	for len(b) >= 32 {
		n0 += bits.OnesCount64(binary.LittleEndian.Uint64(b))
		n1 += bits.OnesCount64(binary.LittleEndian.Uint64(b[8:]))
		n2 += bits.OnesCount64(binary.LittleEndian.Uint64(b[16:]))
		n3 += bits.OnesCount64(binary.LittleEndian.Uint64(b[24:]))
		b = b[32:]
	}
	for ; len(b) >= 8; b = b[8:] {
		n0 += bits.OnesCount64(binary.LittleEndian.Uint64(b))
	}
	for _, x := range b {
		n1 += bits.OnesCount8(x)
	}
	return int64(n0 + n1 + n2 + n3)
}
