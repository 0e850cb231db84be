package dict

import (
	"math"

	"github.com/ferrousdb/ferrous/core/arena"
)

// failer is what testing.T and rapid.T share.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// check verifies everything that must hold in a table between two calls.
func (t *Table) check(f failer) {
	f.Helper()
	count, expires, deepest, memory := 0, 0, 0, 0
	first := int64(math.MaxInt64)
	if t.depth > 0 {
		memory += 8 << t.depth
	}
	dir := t.directory()
	for i := uint64(0); t.root != 0 && i < uint64(len(dir)); {
		r := dir[i]
		span := t.span(r)
		if i&(span-1) != 0 {
			f.Fatalf("segment at %d of the directory has the prefix of %d bits", i, r.prefix())
		}
		for _, other := range dir[i : i+span] {
			if other != r {
				f.Fatalf("the directory is torn at %d", i)
			}
		}
		if span == 1 {
			deepest++
		}
		memory += r.size()
		live, exp, due := t.checkSegment(f, r, i<<(64-t.depth)>>t.skip)
		count += live
		expires += exp
		first = min(first, due)
		i += span
	}
	if t.root != 0 && deepest != t.deepest {
		f.Fatalf("%d segments of the longest prefix, counted %d", deepest, t.deepest)
	}
	if count != t.Len() || expires != t.Expires() || memory != t.MemoryUsed() {
		f.Fatalf("%d entries, %d expire, %d bytes; counted %d, %d, %d",
			count, expires, memory, t.Len(), t.Expires(), t.MemoryUsed())
	}
	if t.NextDue() > first {
		f.Fatalf("the earliest expiry is %d, noted is %d", first, t.NextDue())
	}
}

// checkSegment verifies a segment whose hashes begin with those of h. Bits that the
// table's owner took are not compared.
func (t *Table) checkSegment(f failer, r segref, h uint64) (live, expires int, first int64) {
	f.Helper()
	header := r.header()
	first = math.MaxInt64
	own := ^uint64(0) >> t.skip &^ (^uint64(0) >> r.prefix())
	for i, slot := range r.slots() {
		if slot == 0 {
			continue
		}
		live++
		ref := arena.Ref(slot & addrMask)
		hash := t.Hash(Key(ref))
		if (hash^h)&own != 0 {
			f.Fatalf("key %q of hash %#x is in the segment of %#x/%d", Key(ref), hash, h, r.prefix())
		}
		exact := ^uint64(0) << (64 - tagBits - header.more)
		if pos := hash << r.prefix(); (pos^position(slot))&exact != 0 {
			f.Fatalf("the slot of %q has position %#x, want %#x", Key(ref), position(slot), pos)
		}
		at := uint64(i / perBucket)
		for b := home(slot>>tagShift, r.buckets()); b != at; b = (b + 1) % r.buckets() {
			if r.bucket(b)[7] == 0 {
				f.Fatalf("a search for %q ends in bucket %d before %d", Key(ref), b, at)
			}
		}
		if i%perBucket > 0 && r.slots()[i-1] == 0 {
			f.Fatalf("bucket %d has a gap", at)
		}
		if ms := Expire(ref); ms >= 0 {
			expires++
			first = min(first, ms)
			if bound := header.due(group(slot)); bound > ms {
				f.Fatalf("%q expires at %d, its group at %d", Key(ref), ms, bound)
			}
		}
	}
	if live != int(header.live) || uint64(live) > upperLimit(r.buckets()) {
		f.Fatalf("%d entries in %d buckets, counted %d", live, r.buckets(), header.live)
	}
	return live, expires, first
}
