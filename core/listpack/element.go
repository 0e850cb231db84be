package listpack

import (
	"encoding/binary"
	"strconv"
	"unsafe"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/decimal"
)

// The first bytes of elements that are longer than one byte says.
const (
	tagStr6  = 0x80
	tagInt13 = 0xc0
	tagStr12 = 0xe0
	tagStr32 = 0xf0
	tagInt16 = 0xf1
	tagInt24 = 0xf2
	tagInt32 = 0xf3
	tagInt64 = 0xf4
)

// Element is a view of an element: an integer, or a string inside the region,
// valid as long as the region is unchanged.
//
// It is two words, so that it is passed in registers wherever it goes: long
// replies are made of nothing but elements.
type Element struct {
	text *byte // the first byte, nil for an integer
	n    int64 // the integer, or the length of the string
}

// Int returns the integer that the element is stored as, if it is one.
func (e Element) Int() (n int64, ok bool) { return e.n, e.text == nil }

// Text returns the element's bytes. Those of an integer are written to scratch,
// which should have room for 20; others are in the region.
func (e Element) Text(scratch []byte) []byte {
	if e.text == nil {
		return intText(scratch, e.n)
	}
	return unsafe.Slice(e.text, int(e.n))
}

// intText stands alone so that Text is small enough to be inlined.
func intText(scratch []byte, n int64) []byte { return strconv.AppendInt(scratch[:0], n, 10) }

// Len returns the length of the element's bytes.
func (e Element) Len() int {
	if e.text == nil {
		var scratch [20]byte
		return len(strconv.AppendInt(scratch[:0], e.n, 10))
	}
	return int(e.n)
}

// Append appends the element's bytes to b.
func (e Element) Append(b []byte) []byte {
	if e.text == nil {
		return strconv.AppendInt(b, e.n, 10)
	}
	return append(b, unsafe.Slice(e.text, int(e.n))...)
}

// Equal reports whether the element has these bytes.
func (e Element) Equal(b []byte) bool {
	if e.text == nil {
		n, ok := decimal.Parse(b)
		return ok && n == e.n
	}
	return string(unsafe.Slice(e.text, int(e.n))) == string(b)
}

// stringAt is an element of n bytes at a position, which may be 0: the length at
// its end is always there to point to.
func stringAt(b []byte, pos, n int) Element {
	return Element{&b[pos : pos+n+1][0], int64(n)}
}

// Read returns the element at pos, which is below the region's length, and the
// position of the next one.
func Read(b []byte, pos int) (e Element, next int) {
	switch c := b[pos]; {
	case c < tagStr6:
		return Element{n: int64(c)}, pos + 2
	case c < tagInt13:
		n := int(c &^ tagStr6)
		return stringAt(b, pos+1, n), pos + n + 2 // at most 64 bytes: their number takes one
	case c < tagStr12:
		n := int64(c&0x1f)<<8 | int64(b[pos+1])
		return Element{n: n << 51 >> 51}, pos + 3
	case c < tagStr32:
		n := int(c&0x0f)<<8 | int(b[pos+1])
		return stringAt(b, pos+2, n), pos + 2 + n + backLen(2+n)
	case c == tagStr32:
		n := int(binary.LittleEndian.Uint32(b[pos+1:]))
		return stringAt(b, pos+5, n), pos + 5 + n + backLen(5+n)
	default:
		n, body := readInt(b[pos:])
		return Element{n: n}, pos + body + 1
	}
}

// readInt reads an integer of two bytes or more; body is its length with the tag.
func readInt(b []byte) (n int64, body int) {
	switch b[0] {
	case tagInt16:
		return int64(int16(binary.LittleEndian.Uint16(b[1:]))), 3
	case tagInt24:
		return int64(int32(uint32(b[1])<<8|uint32(b[2])<<16|uint32(b[3])<<24) >> 8), 4
	case tagInt32:
		return int64(int32(binary.LittleEndian.Uint32(b[1:]))), 5
	}
	return int64(binary.LittleEndian.Uint64(b[1:])), 9
}

// ReadInt is Read for an element that is known to be an integer: what heads of entries of streams
// consist of is nearly always a small one.
func ReadInt(b []byte, pos int) (n int64, next int) {
	if c := b[pos]; c < tagStr6 {
		return int64(c), pos + 2
	}
	return readLong(b, pos)
}

func readLong(b []byte, pos int) (n int64, next int) {
	e, next := Read(b, pos)
	return e.n, next
}

// Next returns the position after the element at pos.
func Next(b []byte, pos int) int {
	if n := sizes[b[pos]]; n > 0 {
		return pos + int(n)
	}
	return nextLong(b, pos)
}

// sizes is how many bytes an element takes that begins with a byte, 0 if that byte alone does not tell.
// It makes Next small enough to be inlined.
var sizes = func() (list [256]uint8) {
	for c := range list {
		switch {
		case c < tagStr6:
			list[c] = 2
		case c < tagInt13:
			list[c] = uint8(c&^tagStr6) + 2
		case c < tagStr12:
			list[c] = 3
		case c >= tagInt16:
			list[c] = uint8(bodyLen([]byte{byte(c)})) + 1
		}
	}
	return list
}()

func nextLong(b []byte, pos int) int {
	body := bodyLen(b[pos:])
	return pos + body + backLen(body)
}

// bodyLen returns the length of an element's encoding and data; b holds the
// encoding at least.
func bodyLen(b []byte) int {
	switch c := b[0]; {
	case c < tagStr6:
		return 1
	case c < tagInt13:
		return 1 + int(c&^tagStr6)
	case c < tagStr12:
		return 2
	case c < tagStr32:
		return 2 + int(c&0x0f)<<8 + int(b[1])
	case c == tagStr32:
		return 5 + int(binary.LittleEndian.Uint32(b[1:]))
	case c == tagInt16:
		return 3
	case c == tagInt24:
		return 4
	case c == tagInt32:
		return 5
	}
	return 9
}

// Prev returns the position of the element before pos, which is above 0 and may
// be the region's length.
func Prev(b []byte, pos int) int {
	body, shift := 0, 0
	for i := pos - 1; ; i-- {
		c := b[i]
		body |= int(c&0x7f) << shift
		if c < 0x80 {
			return i - body
		}
		shift += 7
	}
}

// backLen returns how many bytes the length of a body takes. The bounds are one
// less than seven bits each could say: Redis's writer sets them so.
func backLen(body int) int {
	switch {
	case body <= 127:
		return 1
	case body < 16383:
		return 2
	case body < 2097151:
		return 3
	case body < 268435455:
		return 4
	}
	return 5
}

// MaxOverhead is how many bytes more than a value has it takes at most as an element.
const MaxOverhead = 10

// Size returns how many bytes value takes as an element.
func Size(value []byte) int {
	if n, ok := decimal.Parse(value); ok {
		return IntSize(n)
	}
	return strSize(len(value))
}

func strSize(n int) int {
	switch {
	case n < 64:
		return n + 2
	case n < 4096:
		n += 2
	default:
		n += 5
	}
	return n + backLen(n)
}

// IntSize returns how many bytes an integer takes as an element.
func IntSize(n int64) int {
	switch {
	case n >= 0 && n <= 127:
		return 2
	case n >= -1<<12 && n < 1<<12:
		return 3
	case n >= -1<<15 && n < 1<<15:
		return 4
	case n >= -1<<23 && n < 1<<23:
		return 5
	case n >= -1<<31 && n < 1<<31:
		return 6
	}
	return 10
}

// Put writes value as an element to the beginning of dst, which has room for
// it, and returns its size.
func Put(dst, value []byte) int {
	if n, ok := decimal.Parse(value); ok {
		return PutInt(dst, n)
	}
	var body int
	switch n := len(value); {
	case n < 64:
		dst[0] = tagStr6 | byte(n)
		body = 1 + copy(dst[1:], value)
	case n < 4096:
		dst[0], dst[1] = tagStr12|byte(n>>8), byte(n)
		body = 2 + copy(dst[2:], value)
	default:
		dst[0] = tagStr32
		binary.LittleEndian.PutUint32(dst[1:], uint32(n))
		body = 5 + arena.Copy(dst[5:], value)
	}
	return body + putBack(dst[body:], body)
}

// PutInt is Put for an integer.
func PutInt(dst []byte, n int64) int {
	size := IntSize(n)
	switch size {
	case 2:
		dst[0] = byte(n)
	case 3:
		dst[0], dst[1] = tagInt13|byte(n>>8)&0x1f, byte(n)
	case 4:
		dst[0], dst[1], dst[2] = tagInt16, byte(n), byte(n>>8)
	case 5:
		dst[0], dst[1], dst[2], dst[3] = tagInt24, byte(n), byte(n>>8), byte(n>>16)
	case 6:
		dst[0] = tagInt32
		binary.LittleEndian.PutUint32(dst[1:], uint32(n))
	default:
		dst[0] = tagInt64
		binary.LittleEndian.PutUint64(dst[1:], uint64(n))
	}
	dst[size-1] = byte(size - 1)
	return size
}

// putBack writes the length of a body so that it is read from its end.
func putBack(dst []byte, body int) int {
	n := backLen(body)
	for i := n - 1; i >= 0; i-- {
		dst[i] = byte(body)&0x7f | 0x80
		body >>= 7
	}
	dst[0] &= 0x7f
	return n
}

// Append appends value as an element to b.
func Append(b, value []byte) []byte {
	n := len(b)
	b = extend(b, Size(value))
	Put(b[n:], value)
	return b
}

// AppendInt is Append for an integer.
func AppendInt(b []byte, v int64) []byte {
	n := len(b)
	b = extend(b, IntSize(v))
	PutInt(b[n:], v)
	return b
}

func extend(b []byte, n int) []byte {
	for cap(b)-len(b) < n {
		b = append(b[:cap(b)], 0)[:len(b)]
	}
	return b[:len(b)+n]
}
