package dict

import (
	"math/bits"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/prefetch"
)

// A lookup in a large table waits for memory twice: for the bucket and for the entry.
// Whoever is about to look up several keys lets these waits overlap by asking the
// processor first for all buckets and then for all entries.

// PrefetchBucket asks for the bucket where the search for a hash begins.
func (t *Table) PrefetchBucket(h uint64) {
	if r := t.locate(h); r != 0 {
		b := home(h<<(r.prefix()&63)>>tagShift, r.buckets())
		prefetch.Read(uintptr(r.addr() + headerSize + b<<bucketShift))
	}
}

// PrefetchEntry asks for the first two cache lines of the entry of a hash, if there
// seems to be one in its home bucket, which PrefetchBucket has asked for before.
func (t *Table) PrefetchEntry(h uint64) {
	r := t.locate(h)
	if r == 0 {
		return
	}
	tag := h << (r.prefix() & 63) >> tagShift
	bk := r.bucket(home(tag, r.buckets()))
	want := tag << tagShift
	m := equal(bk[0]^want) | equal(bk[1]^want)<<1 | equal(bk[2]^want)<<2 | equal(bk[3]^want)<<3 |
		equal(bk[4]^want)<<4 | equal(bk[5]^want)<<5 | equal(bk[6]^want)<<6 | equal(bk[7]^want)<<7
	if m != 0 {
		ref := uintptr(arena.Ref(bk[bits.TrailingZeros64(m)&7] & addrMask))
		prefetch.Read(ref)
		prefetch.Read(ref + line)
	}
}

const line = 64
