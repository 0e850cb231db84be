package dict

import (
	"unsafe"

	"github.com/ferrousdb/ferrous/core/arena"
)

// A slot is one word, zero if empty:
//
//	63..49  tag: the first 15 bits of the entry's position
//	48      fresh: put here since the segment's epoch began
//	47..3   address of the entry
//	2..0    the next 3 bits of the position
//
// An entry's position is its hash without the bits that the segment's prefix took. The
// tag alone tells the home bucket for any number of buckets, so that lookups, scans,
// deletions and resizing need not touch entries. The 3 further bits let a segment split
// three times before its keys must be hashed again.
const (
	tagBits   = 15
	tagShift  = 64 - tagBits
	moreBits  = 3 // addresses are multiples of 8
	moreMask  = 1<<moreBits - 1
	posShift  = 64 - tagBits - moreBits // of a position's bits kept in a slot
	freshBit  = 1 << 48
	addrMask  = freshBit - 1 - moreMask
	perBucket = 8

	bucketShift = 6 // log2 of the bytes in a bucket
	headerSize  = 64
	maxBuckets  = 127 // with the header exactly 8 KiB

	// maxPrefix keeps positions within the 48 bits of a scan cursor. A table gets there
	// by 2^33 segments, or by many keys of equal hash, which the seed prevents.
	maxPrefix = 48 - tagBits
)

// steps lists the sizes of segments. With the header each is a size class of the
// arena: 192, 256, 384, 512, 768 ... 6144, 8192 bytes.
var steps = [...]uint8{2, 3, 5, 7, 11, 15, 23, 31, 47, 63, 95, 127}

// Load limits, in entries for a number of buckets. They are far enough apart that a
// segment just grown, split, shrunk or merged is at neither limit. The upper one costs
// two bytes for each entry against 15/16 and makes lookups of absent keys and inserts
// twice as fast, since buckets that overflow are few and their runs short.
func upperLimit(buckets uint64) uint64 { return buckets * perBucket * 13 / 16 }
func comfort(buckets uint64) uint64    { return buckets * perBucket * 10 / 16 }
func lowerLimit(buckets uint64) uint64 { return buckets * perBucket * 4 / 16 }

// mergeLimit is the largest number of entries of two segments that become one.
const mergeLimit = maxBuckets * perBucket * 9 / 16

// fit returns the smallest size in which n entries are comfortable.
func fit(n uint64) uint64 {
	for _, b := range steps {
		if n <= comfort(uint64(b)) {
			return uint64(b)
		}
	}
	return maxBuckets
}

// next returns the size after buckets, or 0 after the largest.
func next(buckets uint64) uint64 {
	for _, b := range steps {
		if uint64(b) > buckets {
			return uint64(b)
		}
	}
	return 0
}

// dueGroups is into how many parts, by position, a segment divides its entries to
// remember their earliest expiry.
const dueGroups = 8

// segment is the header; the buckets follow it. How many there are and the length of
// the prefix are in the segref, so that a lookup does not touch the header.
type segment struct {
	epoch uint64            // the newest snapshot when the segment was made
	live  uint32            // entries
	more  uint32            // how many of the slots' further bits of position are right
	dueLo [dueGroups]uint32 // lower bounds of expiry, 48 bits each: see expire.go
	dueHi [dueGroups]uint16
}

// segref refers to a segment: its address, the number of its buckets and the length of
// its prefix (with the bits that the table's owner took). Zero is none.
type segref uint64

const (
	refBuckets = 48
	refPrefix  = 56
)

func makeSegref(addr arena.Ref, buckets uint64, prefix uint8) segref {
	return segref(uint64(addr) | buckets<<refBuckets | uint64(prefix)<<refPrefix)
}

func (r segref) addr() uint64        { return uint64(r) & (1<<48 - 1) }
func (r segref) ref() arena.Ref      { return arena.Ref(r.addr()) }
func (r segref) buckets() uint64     { return uint64(r) >> refBuckets & 0xff }
func (r segref) prefix() uint8       { return uint8(r >> refPrefix) }
func (r segref) header() *segment    { return (*segment)(ptr(r.addr())) }
func (r segref) size() int           { return segmentSize(r.buckets()) }
func segmentSize(buckets uint64) int { return headerSize + int(buckets)<<bucketShift }

type bucket = [perBucket]uint64

func (r segref) bucket(b uint64) *bucket {
	return (*bucket)(ptr(r.addr() + headerSize + b<<bucketShift))
}

// slots is the segment's slots as a slice.
func (r segref) slots() []uint64 {
	return unsafe.Slice((*uint64)(ptr(r.addr()+headerSize)), r.buckets()*perBucket)
}

// home is the bucket where the search for a tag begins.
func home(tag, buckets uint64) uint64 { return tag * buckets >> tagBits }

// makeSlot makes a fresh slot of an entry at position pos.
func makeSlot(pos uint64, ref arena.Ref) uint64 {
	return pos>>tagShift<<tagShift | freshBit | uint64(ref) | pos>>posShift&moreMask
}

// position is what the slot knows of the entry's position, in the upper bits.
func position(slot uint64) uint64 {
	return slot>>tagShift<<tagShift | slot&moreMask<<posShift
}

// reposition is the slot with another position.
func reposition(slot, pos uint64) uint64 {
	return slot&(freshBit|addrMask) | pos>>tagShift<<tagShift | pos>>posShift&moreMask
}

// used is the number of slots in use in a bucket: they come first. A branch for each
// would mostly be mispredicted.
func used(b *bucket) int {
	return int(some(b[0]) + some(b[1]) + some(b[2]) + some(b[3]) +
		some(b[4]) + some(b[5]) + some(b[6]) + some(b[7]))
}

// some is 1 if x is not zero, otherwise 0.
func some(x uint64) uint64 { return (x | -x) >> 63 }

// place puts a slot into the first bucket with room from its home on. There is always
// one, since upperLimit is below the number of slots.
func (r segref) place(slot uint64) {
	n := r.buckets()
	for b := home(slot>>tagShift, n); ; {
		bk := r.bucket(b)
		if bk[7] == 0 {
			bk[used(bk)&7] = slot
			return
		}
		if b++; b == n {
			b = 0
		}
	}
}

// remove empties slot i of bucket b. The bucket's last slot fills the gap. If the
// bucket was full, an entry further on may have been displaced over it; it moves here,
// and so on, until a search that passed through the bucket finds what it did before.
func (r segref) remove(b uint64, i int) {
	for {
		bk := r.bucket(b)
		last := used(bk) - 1
		bk[i] = bk[last]
		bk[last] = 0
		if last < perBucket-1 {
			return
		}
		from, j := r.displacedOver(b)
		if j < 0 {
			return
		}
		bk[last] = r.bucket(from)[j]
		b, i = from, j
	}
}

// displacedOver finds an entry after the full bucket b whose home is b or before, or
// returns -1. The chain of displaced entries ends with the first bucket that has room.
func (r segref) displacedOver(b uint64) (from uint64, i int) {
	n := r.buckets()
	k := b
	for distance := uint64(1); distance < n; distance++ {
		if k++; k == n {
			k = 0
		}
		for i, slot := range r.bucket(k) {
			if slot == 0 {
				return 0, -1
			}
			d := k - home(slot>>tagShift, n)
			if int64(d) < 0 {
				d += n
			}
			if d >= distance {
				return k, i
			}
		}
	}
	return 0, -1
}

// ptr makes a pointer of an address outside the Go heap (see arena.Ref).
func ptr(addr uint64) unsafe.Pointer { return arena.Ref(addr).Pointer() }
