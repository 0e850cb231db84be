package bitmaps

import (
	"encoding/binary"
	"math/bits"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// bitpos is BITPOS key bit [start [end [BYTE|BIT]]].
func bitpos(c *core.Ctx) error {
	bit, err := c.ArgInt(2)
	if err != nil {
		return err
	}
	if bit&^1 != 0 {
		return core.Err("The bit argument must be 1 or 0.")
	}
	e, err := c.FindType(c.Args[1], keyspace.String)
	if err != nil {
		return err
	}
	if !e.OK() {
		c.Int(-bit) // the first of endless zeros
		return nil
	}
	var tmp [20]byte
	text := e.Text(tmp[:])
	from, to, err := findExtent(c, int64(len(text)))
	if err != nil {
		return err
	}
	at := find(text, from, to, bit == 1)
	if at < 0 && bit == 0 && from < to && len(c.Args) < 5 {
		at = to // without an end the zeros behind the value count
	}
	c.Int(at)
	return nil
}

// findExtent reads the range of BITPOS over a value of n bytes.
func findExtent(c *core.Ctx, n int64) (from, to int64, err error) {
	if len(c.Args) == 3 {
		return 0, n * 8, nil
	}
	if len(c.Args) > 6 {
		return 0, 0, core.ErrSyntax
	}
	start, err := c.ArgInt(3)
	if err != nil {
		return 0, 0, err
	}
	inBits, err := argUnit(c, 5)
	if err != nil {
		return 0, 0, err
	}
	end := int64(-1)
	if len(c.Args) > 4 {
		if end, err = c.ArgInt(4); err != nil {
			return 0, 0, err
		}
	}
	from, to = extent(start, end, n, inBits)
	return from, to, nil
}

// find returns the position of the first bit of the given kind among those from
// (included) to to (excluded), or -1. Zeros are looked for as ones of the
// complement.
func find(data []byte, from, to int64, one bool) int64 {
	if from >= to {
		return -1
	}
	flip := ^uint64(0)
	if one {
		flip = 0
	}
	rest := data[from>>3 : (to+7)>>3]
	var pos int64
	if x := (rest[0] ^ byte(flip)) & (0xff >> (from & 7)); x != 0 {
		pos = from&^7 + int64(bits.LeadingZeros8(x))
	} else if pos = first(rest[1:], flip); pos >= 0 {
		pos += from&^7 + 8
	}
	if pos >= to {
		return -1 // in the last byte, behind the range
	}
	return pos
}

// first returns the position of the first one of b, whose bits are inverted by
// flip, or -1.
func first(b []byte, flip uint64) int64 {
	rest := skip(b, flip)
	for ; len(rest) >= 8; rest = rest[8:] {
		if w := binary.BigEndian.Uint64(rest) ^ flip; w != 0 {
			return int64(len(b)-len(rest))*8 + int64(bits.LeadingZeros64(w))
		}
	}
	for i, x := range rest {
		if x ^= byte(flip); x != 0 {
			return int64(len(b)-len(rest)+i)*8 + int64(bits.LeadingZeros8(x))
		}
	}
	return -1
}

// skip returns b without the beginning in which all bits are flip's, in pieces of 64 bytes.
func skip(b []byte, flip uint64) []byte {
	le := binary.LittleEndian
	for ; len(b) >= 64; b = b[64:] {
		w := (*[64]byte)(b) // so its length is known below
		if flip == 0 {
			if le.Uint64(w[0:])|le.Uint64(w[8:])|le.Uint64(w[16:])|le.Uint64(w[24:])|
				le.Uint64(w[32:])|le.Uint64(w[40:])|le.Uint64(w[48:])|le.Uint64(w[56:]) != 0 {
				break
			}
		} else if le.Uint64(w[0:])&le.Uint64(w[8:])&le.Uint64(w[16:])&le.Uint64(w[24:])&
			le.Uint64(w[32:])&le.Uint64(w[40:])&le.Uint64(w[48:])&le.Uint64(w[56:]) != flip {
			break
		}
	}
	return b
}
