// Package ziplist reads the packed forms that Redis wrote into its files before
// version 7: ziplists (lists, hashes and sorted sets) and zipmaps (hashes, up
// to 2.4). The value types load old files with it; nothing writes these forms.
//
// Lengths in the bytes are never trusted: what does not fit gives ErrCorrupt,
// never a panic. Slices handed out point into the input.
package ziplist

import (
	"encoding/binary"
	"errors"
	"strconv"
)

// ErrCorrupt says that the bytes are not what they should be.
var ErrCorrupt = errors.New("corrupt ziplist or zipmap")

// Element is a member of a ziplist: an integer, or bytes.
type Element struct {
	Bytes []byte // in the input; nil for an integer
	Int   int64
	IsInt bool
}

// Append appends the element's bytes to b.
func (e Element) Append(b []byte) []byte {
	if e.IsInt {
		return strconv.AppendInt(b, e.Int, 10)
	}
	return append(b, e.Bytes...)
}

const (
	headerSize = 10   // bytes in all, where the last element is, how many there are
	end        = 0xff // behind the last element
	longLength = 0xfe // in the place of a length: it follows in four bytes
	uncounted  = 0xffff
)

// Each calls fn for the elements of a ziplist in their order, until it returns
// an error, which Each returns. Bytes are checked as it goes: before an
// ErrCorrupt fn may have seen some elements.
func Each(b []byte, fn func(Element) error) error {
	if len(b) <= headerSize || binary.LittleEndian.Uint32(b) != uint32(len(b)) || b[len(b)-1] != end {
		return ErrCorrupt
	}
	tail, want := int64(binary.LittleEndian.Uint32(b[4:])), binary.LittleEndian.Uint16(b[8:])
	at, before, last, n := headerSize, 0, headerSize, 0
	for b[at] != end {
		e, size, ok := readElement(b[at:len(b)-1], before)
		if !ok {
			return ErrCorrupt
		}
		if err := fn(e); err != nil {
			return err
		}
		last, before = at, size
		at += size
		n++
	}
	if at != len(b)-1 || tail != int64(last) || want != uncounted && int(want) != n {
		return ErrCorrupt
	}
	return nil
}

// readElement reads what stands at the beginning of b, which goes up to the end
// of the last element. before is the size of the element before it, which it
// must repeat.
func readElement(b []byte, before int) (e Element, size int, ok bool) {
	back, skip, ok := readLength(b)
	if !ok || back != before || skip == len(b) {
		return e, 0, false
	}
	b = b[skip:]
	first := b[0]
	if first < 0xc0 {
		head, n := textHead(b)
		if head == 0 || n > len(b)-head {
			return e, 0, false
		}
		return Element{Bytes: b[head : head+n : head+n]}, skip + head + n, true
	}
	if low := first & 15; first >= 0xf1 && low <= 13 {
		return Element{Int: int64(low) - 1, IsInt: true}, skip + 1, true
	}
	width := intWidth(first)
	if width == 0 || width > len(b)-1 {
		return e, 0, false
	}
	return Element{Int: signed(b[1 : 1+width]), IsInt: true}, skip + 1 + width, true
}

// textHead reads the head of bytes: its own size, 0 if b is too short for it,
// and how many they are.
func textHead(b []byte) (head, n int) {
	switch b[0] >> 6 {
	case 0:
		return 1, int(b[0])
	case 1:
		if len(b) >= 2 {
			return 2, int(b[0]&63)<<8 | int(b[1])
		}
	default:
		if len(b) >= 5 {
			return 5, int(binary.BigEndian.Uint32(b[1:]))
		}
	}
	return 0, 0
}

// intWidth is how many bytes of an integer follow its head, 0 if it is no head.
func intWidth(head byte) int {
	switch head {
	case 0xfe:
		return 1
	case 0xc0:
		return 2
	case 0xf0:
		return 3
	case 0xd0:
		return 4
	case 0xe0:
		return 8
	}
	return 0
}

// signed is the little-endian integer that b is.
func signed(b []byte) int64 {
	var word [8]byte
	copy(word[8-len(b):], b)
	return int64(binary.LittleEndian.Uint64(word[:])) >> (64 - 8*len(b))
}

// readLength reads a length of one byte or five, and how many they are.
func readLength(b []byte) (n, size int, ok bool) {
	switch {
	case len(b) > 0 && b[0] < longLength:
		return int(b[0]), 1, true
	case len(b) >= 5 && b[0] == longLength:
		return int(binary.LittleEndian.Uint32(b[1:])), 5, true
	}
	return 0, 0, false
}
