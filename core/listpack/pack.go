package listpack

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// The layout of a pack.
const (
	HeaderSize = 6
	Overhead   = HeaderSize + 1 // the size of an empty pack

	endMark   = 0xff
	uncounted = math.MaxUint16 // in the header: so many elements that they must be counted
)

// Elements returns the region of a pack, in place.
func Elements(pack []byte) []byte { return pack[HeaderSize : len(pack)-1 : len(pack)-1] }

// Len returns the number of elements of a pack.
func Len(pack []byte) int {
	if n := binary.LittleEndian.Uint16(pack[4:]); n != uncounted {
		return int(n)
	}
	return Count(Elements(pack))
}

// Frame writes header and end mark of a pack whose region is in place: the pack
// is as long as the slice and has n elements.
func Frame(pack []byte, n int) {
	binary.LittleEndian.PutUint32(pack, uint32(len(pack)))
	binary.LittleEndian.PutUint16(pack[4:], uint16(min(n, uncounted)))
	pack[len(pack)-1] = endMark
}

// Ends returns what stands before and behind a region of so many bytes, with n elements, in a
// pack.
func Ends(region, n int) (head [HeaderSize]byte, tail [1]byte) {
	binary.LittleEndian.PutUint32(head[:], uint32(region+Overhead))
	binary.LittleEndian.PutUint16(head[4:], uint16(min(n, uncounted)))
	return head, [1]byte{endMark}
}

// AppendPack appends a pack of the region's n elements to b.
func AppendPack(b, region []byte, n int) []byte {
	start := len(b)
	b = extend(b, HeaderSize)
	b = append(b, region...)
	b = append(b, endMark)
	Frame(b[start:], n)
	return b
}

var (
	errShort = errors.New("listpack: shorter than an empty one")
	errEnd   = errors.New("listpack: no end mark where it should be")
)

// Validate checks foreign bytes: after it has returned no error every function
// of the package may be used on pack. Integers that are not in the shortest form,
// or strings that should be integers, are let pass as Redis lets them, but are
// not found by Find. It returns the number of elements.
func Validate(pack []byte) (n int, err error) {
	if len(pack) < Overhead {
		return 0, errShort
	}
	if total := binary.LittleEndian.Uint32(pack); uint64(total) != uint64(len(pack)) {
		return 0, fmt.Errorf("listpack: says that it has %d bytes, not %d", total, len(pack))
	}
	if pack[len(pack)-1] != endMark {
		return 0, errEnd
	}
	b := Elements(pack)
	for pos := 0; pos < len(b); n++ {
		next, err := check(b, pos)
		if err != nil {
			return 0, err
		}
		pos = next
	}
	if said := int(binary.LittleEndian.Uint16(pack[4:])); said != uncounted && said != n {
		return 0, fmt.Errorf("listpack: says that it has %d elements, not %d", said, n)
	}
	return n, nil
}

// check looks at one element of foreign bytes and returns where the next begins.
func check(b []byte, pos int) (next int, err error) {
	bad := func(what string) error { return fmt.Errorf("listpack: element at %d: %s", pos, what) }
	c := b[pos]
	if c > tagInt64 {
		return 0, bad("unknown encoding")
	}
	head := 1
	switch {
	case c == tagStr32:
		head = 5
	case c >= tagInt13:
		head = 2
	}
	if len(b)-pos < head {
		return 0, bad("truncated")
	}
	body := bodyLen(b[pos:])
	back := backLen(body)
	if body > len(b)-pos-back {
		return 0, bad("longer than the listpack")
	}
	if body <= 127 { // nearly all
		if next = pos + body + 1; b[next-1] != byte(body) {
			return 0, bad("the length at its end is wrong")
		}
		return next, nil
	}
	var want [5]byte
	putBack(want[:], body)
	next = pos + body + back
	if string(b[pos+body:next]) != string(want[:back]) {
		return 0, bad("the length at its end is wrong")
	}
	return next, nil
}
