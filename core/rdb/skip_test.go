package rdb

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// append1 appends one element of a layout, made up.
func append1(t *rapid.T, b []byte, what byte) []byte {
	number := func(name string, from, to int) int { return rapid.IntRange(from, to).Draw(t, name) }
	switch what {
	case 's':
		text := rapid.OneOf(rapid.Just("-12345"), rapid.Just("1"), rapid.Just("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), rapid.String())
		return AppendString(b, []byte(text.Draw(t, "string")), true)
	case 'n':
		return AppendLen(b, rapid.Uint64().Draw(t, "length"))
	case 'd':
		return AppendDouble(b, rapid.Float64().Draw(t, "double"))
	case 'i':
		return append(b, make([]byte, 16)...)
	case 'm':
		for range number("parts", 0, 4) {
			mark := number("mark", moduleSigned, moduleString)
			b = AppendLen(b, uint64(mark))
			b = append1(t, b, "_nn48s"[mark])
		}
		return AppendLen(b, moduleEOF)
	}
	return append(b, make([]byte, what-'0')...)
}

// appendLayout appends what a layout describes.
func appendLayout(t *rapid.T, b []byte, layout string) []byte {
	for i := 0; i < len(layout); i++ {
		if layout[i] != '*' {
			b = append1(t, b, layout[i])
			continue
		}
		end, open := i+2, 1
		for ; open > 0; end++ {
			switch layout[end] {
			case '(':
				open++
			case ')':
				open--
			}
		}
		count := rapid.IntRange(0, 3).Draw(t, "count")
		b = AppendLen(b, uint64(count))
		for range count {
			b = appendLayout(t, b, layout[i+2:end-1])
		}
		i = end - 1
	}
	return b
}

// The end of every layout is found, however the input comes in pieces, and not
// before it is there.
func TestSkip(t *testing.T) {
	var known []int
	for op, layout := range layouts {
		if layout != "" {
			known = append(known, op)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		op := rapid.SampledFrom(known).Draw(t, "op")
		b := appendLayout(t, nil, layouts[op])
		more := append(slices.Clone(b), "something else"...)
		piece := rapid.IntRange(1, len(more)).Draw(t, "piece")
		var s Skipper
		if !s.Begin(byte(op)) {
			t.Fatal("not known")
		}
		at, have := 0, 0
		for {
			n, missing, err := s.Skip(more[at:have])
			if err != nil {
				t.Fatal(err)
			}
			at += n
			if missing == 0 {
				break
			}
			if have == len(more) {
				t.Fatalf("at %d of %d: %d bytes more are wanted", at, len(b), missing)
			}
			if uint64(have)+missing > uint64(len(b)) {
				t.Fatalf("with %d of %d bytes there, %d more are wanted", have, len(b), missing)
			}
			have = min(have+piece, len(more))
		}
		if at != len(b) {
			t.Fatalf("type %d ends at %d, not at %d", op, at, len(b))
		}
	})
}

// Lengths that cannot be are waited for, and elements that are none are errors.
func TestSkipNonsense(t *testing.T) {
	for name, c := range map[string]struct {
		op   byte
		b    []byte
		fail bool
	}{
		"string of 2^64-1 bytes": {TypeString, AppendLen(nil, 1<<64-1), false},
		"LZF of 2^64-1 bytes":    {TypeString, AppendLen(AppendLen([]byte{lenEncoded<<6 | encLZF}, 1<<64-1), 1), false},
		"2^64-1 elements":        {TypeList, append(AppendLen(nil, 1<<64-1), 0, 0, 0), false},
		"string encoding":        {TypeString, []byte{lenEncoded<<6 | 4}, true},
		"form of length":         {TypeString, []byte{0x82}, true},
		"encoding for a length":  {TypeSet, []byte{lenEncoded << 6}, true},
		"mark in a module":       {TypeModule2, []byte{1, 6}, true},
	} {
		var s Skipper
		s.Begin(c.op)
		_, more, err := s.Skip(c.b)
		if (err != nil) != c.fail || !c.fail && more == 0 {
			t.Errorf("%s: %d more, error %v", name, more, err)
		}
	}
}

func FuzzSkip(f *testing.F) {
	f.Add(byte(TypeStreamListpacks3), []byte{1, 1, 'a', 1, 'b', 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add(byte(TypeModule2), []byte{1, 2, 5, 5, 1, 'x', 0})
	f.Add(byte(TypeZSet), []byte{1, 1, 'a', 255})
	f.Fuzz(func(t *testing.T, op byte, b []byte) {
		var whole, bits Skipper
		if !whole.Begin(op) {
			return
		}
		bits.Begin(op)
		n, more, err := whole.Skip(b)
		if n > len(b) {
			t.Fatalf("%d of %d bytes", n, len(b))
		}
		at := 0
		for have := 0; have <= len(b); have++ {
			m, missing, e := bits.Skip(b[at:have])
			at += m
			if e != nil || missing == 0 {
				if e == nil != (err == nil) || missing != more || at != n {
					t.Fatalf("in one piece: %d, %d, %v; in many: %d, %d, %v", n, more, err, at, missing, e)
				}
				return
			}
		}
		if more == 0 || err != nil {
			t.Fatalf("in one piece: %d, %d, %v; in many there is no end", n, more, err)
		}
	})
}

// Checksums of pieces make that of the whole; so do those of four lanes.
func TestCombineCRC64(t *testing.T) {
	rnd := rand.NewChaCha8([32]byte{1})
	b := make([]byte, 100_000)
	_, _ = rnd.Read(b)
	if got, want := CRC64(7, b), crcBytes(7, b); got != want {
		t.Errorf("four lanes give %x, one gives %x", got, want)
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, len(b)).Draw(t, "length")
		cut := rapid.IntRange(0, n).Draw(t, "cut")
		got := CombineCRC64(CRC64(0, b[:cut]), CRC64(0, b[cut:n]), int64(n-cut))
		if want := crcBytes(0, b[:n]); got != want {
			t.Fatalf("%x, not %x", got, want)
		}
	})
}

func TestModuleName(t *testing.T) {
	// The number that RedisBloom's filters have: "MBbloom--", version 1.
	id := uint64(0)
	for _, ch := range "MBbloom--" {
		id = id<<6 | uint64(bytes.IndexByte([]byte(moduleAlphabet), byte(ch)))
	}
	if got := ModuleName(id<<10 | 1); got != "MBbloom--" {
		t.Errorf("%q", got)
	}
}
