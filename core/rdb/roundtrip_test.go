package rdb

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// text draws strings of every sort that has an encoding of its own.
func text() *rapid.Generator[[]byte] {
	return rapid.OneOf(
		rapid.SliceOfN(rapid.Byte(), 0, 70),
		rapid.SliceOfN(rapid.ByteRange('a', 'c'), 0, 3000),
		rapid.Map(rapid.Int64(), func(n int64) []byte { return strconv.AppendInt(nil, n, 10) }),
		rapid.Map(rapid.IntRange(-40000, 40000), func(n int) []byte { return strconv.AppendInt(nil, int64(n), 10) }),
		rapid.Map(rapid.StringMatching(`-?[0-9]{0,11}`), func(s string) []byte { return []byte(s) }),
		rapid.Custom(func(t *rapid.T) []byte { // repetitions near and far
			unit := rapid.SliceOfN(rapid.Byte(), 1, 300).Draw(t, "unit")
			gap := rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "gap")
			times := rapid.IntRange(1, 400).Draw(t, "times")
			var b []byte
			for range times {
				b = append(append(b, unit...), gap...)
			}
			return b
		}),
	)
}

// TestRoundTrip writes a row of random elements and reads them back, and cut off
// anywhere finds the end.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b []byte
		var reads []func(r *Reader)
		for range rapid.IntRange(1, 10).Draw(t, "elements") {
			switch rapid.SampledFrom([]string{"len", "string", "int", "double", "binary", "millis"}).Draw(t, "kind") {
			case "len":
				n := rapid.Uint64().Draw(t, "n") >> rapid.IntRange(0, 63).Draw(t, "shift")
				b = AppendLen(b, n)
				reads = append(reads, func(r *Reader) {
					if got := r.Len(); r.Err() == nil && got != n {
						t.Fatalf("length %d read as %d", n, got)
					}
				})
			case "string":
				s := text().Draw(t, "text")
				b = AppendString(b, s, rapid.Bool().Draw(t, "compress"))
				reads = append(reads, readText(t, s))
			case "int":
				n := rapid.Int64().Draw(t, "n") >> rapid.IntRange(0, 63).Draw(t, "shift")
				s := strconv.AppendInt(nil, n, 10)
				if at := len(b); !bytes.Equal(AppendInt(b, n)[at:], AppendString(nil, s, true)) {
					t.Fatalf("AppendInt(%d) differs from AppendString", n)
				}
				b = AppendInt(b, n)
				reads = append(reads, readText(t, s))
			case "double", "binary":
				f := rapid.Float64().Draw(t, "f")
				write, read := AppendDouble, (*Reader).Double
				if rapid.Bool().Draw(t, "as bytes") {
					write, read = AppendBinaryDouble, (*Reader).BinaryDouble
				}
				b = write(b, f)
				reads = append(reads, func(r *Reader) {
					if got := read(r); r.Err() == nil && math.Float64bits(got) != math.Float64bits(f) && !math.IsNaN(f) {
						t.Fatalf("%v read as %v", f, got)
					}
				})
			case "millis":
				ms := rapid.Int64().Draw(t, "ms")
				b = AppendMillis(b, ms)
				reads = append(reads, func(r *Reader) {
					if got := r.Millis(); r.Err() == nil && got != ms {
						t.Fatalf("time %d read as %d", ms, got)
					}
				})
			}
		}
		r := NewReader(b)
		for _, read := range reads {
			read(r)
		}
		if r.Err() != nil || r.Left() != 0 {
			t.Fatalf("%d bytes left, %v", r.Left(), r.Err())
		}
		r = NewReader(b[:rapid.IntRange(0, len(b)-1).Draw(t, "cut")])
		for _, read := range reads {
			read(r)
		}
		if !errors.Is(r.Err(), ErrShort) {
			t.Fatalf("cut to %d of %d bytes: %v", r.Offset()+r.Left(), len(b), r.Err())
		}
	})
}

func readText(t *rapid.T, s []byte) func(*Reader) {
	return func(r *Reader) {
		if got := r.String(); r.Err() == nil && !bytes.Equal(got, s) {
			t.Fatalf("%q read as %q", s, got)
		}
	}
}

// Strings stay as they were read while more are read.
func TestStringsLast(t *testing.T) {
	var b []byte
	for n := range 5000 {
		b = AppendInt(b, int64(n))
		b = AppendString(b, bytes.Repeat([]byte{byte(n)}, 21+n%3000), true)
	}
	r := NewReader(b)
	var ints, runs [][]byte
	for range 5000 {
		ints, runs = append(ints, r.String()), append(runs, r.String())
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	for n := range 5000 {
		if string(ints[n]) != strconv.Itoa(n) || !bytes.Equal(runs[n], bytes.Repeat([]byte{byte(n)}, 21+n%3000)) {
			t.Fatalf("string %d has changed", n)
		}
	}
}

func TestLZFRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := text().Draw(t, "src")
		limit := rapid.IntRange(0, len(src)+len(src)/32+1).Draw(t, "limit")
		before := []byte("before")
		out, ok := AppendLZF(before, src, limit)
		if !ok {
			if string(out) != "before" {
				t.Fatalf("gave up and returned %q", out)
			}
			return
		}
		packed := out[len(before):]
		if len(packed) > limit {
			t.Fatalf("%d bytes for a limit of %d", len(packed), limit)
		}
		got := make([]byte, len(src))
		if err := expandLZF(got, packed, nil); err != nil || !bytes.Equal(got, src) {
			t.Fatalf("%q became %q (%v)", src, got, err)
		}
		clear(got)
		x := NewExpander(got)
		for rest := packed; len(rest) > 0; {
			n := rapid.IntRange(1, min(len(rest), 100)).Draw(t, "part")
			part := bytes.Clone(rest[:n])
			if err := x.Add(part); err != nil {
				t.Fatal(err)
			}
			clear(part) // it is not kept
			if rest = rest[n:]; len(rest) > 0 && x.End() == nil {
				t.Fatal("it is whole before its end")
			}
		}
		if err := x.End(); err != nil || !bytes.Equal(got, src) {
			t.Fatalf("in parts %q became %q (%v)", src, got, err)
		}
		if len(src) > 0 && expandLZF(got[1:], packed, nil) == nil {
			t.Fatal("expanded into too little room")
		}
		if expandLZF(make([]byte, len(src)+1), packed, nil) == nil {
			t.Fatal("expanded into too much room")
		}
	})
}

// A lie about lengths costs an error, not memory.
func TestLengthsAreNotTrusted(t *testing.T) {
	huge := AppendLen(nil, 1<<40)
	lies := map[string]func(r *Reader){
		"raw string": func(r *Reader) { _ = r.String() },
		"count":      func(r *Reader) { r.Count(1) },
	}
	for name, read := range lies {
		b := append([]byte(nil), huge...)
		if name == "module part" {
			b = append([]byte{moduleString}, huge...)
		}
		r := NewReader(append(b, "some bytes"...))
		if read(r); r.Err() == nil {
			t.Errorf("%s: no error", name)
		}
	}
	// 1 TiB out of four compressed bytes.
	b := append([]byte{lenEncoded<<6 | encLZF, 4}, huge...)
	b = append(b, 0, 'a', 0xe0, 0xff)
	allocated := testing.AllocsPerRun(10, func() {
		if r := NewReader(b); r.String() != nil || r.Err() == nil {
			t.Error("an impossible compressed string was read")
		}
	})
	if allocated > 10 {
		t.Errorf("%v allocations", allocated)
	}
	// The densest string that there can be is let through.
	dense := append([]byte{0, 'a'}, bytes.Repeat([]byte{0xe0, 0xff, 0}, 50)...)
	b = AppendLen(AppendLen([]byte{lenEncoded<<6 | encLZF}, uint64(len(dense))), 1+50*lzfMaxCopy)
	r := NewReader(append(b, dense...))
	if got := r.String(); len(got) != 1+50*lzfMaxCopy || r.Err() != nil {
		t.Errorf("%d bytes, %v", len(got), r.Err())
	}
}
