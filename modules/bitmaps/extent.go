package bitmaps

import "github.com/ferrousdb/ferrous/core"

// extent turns the first and last position of a range, which may count from
// the end of a value of n bytes (-1 is the last), into positions of bits: from
// is in the range, to is behind it. If nothing is in it, both are 0.
func extent(start, end, n int64, inBits bool) (from, to int64) {
	unit := int64(8)
	if inBits {
		unit, n = 1, n*8
	}
	if start < 0 {
		start = max(start+n, 0)
	}
	if end < 0 {
		end = max(end+n, 0)
	}
	end = min(end, n-1)
	if start > end {
		return 0, 0
	}
	return start * unit, (end + 1) * unit
}

// argUnit reads argument i, BYTE or BIT, if there is one: the unit of a range.
func argUnit(c *core.Ctx, i int) (inBits bool, err error) {
	switch {
	case i >= len(c.Args) || c.Is(i, "byte"):
		return false, nil
	case c.Is(i, "bit"):
		return true, nil
	}
	return false, core.ErrSyntax
}
