package dict

import (
	"math/bits"

	"github.com/ferrousdb/ferrous/core/arena"
)

// A lookup in a large table waits for memory twice: for the bucket and for the entry.
// Whoever is about to look up several keys can let these waits overlap by touching
// first all buckets and then all entries: loads that do not depend on each other, and
// on whose values no branch depends until they are there. The results mean nothing;
// they are returned so that the loads are not optimized away.

// TouchBucket brings the home bucket of a hash into the cache.
func (t *Table) TouchBucket(h uint64) uint64 {
	r := t.locate(h)
	if r == 0 {
		return 0
	}
	return r.bucket(home(h<<(r.prefix()&63)>>tagShift, r.buckets()))[0]
}

// TouchEntry brings the first two cache lines of the entry of a hash into the cache, if
// it seems to be in its home bucket, which should be there already.
func (t *Table) TouchEntry(h uint64) uint64 {
	r := t.locate(h)
	if r == 0 {
		return 0
	}
	tag := h << (r.prefix() & 63) >> tagShift
	bk := r.bucket(home(tag, r.buckets()))
	want := tag << tagShift
	m := equal(bk[0]^want) | equal(bk[1]^want)<<1 | equal(bk[2]^want)<<2 | equal(bk[3]^want)<<3 |
		equal(bk[4]^want)<<4 | equal(bk[5]^want)<<5 | equal(bk[6]^want)<<6 | equal(bk[7]^want)<<7
	ref := arena.Ref(bk[bits.TrailingZeros64(m)&7] & addrMask)
	if m == 0 || ref == 0 {
		return 0
	}
	next := uint64(ref)
	if next&chunkMask < chunkMask-2*line { // else the next line may be out of the mapping
		next += line
	}
	return *(*uint64)(ref.Pointer()) + *(*uint64)(ptr(next))
}

const (
	line      = 64
	chunkMask = 1<<16 - 1 // the arena maps whole chunks
)
