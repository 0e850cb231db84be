package dict

import (
	"math/bits"
	"unsafe"

	"github.com/ferrousdb/ferrous/core/arena"
)

// tree leads from hashes to segments: what Table and View have in common.
type tree struct {
	root  uint64 // depth 0: the segref of the only segment, or 0; else the directory's address
	depth uint8  // bits of the hash that index the directory
	skip  uint8  // bits of the hash before those, the same in all keys of the table
	count int
}

// Pos is the place of an entry in a table. It is valid until the table next changes.
// Its segment, which only changes ask for, is found by the hash again: two words are
// little enough for whatever holds a place to be passed in registers.
type Pos struct {
	slot uint64 // its address
	hash uint64
}

// Nowhere is no place, with the hash that one would have.
func Nowhere(h uint64) Pos { return Pos{hash: h} }

// Hash is the hash that has led to the place.
func (p Pos) Hash() uint64 { return p.hash }

func (p Pos) word() *uint64 { return (*uint64)(ptr(p.slot)) }

// Len is the number of entries.
func (t *tree) Len() int { return t.count }

// index is where the directory has the segment of a hash.
func (t *tree) index(h uint64) uint64 { return h << (t.skip & 63) >> ((64 - t.depth) & 63) }

// locate returns the segment of a hash, 0 in an empty table.
func (t *tree) locate(h uint64) segref {
	if t.depth == 0 {
		return segref(t.root)
	}
	return *(*segref)(ptr(t.root + t.index(h)<<3))
}

// directory is the directory as a slice; at depth 0 it is root itself.
func (t *tree) directory() []segref {
	if t.depth == 0 {
		return unsafe.Slice((*segref)(unsafe.Pointer(&t.root)), 1)
	}
	return unsafe.Slice((*segref)(ptr(t.root)), 1<<t.depth)
}

// span is how many entries of the directory lead to the segment.
func (t *tree) span(r segref) uint64 { return 1 << (t.depth - (r.prefix() - t.skip)) }

// find looks a key up. All eight tags of a bucket are compared without a branch, which
// leaves a bit for each that matches; mostly that is none or the right one. The search
// ends with the first bucket that has room: no entry was ever displaced over it.
func (t *tree) find(h uint64, key []byte) (Pos, bool) {
	r := t.locate(h)
	if r == 0 {
		return Pos{}, false
	}
	n := r.buckets()
	tag := h << (r.prefix() & 63) >> tagShift
	want := tag << tagShift
	for b := home(tag, n); ; {
		bk := r.bucket(b)
		m := equal(bk[0]^want) | equal(bk[1]^want)<<1 | equal(bk[2]^want)<<2 | equal(bk[3]^want)<<3 |
			equal(bk[4]^want)<<4 | equal(bk[5]^want)<<5 | equal(bk[6]^want)<<6 | equal(bk[7]^want)<<7
		for ; m != 0; m &= m - 1 {
			i := bits.TrailingZeros64(m) & 7
			ref := arena.Ref(bk[i] & addrMask)
			if ref != 0 && string(Key(ref)) == string(key) {
				return Pos{uint64(uintptr(unsafe.Pointer(&bk[i]))), h}, true
			}
		}
		if bk[7] == 0 {
			return Pos{}, false
		}
		if b++; b == n {
			b = 0
		}
	}
}

// equal is 1 if the tag in the upper bits is zero, otherwise 0.
func equal(x uint64) uint64 { return (x>>tagShift - 1) >> 63 }
