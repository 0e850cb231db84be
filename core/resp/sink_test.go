package resp

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// pot is a Sink of one slice, which takes up to limit bytes in pieces of step.
type pot struct {
	b           []byte
	limit, step int
	patient     bool
	next        func(*Writer) bool // what Later was given
	end         func()
}

func (p *pot) Room(n, _ int) []byte {
	n = min(n, p.step)
	if len(p.b)+n > p.limit {
		return nil
	}
	p.b = append(p.b, make([]byte, n)...)
	return p.b[len(p.b)-n:]
}

func (p *pot) Hold(b []byte, release func()) bool {
	release()
	p.b = append(p.b, b...)
	return len(p.b) <= p.limit
}

func (p *pot) Patient() bool { return p.patient }

func (p *pot) Later(next func(*Writer) bool, end func()) { p.next, p.end = next, end }

func (p *pot) Truncate(at int) { p.b = p.b[:at] }

func (p *pot) Replace(at, del, n int) []byte {
	p.b = slices.Replace(p.b, at, at+del, make([]byte, n)...)
	return p.b[at : at+n]
}

// TestSink: what goes to a Sink and what stays make the same reply as one buffer
// would have, whatever is taken back or inserted.
func TestSink(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &pot{limit: 1 << 40, step: rapid.IntRange(1000, 1<<20).Draw(t, "step")}
		w, want := Writer{Sink: p, Proto: 2}, Writer{Proto: 2}
		var marks []int
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			text := bytes.Repeat([]byte("0123456789abcdef"), rapid.SampledFrom([]int{0, 3, 3000, 4097, 20_000, 40_000}).Draw(t, "size"))
			for _, to := range []*Writer{&w, &want} {
				to.Array(len(text))
			}
			switch rapid.SampledFrom([]string{"bulk", "string", "raw", "held", "truncate", "insert", "replace"}).Draw(t, "op") {
			case "bulk":
				w.Bulk(text)
				want.Bulk(text)
			case "string":
				w.BulkString(string(text))
				want.BulkString(string(text))
			case "raw":
				w.Raw(text)
				want.Raw(text)
			case "held":
				released := 0
				w.BulkHeld(text, func() { released++ })
				want.BulkHeld(text, func() { released++ })
				if released != 2 {
					t.Fatalf("released %d times", released)
				}
			case "truncate":
				if len(marks) > 0 {
					at := marks[rapid.IntRange(0, len(marks)-1).Draw(t, "mark")]
					w.Truncate(at)
					want.Truncate(at)
					marks = slices.DeleteFunc(marks, func(m int) bool { return m > at })
				}
			case "replace": // the header that was just written
				for _, to := range []*Writer{&w, &want} {
					at := to.Mark()
					to.Array(1234)
					to.Bulk(text)
					to.Replace(at, len("*1234\r\n"), []byte("%9\r\n"))
				}
			case "insert":
				if len(marks) > 0 {
					at := marks[len(marks)-1]
					w.Insert(at, []byte("*1234\r\n"))
					want.Insert(at, []byte("*1234\r\n"))
				}
			}
			if w.Mark() != want.Mark() || w.Sunk() != (len(p.b) > 0) {
				t.Fatalf("at %d, want %d; sunk %v with %d bytes", w.Mark(), want.Mark(), w.Sunk(), len(p.b))
			}
			marks = append(marks, w.Mark())
		}
		if len(w.Buf) > MaxBuf+100 {
			t.Errorf("%d bytes stayed", len(w.Buf))
		}
		w.Flush()
		if !bytes.Equal(p.b, want.Buf) {
			t.Errorf("%d bytes, want %d", len(p.b), len(want.Buf))
		}
	})
}

// TestUnwanted: once the Sink says that it is enough, no more is kept, and places are
// counted as if it were.
func TestUnwanted(t *testing.T) {
	p := &pot{limit: 3 << 20, step: 1 << 20}
	w, large := Writer{Sink: p, Proto: 2}, make([]byte, 1<<20)
	for i := range 10 {
		if w.Unwanted() != (i >= 3) {
			t.Errorf("unwanted after %d: %v", i, w.Unwanted())
		}
		w.Bulk(large)
	}
	released := false
	w.BulkHeld(large, func() { released = true })
	if w.Mark() != 11*(1<<20+len("$1048576\r\n\r\n")) || len(p.b) > p.limit || cap(w.Buf) > 2*MaxBuf || !released {
		t.Errorf("at %d, %d bytes are kept and %d in the buffer, released %v", w.Mark(), len(p.b), cap(w.Buf), released)
	}
	if w.Reset(); w.Unwanted() || w.Mark() != 0 {
		t.Error("it was not reset")
	}
}

// TestLater: what was written before goes to the Sink first, and if nobody wants it the
// end is told at once.
func TestLater(t *testing.T) {
	p := &pot{limit: 1 << 20, step: 1 << 20, patient: true}
	w := Writer{Sink: p, Proto: 2}
	w.Array(2)
	ended := 0
	w.Later(func(w *Writer) bool { w.OK(); return false }, func() { ended++ })
	if string(p.b) != "*2\r\n" || p.next == nil || ended != 0 || !w.Patient() || !w.Sunk() {
		t.Fatalf("the sink has %q, ended %d", p.b, ended)
	}
	w.Bulk(make([]byte, 2<<20))
	p.next = nil
	w.Later(func(*Writer) bool { return true }, func() { ended++ })
	if p.next != nil || ended != 1 {
		t.Errorf("something is left for later that nobody wants; ended %d", ended)
	}
	if (&Writer{}).Patient() {
		t.Error("without a sink nothing can be made later")
	}
}
