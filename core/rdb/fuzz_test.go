package rdb

import (
	"bytes"
	"testing"
)

// FuzzReader reads foreign bytes as a random row of elements: no panic, and
// what was read as a string is read again after it has been written.
func FuzzReader(f *testing.F) {
	for _, d := range redisDumps {
		f.Add([]byte("\x00\x01"), []byte(d.payload))
	}
	f.Add([]byte("\x02\x03\x04\x05\x06\x07\x08\x09"), []byte("\xc3\x06\x15\x01aa\xe0\n\x00\x81\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, ops, data []byte) {
		r := NewReader(data)
		for _, op := range ops {
			before := r.Offset()
			switch op % 8 {
			case 0:
				r.Byte()
			case 1:
				if s := r.String(); r.Err() == nil {
					for _, compress := range []bool{false, true} {
						again := NewReader(AppendString(nil, s, compress))
						if got := again.String(); !bytes.Equal(got, s) || again.Left() != 0 {
							t.Fatalf("%q was written and read as %q", s, got)
						}
					}
				}
			case 2:
				r.Len()
			case 3:
				if n := r.Count(2); 2*n > r.Left() {
					t.Fatalf("%d elements of 2 bytes in %d bytes", n, r.Left())
				}
			case 4:
				r.Double()
			case 5:
				r.BinaryDouble()
			case 6:
				r.Seconds()
			case 7:
				r.Uint16()
			}
			if r.Offset() < before || r.Left() < 0 {
				t.Fatalf("from offset %d to %d of %d", before, r.Offset(), len(data))
			}
		}
	})
}

// FuzzExpandLZF expands foreign bytes: no panic, nothing beyond the room given.
func FuzzExpandLZF(f *testing.F) {
	f.Add([]byte("\x01aa\xe0\n\x00"), uint16(21))
	f.Add([]byte("\x00a\xff\xff\xff"), uint16(300))
	f.Fuzz(func(t *testing.T, src []byte, n uint16) {
		room := make([]byte, int(n)+8)
		err := expandLZF(room[:n:n], src, nil)
		parts := make([]byte, int(n)+8)
		x := NewExpander(parts[:n:n])
		inParts := x.Add(src[:min(len(src), int(n)%40)])
		if inParts == nil {
			inParts = x.Add(src[min(len(src), int(n)%40):])
		}
		if inParts == nil {
			inParts = x.End()
		}
		if (inParts == nil) != (err == nil) || err == nil && !bytes.Equal(parts, room) {
			t.Fatalf("in parts %q became %q (%v), whole %q (%v)", src, parts, inParts, room, err)
		}
		if err == nil {
			steps, at, rest := make([]byte, n), 0, src
			for at < int(n) {
				var err error
				if rest, at, err = ExpandLZFTo(steps, at, rest, min(at+13, int(n))); err != nil {
					t.Fatalf("%q expands whole, and not in steps: %v", src, err)
				}
			}
			if _, _, err := ExpandLZFTo(steps, at, rest, int(n)+1); err == nil || !bytes.Equal(steps, room[:n]) {
				t.Fatalf("in steps %q became %q (%v)", src, steps, err)
			}
		}
		if !bytes.Equal(room[n:], make([]byte, 8)) || !bytes.Equal(parts[n:], make([]byte, 8)) {
			t.Fatal("written beyond the room")
		}
		if err != nil {
			return
		}
		if packed, ok := AppendLZF(nil, room[:n], int(n)+int(n)/32+1); ok {
			got := make([]byte, n)
			if err := expandLZF(got, packed, nil); err != nil || !bytes.Equal(got, room[:n]) {
				t.Fatalf("%q became %q (%v)", room[:n], got, err)
			}
		} else {
			t.Fatal("no room for what can always be written as literals")
		}
	})
}

// FuzzCheckFooter gives foreign payloads to the check.
func FuzzCheckFooter(f *testing.F) {
	for _, d := range redisDumps {
		f.Add([]byte(d.payload))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		body, err := CheckFooter(b, true)
		if err == nil && len(body)+footerLen != len(b) {
			t.Fatalf("%d of %d bytes are the body", len(body), len(b))
		}
		if whole, err := CheckFooter(AppendFooter(bytes.Clone(b)), true); err != nil || !bytes.Equal(whole, b) {
			t.Fatalf("our own footer: %v", err)
		}
	})
}
