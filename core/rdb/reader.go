package rdb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
)

// ErrShort is the error for input that ends too early.
var ErrShort = errors.New("unexpected end of data")

// ErrEmpty is what errors are (errors.Is) that tell of a collection without
// members: some versions of Redis wrote such by mistake, and whoever loads a
// file passes over them. See Empty.
var ErrEmpty = errors.New("an empty collection")

// Empty makes an error that is ErrEmpty, with a text of its own.
func Empty(text string) error { return emptyError(text) }

type emptyError string

func (e emptyError) Error() string        { return string(e) }
func (e emptyError) Is(target error) bool { return target == ErrEmpty }

// OffsetError is the first error of a Reader, and where it was met.
type OffsetError struct {
	Offset int64 // from the beginning of the input, or as Reset has it
	Err    error
}

func (e *OffsetError) Error() string { return fmt.Sprintf("at offset %d: %v", e.Offset, e.Err) }
func (e *OffsetError) Unwrap() error { return e.Err }

// Reader decodes the elements of a dump from memory. Its first error sticks;
// after it every method returns zero values, so that a decoder may check Err
// once at the end, and within loops over many elements. Declared lengths are
// checked against what is left before anything is allocated.
//
// Strings that it returns are slices of the input, or of memory of their own
// where the input holds them in another form; they stay valid, and must not be
// changed, for as long as the input.
type Reader struct {
	// Pace, if it is set, is told how many bytes have been dealt with: it may let others
	// have their turns.
	Pace func(n int)

	b    []byte
	off  int
	base int64 // the offset of the input within something larger
	err  error
	own  []byte // room for strings that are no slices of the input
	all  []byte // the piece of memory that own is the rest of
}

// NewReader reads from b, which must not change meanwhile.
func NewReader(b []byte) *Reader { return &Reader{b: b} }

// Reset makes the Reader read b, which begins at the offset base of something
// larger: errors tell offsets of that. Strings that are not slices of the input
// are valid until Reset, as the memory for them is used again.
func (r *Reader) Reset(b []byte, base int64) {
	*r = Reader{b: b, base: base, own: r.all, all: r.all, Pace: r.Pace}
}

// Seek makes the Reader go on at an offset in its input.
func (r *Reader) Seek(off int) { r.off = off }

// Err returns the first error.
func (r *Reader) Err() error { return r.err }

// Offset returns how many bytes were read.
func (r *Reader) Offset() int { return r.off }

// Left returns how many bytes are left.
func (r *Reader) Left() int { return len(r.b) - r.off }

// Fail makes err the error of the Reader, as an OffsetError, unless it has one.
// Decoders use it for what they find wrong themselves.
func (r *Reader) Fail(err error) {
	if r.err == nil {
		r.err = &OffsetError{r.base + int64(r.off), err}
	}
}

// Failf is Fail with a formatted text.
func (r *Reader) Failf(format string, args ...any) { r.Fail(fmt.Errorf(format, args...)) }

// Bytes returns the next n bytes, a slice of the input.
func (r *Reader) Bytes(n int) []byte {
	if r.err != nil {
		return nil
	}
	if n < 0 || n > r.Left() {
		r.Fail(ErrShort)
		return nil
	}
	if r.Pace != nil {
		r.Pace(n)
	}
	r.off += n
	return r.b[r.off-n : r.off : r.off]
}

// Byte returns the next byte: a type, an opcode.
func (r *Reader) Byte() byte {
	if b := r.Bytes(1); b != nil {
		return b[0]
	}
	return 0
}

// Len reads a length or any other number that AppendLen writes. It may be
// anything; see Count for the number of elements to follow.
func (r *Reader) Len() uint64 {
	n, encoded := r.length()
	if encoded {
		r.Failf("a string encoding where a length should be")
		return 0
	}
	return n
}

// Count reads a length that says how many elements follow, each of at least
// size bytes in the input (size is at least 1). More than can be there is an
// error, so the result may be used to allocate.
func (r *Reader) Count(size int) int {
	n := r.Len()
	if n > uint64(r.Left()/size) {
		r.Failf("%d elements declared where %d bytes are left", n, r.Left())
		return 0
	}
	return int(n)
}

// length reads a length, or the number of a string encoding.
func (r *Reader) length() (n uint64, encoded bool) {
	first := r.Byte()
	switch first >> 6 {
	case len6:
		return uint64(first), false
	case len14:
		return uint64(first&63)<<8 | uint64(r.Byte()), false
	case lenEncoded:
		return uint64(first & 63), true
	}
	switch first {
	case len32:
		if b := r.Bytes(4); b != nil {
			return uint64(binary.BigEndian.Uint32(b)), false
		}
	case len64:
		if b := r.Bytes(8); b != nil {
			return binary.BigEndian.Uint64(b), false
		}
	default:
		r.Failf("unknown form of length %#x", first)
	}
	return 0, false
}

// String reads a string in any encoding; see Reader for how long it is valid.
// An empty string is not nil unless there is an error.
func (r *Reader) String() []byte {
	n, encoded := r.length()
	if !encoded {
		return r.raw(n)
	}
	switch n {
	case encInt8, encInt16, encInt32:
		return r.intText(n)
	case encLZF:
		return r.lzf()
	}
	r.Failf("unknown string encoding %d", n)
	return nil
}

func (r *Reader) raw(n uint64) []byte {
	if n > uint64(r.Left()) {
		r.Fail(ErrShort)
		return nil
	}
	return r.Bytes(int(n))
}

// intText reads an integer of 1, 2 or 4 bytes and returns its text.
func (r *Reader) intText(encoding uint64) []byte {
	b := r.Bytes(1 << encoding)
	if b == nil {
		return nil
	}
	var n int64
	switch encoding {
	case encInt8:
		n = int64(int8(b[0]))
	case encInt16:
		n = int64(int16(binary.LittleEndian.Uint16(b)))
	default:
		n = int64(int32(binary.LittleEndian.Uint32(b)))
	}
	room := r.Room(maxIntText)
	return strconv.AppendInt(room[:0], n, 10)
}

func (r *Reader) lzf() []byte {
	packed, n := r.Len(), r.Len()
	data := r.raw(packed)
	if r.err != nil {
		return nil
	}
	if lzfLie(uint64(len(data)), n) {
		r.Fail(errLZF)
		return nil
	}
	out := r.Room(int(n))
	if err := expandLZF(out, data, r.Pace); err != nil {
		r.Fail(err)
		return nil
	}
	if r.Pace != nil {
		r.Pace(len(out) % expandStep) // the rest has been told of
	}
	return out
}

// ownChunk is the largest size of the pieces that small strings are carved
// from. They are never used twice before Reset: that is what makes the strings
// last. The first is small, for a Reader of a single value.
const ownChunk = 4096

// Room returns n bytes of memory that last as long as the strings that the
// Reader returns: for a decoder that makes its result of something else than
// the input. They may hold anything.
func (r *Reader) Room(n int) []byte {
	if n > ownChunk/4 {
		return make([]byte, n)
	}
	if n > len(r.own) {
		r.all = make([]byte, min(max(2*len(r.all), n), ownChunk))
		r.own = r.all
	}
	b := r.own[:n:n]
	r.own = r.own[n:]
	return b
}

// Uint16 reads two bytes, little-endian.
func (r *Reader) Uint16() uint16 {
	if b := r.Bytes(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

// Uint32 reads four bytes, little-endian.
func (r *Reader) Uint32() uint32 {
	if b := r.Bytes(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// Uint64 reads eight bytes, little-endian.
func (r *Reader) Uint64() uint64 {
	if b := r.Bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// Seconds reads a time of four bytes in Unix seconds.
func (r *Reader) Seconds() int64 { return int64(int32(r.Uint32())) }

// Millis reads a time in Unix milliseconds.
func (r *Reader) Millis() int64 { return int64(r.Uint64()) }

// BinaryDouble reads what AppendBinaryDouble writes. It may be NaN.
func (r *Reader) BinaryDouble() float64 { return math.Float64frombits(r.Uint64()) }

// Double reads a number written as text. It may be NaN.
func (r *Reader) Double() float64 {
	switch n := r.Byte(); n {
	case doubleNaN:
		return math.NaN()
	case doubleInf:
		return math.Inf(1)
	case doubleNegInf:
		return math.Inf(-1)
	default:
		text := r.Bytes(int(n))
		f, err := strconv.ParseFloat(string(text), 64)
		if err != nil && r.err == nil {
			r.Failf("not a number: %q", text)
			return 0
		}
		return f
	}
}
