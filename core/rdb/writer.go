package rdb

import "math"

// Writer encodes values for a dump. What it has made goes on piece by piece, so
// that a value takes no more memory, and no longer step, than a small one does:
// neither its Buf nor what it hands on at once is larger than about a megabyte.
// It belongs to one goroutine.
type Writer struct {
	// Buf is what has been encoded and not been handed on.
	Buf []byte
	// Compress is whether strings are compressed where that saves something.
	Compress bool
	// Version is that of the format for a reader that knows no newer one, 0 for any.
	Version int
	// Spill takes what is in buf and then more, which may be empty and is a part of a
	// value itself, and returns a buffer to go on with. Both are its during the call
	// only. While it waits, so does the encoding. Without it everything stays in Buf.
	Spill func(buf, more []byte) []byte

	// Pause, if set, is called now and then where nothing is handed on for long.
	Pause func()

	key     []byte
	keyed   bool
	scratch []byte // of long strings, compressed
}

const (
	// spillAt is how much is collected. It is more than a dump's block: values that
	// are not large are not handed on in the midst.
	spillAt = 512 << 10
	// longString is the length from which a string is not copied to Buf.
	longString = 256 << 10
	// Piece is how much of a long string is handed on at once.
	Piece = 1 << 20
)

// Key says that the value which comes next is a key's in a dump.
func (w *Writer) Key(key []byte) { w.key, w.keyed = key, true }

// Knows reports whether the reader knows what a version of the format has brought.
func (w *Writer) Knows(version int) bool { return w.Version == 0 || w.Version >= version }

// Begin is the first that is called for a value: it says as what type it is written.
func (w *Writer) Begin(opcode byte) {
	w.Buf = append(w.Buf, opcode)
	if w.keyed {
		key := w.key
		w.key, w.keyed = nil, false
		w.String(key)
	}
}

// Len is AppendLen.
func (w *Writer) Len(n uint64) {
	w.Buf = AppendLen(w.Buf, n)
	w.look()
}

// Int is AppendInt.
func (w *Writer) Int(n int64) { w.Buf = AppendInt(w.Buf, n) }

// BinaryDouble is AppendBinaryDouble.
func (w *Writer) BinaryDouble(f float64) { w.Buf = AppendBinaryDouble(w.Buf, f) }

// Millis is AppendMillis.
func (w *Writer) Millis(ms int64) { w.Buf = AppendMillis(w.Buf, ms) }

// Raw appends few bytes as they are.
func (w *Writer) Raw(b []byte) {
	w.Buf = append(w.Buf, b...)
	w.look()
}

// String is AppendString.
func (w *Writer) String(s []byte) {
	if len(s) > longString && w.Spill != nil {
		w.long(s)
		return
	}
	w.Buf = AppendString(w.Buf, s, w.Compress)
	w.look()
}

// Compressed is String for one of n bytes that is compressed already, which has saved more than compressGain: it
// is written as it is where strings are compressed.
func (w *Writer) Compressed(lzf []byte, n int) {
	if !w.Compress {
		s := make([]byte, n)
		if err := ExpandLZF(s, lzf); err != nil {
			panic("rdb: " + err.Error()) // it is not foreign
		}
		w.String(s)
		return
	}
	w.Buf = append(w.Buf, lenEncoded<<6|encLZF)
	w.Len(uint64(len(lzf)))
	w.Len(uint64(n))
	w.pass(lzf)
}

// Whole writes a string that is not in one piece: the bytes of head, body and tail. It is
// not compressed, for which its like would have to be put together.
func (w *Writer) Whole(head, body, tail []byte) {
	w.Len(uint64(len(head) + len(body) + len(tail)))
	w.Raw(head)
	w.pass(body)
	w.Raw(tail)
}

// look hands on what is in Buf if it is much.
func (w *Writer) look() {
	if len(w.Buf) >= spillAt && w.Spill != nil {
		w.Buf = w.Spill(w.Buf, nil)
	}
}

// pass writes bytes in pieces.
func (w *Writer) pass(b []byte) {
	if w.Spill == nil || len(b) <= longString {
		w.Raw(b)
		return
	}
	for len(b) > 0 {
		n := min(len(b), Piece)
		w.Buf = w.Spill(w.Buf, b[:n])
		b = b[n:]
	}
}

// long writes a long string. Its length in compressed form stands before it: so it is
// compressed to learn that, and once more if the outcome is not small enough to be
// kept.
func (w *Writer) long(s []byte) {
	if !w.Compress {
		w.Len(uint64(len(s)))
		w.pass(s)
		return
	}
	if w.scratch == nil {
		w.scratch = make([]byte, 0, Piece)
	}
	kept, fits := w.scratch, true
	n, ok := compressLong(s, len(s)-compressGain, func(out []byte) {
		if fits = fits && len(kept)+len(out) <= Piece; fits {
			kept = append(kept, out...)
		}
		if w.Pause != nil {
			w.Pause()
		}
	})
	if !ok {
		w.Len(uint64(len(s)))
		w.pass(s)
		return
	}
	w.Buf = append(w.Buf, lenEncoded<<6|encLZF)
	w.Len(uint64(n))
	w.Len(uint64(len(s)))
	if fits {
		w.pass(kept)
		return
	}
	compressLong(s, math.MaxInt, w.Raw)
}

// Encode returns what save writes, all of it, and the type that it names: for
// values that are known to be small, and for tests.
func Encode(compress bool, save func(w *Writer)) (opcode byte, value []byte) {
	w := Writer{Compress: compress}
	save(&w)
	return w.Buf[0], w.Buf[1:]
}
