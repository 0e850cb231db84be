package dict

import (
	"hash/maphash"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/slot"
)

// Since everything is in hash order, keys whose hashes begin alike are next to each
// other. A node of a cluster makes use of it: its hashes begin with the slot. A slot is
// then a range of segments: counting, listing, freezing and dropping one need no index.
// The price is a directory that one large slot makes deeper for all: it has an entry for
// each range as small as that of the smallest segment.

// SlotMajor returns the hash of a key in a table that is BySlots: the slot's 14 bits,
// then those of the seeded hash.
func SlotMajor(seed maphash.Seed, key []byte) uint64 {
	return uint64(slot.Of(key))<<(64-slot.Bits) | maphash.Bytes(seed, key)>>slot.Bits
}

// BySlots makes the hashes of an empty table begin with the keys' slots.
func (t *Table) BySlots() { t.bySlots = true }

// RangeLen returns the number of entries whose hashes begin with the first bits bits of
// h, which are not more than skip+15. It looks at segments, and at their slots if one
// holds others, too; at no entry.
func (t *tree) RangeLen(h uint64, bits uint8) (n int) {
	t.rangeOf(h, bits, func(r segref, mask, want uint64) bool {
		if mask == 0 {
			n += int(r.header().live)
			return true
		}
		for _, s := range r.slots() {
			if s != 0 && s&mask == want {
				n++
			}
		}
		return true
	})
	return n
}

// WalkRange calls fn for each of those entries until it returns false; WalkRange then
// returns false. fn must not change the table.
func (t *tree) WalkRange(h uint64, bits uint8, fn func(arena.Ref) bool) bool {
	return t.rangeOf(h, bits, func(r segref, mask, want uint64) bool {
		for _, s := range r.slots() {
			if s != 0 && s&mask == want && !fn(arena.Ref(s&addrMask)) {
				return false
			}
		}
		return true
	})
}

// rangeOf calls fn for the segments of a range until it returns false. Of their slots
// those belong to the range that are want under mask, which is 0 for all of them.
func (t *tree) rangeOf(h uint64, bits uint8, fn func(r segref, mask, want uint64) bool) bool {
	r := t.locate(h)
	if r == 0 {
		return true
	}
	if bits > r.prefix() { // a part of one segment
		mask := ^(^uint64(0) >> (bits - r.prefix()))
		return fn(r, mask, h<<(r.prefix()&63)&mask)
	}
	rest := ^uint64(0) >> bits
	dir := t.directory()
	for i, end := t.index(h&^rest), t.index(h|rest); i <= end; i += t.span(dir[i]) {
		if !fn(dir[i], 0, 0) {
			return false
		}
	}
	return true
}
