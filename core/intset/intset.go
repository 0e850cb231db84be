// Package intset is Redis's sorted array of integers: the form of small sets of
// integers in memory and in dumps, byte for byte. It only reads and writes
// bytes; where they are kept is the caller's business.
//
//	width of an element  4, little-endian: 2, 4 or 8 bytes
//	elements             4, little-endian
//	elements             ascending, little-endian, all of that width
//
// The width is that of the element that needs most, and does not shrink when it
// goes. Functions trust their input: foreign bytes go through Validate first.
package intset

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// HeaderSize is the size of an empty set.
const HeaderSize = 8

// The layout of the header.
const (
	widthAt = 0
	lenAt   = 4
)

// WidthOf returns how many bytes an element takes that is n.
func WidthOf(n int64) int {
	switch {
	case n == int64(int16(n)):
		return 2
	case n == int64(int32(n)):
		return 4
	}
	return 8
}

// Size returns the bytes of a set of n elements.
func Size(width, n int) int { return HeaderSize + width*n }

// SetHeader writes the header of a set of n elements.
func SetHeader(b []byte, width, n int) {
	binary.LittleEndian.PutUint32(b[widthAt:], uint32(width))
	binary.LittleEndian.PutUint32(b[lenAt:], uint32(n))
}

// Len returns the number of elements.
func Len(b []byte) int { return int(binary.LittleEndian.Uint32(b[lenAt:])) }

// Width returns how many bytes an element takes.
func Width(b []byte) int { return int(b[widthAt]) }

// At returns element i.
func At(b []byte, i int) int64 { return get(b, Width(b), i) }

func get(b []byte, width, i int) int64 {
	switch p := HeaderSize + i*width; width {
	case 2:
		return int64(int16(binary.LittleEndian.Uint16(b[p:])))
	case 4:
		return int64(int32(binary.LittleEndian.Uint32(b[p:])))
	default:
		return int64(binary.LittleEndian.Uint64(b[p:]))
	}
}

// Put writes element i, which fits the width and has its place.
func Put(b []byte, i int, n int64) { put(b, Width(b), i, n) }

func put(b []byte, width, i int, n int64) {
	switch p := HeaderSize + i*width; width {
	case 2:
		binary.LittleEndian.PutUint16(b[p:], uint16(n))
	case 4:
		binary.LittleEndian.PutUint32(b[p:], uint32(n))
	default:
		binary.LittleEndian.PutUint64(b[p:], uint64(n))
	}
}

// Find returns the index of n or, if it is not there, the one that it belongs at.
func Find(b []byte, n int64) (i int, ok bool) {
	width, size := Width(b), Len(b)
	// Sets are often filled in ascending order: the last one is worth a look.
	if size == 0 || n > get(b, width, size-1) {
		return size, false
	}
	lo, hi := 0, size-1 // what is sought is at lo, hi or between
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if get(b, width, mid) < n {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, get(b, width, lo) == n
}

// Widen rewrites the elements, in place, in a greater width. b is as long as the
// result with room for one element more, which the caller Puts: an integer that
// does not fit the old width is the new first or last one. before says that its
// room is at the beginning. The header counts it already.
func Widen(b []byte, width int, before bool) {
	old, n := Width(b), Len(b)
	shift := 0
	if before {
		shift = 1
	}
	SetHeader(b, width, n+1)
	for i := n - 1; i >= 0; i-- { // from the end: nothing unread is overwritten
		put(b, width, i+shift, get(b, old, i))
	}
}

// Append appends n, greater than all others, to a set that stands alone.
func Append(b []byte, n int64) []byte {
	width, size := Width(b), Len(b)
	if w := WidthOf(n); w > width {
		b = append(b, make([]byte, Size(w, size+1)-len(b))...)
		Widen(b, w, false)
		Put(b, size, n)
		return b
	}
	var room [8]byte
	b = append(b, room[:width]...)
	SetHeader(b, width, size+1)
	Put(b, size, n)
	return b
}

var (
	errShort = errors.New("intset: shorter than its header")
	errOrder = errors.New("intset: elements are not in ascending order")
)

// Validate checks foreign bytes: after it has returned no error every function
// of the package may be used on b. It returns the number of elements.
func Validate(b []byte) (n int, err error) {
	if len(b) < HeaderSize {
		return 0, errShort
	}
	width := binary.LittleEndian.Uint32(b[widthAt:])
	if width != 2 && width != 4 && width != 8 {
		return 0, fmt.Errorf("intset: elements of %d bytes", width)
	}
	count := binary.LittleEndian.Uint32(b[lenAt:])
	if uint64(count)*uint64(width) != uint64(len(b)-HeaderSize) {
		return 0, fmt.Errorf("intset: says that it has %d elements of %d bytes, in %d bytes", count, width, len(b)-HeaderSize)
	}
	last := int64(math.MinInt64)
	for i := range int(count) {
		x := get(b, int(width), i)
		if i > 0 && x <= last {
			return 0, errOrder
		}
		last = x
	}
	return int(count), nil
}
