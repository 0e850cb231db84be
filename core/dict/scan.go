package dict

import (
	"unsafe"

	"github.com/ferrousdb/ferrous/core/arena"
)

// CursorBits is the width of a scan cursor: the first bits of a hash, those that the
// table's owner took included.
const CursorBits = 48

// Scan calls fn for the entries of one home bucket, the one at cursor, and returns the
// cursor of the next. Cursors are positions in hash order, so they hold no state and
// survive any change of the table: an entry present from the first call to the last is
// visited at least once. fn must not change the table.
//
// A scan begins with 0 in the bits after the owner's and has passed the end of the
// table when the owner's bits of the result differ: they then name the next table,
// if tables are chosen by them, and 0 is the end of all. With skip 0 that is: begin
// with 0, end at 0. A call visits about six entries; callers loop until they have enough.
func (t *tree) Scan(cursor uint64, fn func(arena.Ref)) (next uint64) {
	h := cursor << (64 - CursorBits)
	r := t.locate(h)
	if r == 0 { // to the end of the owner's part
		return endOf(h, t.skip)
	}
	n := r.buckets()
	b := home(h<<(r.prefix()&63)>>tagShift, n)
	r.walkHome(b, fn)
	if b+1 == n {
		return endOf(h, r.prefix())
	}
	start := h &^ (^uint64(0) >> r.prefix())
	return (start | firstTag(b+1, n)<<(tagShift-r.prefix())) >> (64 - CursorBits)
}

// firstTag is the smallest tag whose home is bucket b of n.
func firstTag(b, n uint64) uint64 { return (b<<tagBits + n - 1) / n }

// endOf is the cursor after all hashes that share the first prefix bits with h.
func endOf(h uint64, prefix uint8) uint64 {
	rest := ^uint64(0) >> prefix
	return ((h | rest) + 1) >> (64 - CursorBits)
}

// walkHome visits the entries of home bucket b, some of which may be displaced.
func (r segref) walkHome(b uint64, fn func(arena.Ref)) {
	n := r.buckets()
	k := b
	for range n {
		for _, slot := range r.bucket(k) {
			if slot == 0 {
				return
			}
			if home(slot>>tagShift, n) == b {
				fn(arena.Ref(slot & addrMask))
			}
		}
		if k++; k == n {
			k = 0
		}
	}
}

// Random returns an entry chosen by r, nearly uniformly if r is random: the segment by
// its share of the hash space, in it each entry alike. It returns 0 if the table is
// empty. Expected time is constant.
func (t *tree) Random(r uint64) arena.Ref {
	if p, ok := t.pick(r); ok {
		return arena.Ref(*p.word() & addrMask)
	}
	var found arena.Ref
	t.SampleFrom(r, 1, func(ref arena.Ref) { found = ref })
	return found
}

// RandomPos is Random that returns the place of the entry, for deleting it.
func (t *Table) RandomPos(r uint64) (p Pos, ok bool) {
	if p, ok = t.pick(r); ok || t.count == 0 {
		return p, ok
	}
	key := Key(t.Random(r))
	return t.find(t.Hash(key), key)
}

// pick tries to choose a place as Random does; it fails hardly ever.
func (t *tree) pick(r uint64) (p Pos, ok bool) {
	if t.count == 0 {
		return Pos{}, false
	}
	for range 64 {
		h := r >> (t.skip & 63)
		seg := t.locate(h)
		r = mix(r)
		slots := seg.slots()
		// Segments are at least a quarter full, all but the smallest; so a few tries
		// in the same segment mostly suffice, and do not favour fuller ones.
		for range 16 {
			if slot := &slots[scale(r, len(slots))]; *slot != 0 {
				// Of the hash in a Pos only the bits count that lead to the segment.
				return Pos{uint64(uintptr(unsafe.Pointer(slot))), h}, true
			}
			r = mix(r)
		}
	}
	return Pos{}, false
}

// SampleFrom calls fn for n entries (or all, if there are fewer) that follow each other
// from a place chosen by r. It is cheaper than n calls of Random and less random: good
// enough for eviction. fn must not change the table.
func (t *tree) SampleFrom(r uint64, n int, fn func(arena.Ref)) {
	if n = min(n, t.count); n <= 0 {
		return
	}
	dir := t.directory()
	i := uint64(0)
	if t.depth > 0 {
		i = r >> (64 - t.depth)
	}
	first := -1
	for {
		seg := dir[i]
		span := t.span(seg)
		i &^= span - 1
		slots := seg.slots()
		if first < 0 {
			first = scale(mix(r), len(slots))
			slots = slots[first:]
		}
		for _, slot := range slots {
			if slot == 0 {
				continue
			}
			fn(arena.Ref(slot & addrMask))
			if n--; n == 0 {
				return
			}
		}
		// Coming round to the first segment this reaches the slots left out there,
		// and n is spent before any slot comes twice.
		i = (i + span) & (uint64(len(dir)) - 1)
	}
}

// scale maps r to 0..n-1.
func scale(r uint64, n int) int { return int(r >> 32 * uint64(n) >> 32) }

// mix is the next of a sequence of pseudo-random numbers (the finalizer of MurmurHash3
// after an odd increment).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
