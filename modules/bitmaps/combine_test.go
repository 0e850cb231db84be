package bitmaps

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// TestCombine compares with a byte at a time, for all lengths around those of words, pieces and
// blocks, where the result may stand in the place of any source.
func TestCombine(t *testing.T) {
	lengths := rapid.OneOf(rapid.IntRange(0, 200), rapid.IntRange(blockSize-70, blockSize+70), rapid.IntRange(2*blockSize, 2*blockSize+9))
	rapid.Check(t, func(t *rapid.T) {
		op := operation(rapid.IntRange(int(and), int(not)).Draw(t, "operation"))
		count := 1
		if op != not {
			count = rapid.IntRange(1, 4).Draw(t, "sources")
		}
		var sources [][]byte
		longest := 0
		for range count {
			s := make([]byte, lengths.Draw(t, "length"))
			seed := rapid.Uint32().Draw(t, "seed")
			for i := range s {
				seed = seed*1664525 + 1013904223
				s[i] = byte(seed >> 24)
			}
			sources, longest = append(sources, s), max(longest, len(s))
		}
		want := make([]byte, longest)
		for i := range want {
			want[i] = byteOf(op, sources, i)
		}
		dst := make([]byte, longest)
		if own := rapid.IntRange(-1, count-1).Draw(t, "destination"); own >= 0 {
			n := copy(dst, sources[own])
			sources[own] = dst[:n]
		}
		combine(op, dst, sources)
		if !bytes.Equal(dst, want) {
			t.Fatalf("%d of %d sources: %x, not %x", op, count, dst, want)
		}
	})
}

func byteOf(op operation, sources [][]byte, i int) byte {
	at := func(s []byte) byte {
		if i < len(s) {
			return s[i]
		}
		return 0
	}
	x := at(sources[0])
	if op == not {
		return ^x
	}
	for _, s := range sources[1:] {
		switch op {
		case and:
			x &= at(s)
		case or:
			x |= at(s)
		case xor:
			x ^= at(s)
		}
	}
	return x
}

// TestFind compares the search with a look at each bit.
func TestFind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one := rapid.Bool().Draw(t, "one")
		data := bytes.Repeat([]byte{map[bool]byte{true: 0, false: 0xff}[one]}, rapid.IntRange(1, 300).Draw(t, "length"))
		n := int64(len(data)) * 8
		for range rapid.IntRange(0, 2).Draw(t, "bits") {
			at := rapid.Int64Range(0, n-1).Draw(t, "bit")
			data[at>>3] ^= 0x80 >> (at & 7)
		}
		from := rapid.Int64Range(0, n).Draw(t, "from")
		to := rapid.Int64Range(from, n).Draw(t, "to")
		want := int64(-1)
		for at := to - 1; at >= from; at-- {
			if data[at>>3]&(0x80>>(at&7)) != 0 == one {
				want = at
			}
		}
		if at := find(data, from, to, one); at != want {
			t.Fatalf("found at %d, it is at %d", at, want)
		}
	})
}
