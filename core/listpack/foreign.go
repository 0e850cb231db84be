package listpack

import (
	"hash/maphash"

	"github.com/ferrousdb/ferrous/core/decimal"
)

// What is asked of a valid pack that others have made before it is taken as it
// is. Loading a file is mostly that, so it is asked quickly.

// Canonical reports whether every element of a valid region is stored as Append
// would store it. Else Find does not find all, and equal elements may differ in
// their bytes.
func Canonical(b []byte) bool {
	for pos := 0; pos < len(b); {
		e, next := Read(b, pos)
		size := 0
		if n, ok := e.Int(); ok {
			size = IntSize(n)
		} else {
			text := e.Text(nil)
			if _, ok := decimal.Parse(text); ok {
				return false
			}
			size = strSize(len(text))
		}
		if next-pos != size {
			return false
		}
		pos = next
	}
	return true
}

// distinctRoom is how many elements Distinct compares without allocating.
const distinctRoom = 256

// Distinct reports whether no two of the elements 0, step, 2*step... of a
// canonical region are equal. n is how many they are.
func Distinct(b []byte, step, n int) bool {
	// An open-addressing table of where they begin, at most half full. Equal
	// elements have equal bytes.
	var room [2 * distinctRoom]uint32
	size := 32
	for size < 2*n {
		size *= 2
	}
	table := room[:min(size, len(room))]
	if size > len(room) {
		table = make([]uint32, size)
	}
	seed := maphash.MakeSeed()
	for pos := 0; pos < len(b); {
		next := Next(b, pos)
		element := b[pos:next]
		i := int(maphash.Bytes(seed, element)) & (size - 1)
		for ; table[i] != 0; i = (i + 1) & (size - 1) {
			at := int(table[i] - 1)
			if other := b[at:]; len(other) >= len(element) && string(other[:len(element)]) == string(element) {
				return false
			}
		}
		table[i] = uint32(pos) + 1
		pos = next
		for range step - 1 {
			pos = Next(b, pos)
		}
	}
	return true
}
