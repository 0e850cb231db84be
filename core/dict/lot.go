package dict

import (
	"math/bits"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/prefetch"
)

// LotSize is how many entries a Lot has at most.
const LotSize = 16

// Lot is some entries that are going to be looked up, by their keys, in other tables of the same seed. One
// lookup after the other is a chain of waiting: for a bucket, to know whether there is something, for an
// entry, to know whether it is the right one. Of a lot all buckets are compared first and then all entries,
// so that the waits, and what the processor guesses wrong, overlap.
type Lot struct {
	Refs  [LotSize]arena.Ref
	N     int
	hash  [LotSize]uint64
	known uint8 // how many bits of the hashes are right, those of all
}

// Take fills the lot with the next entries of a walk, of a table whose owner has taken no bits of the
// hash. It reports whether there were any.
func (l *Lot) Take(w *Walker) bool {
	l.N, l.known = 0, 64
	for l.N < LotSize {
		if w.i >= len(w.slots) {
			if !w.nextSegment() {
				break
			}
			continue
		}
		// An empty slot is written, too, and overwritten by the next.
		slot := w.slots[w.i]
		w.i++
		l.Refs[l.N] = arena.Ref(slot & addrMask)
		l.hash[l.N] = w.base | slot>>tagShift<<tagShift>>(w.prefix&63)
		l.known = min(l.known, w.prefix+tagBits)
		l.N += int(some(slot))
	}
	if len(w.dir) > farSegments {
		for _, ref := range l.Refs[:l.N] {
			prefetch.Read(uintptr(ref))
		}
	}
	return l.N > 0
}

// farSegments is far, in entries of the directory.
const farSegments = 16

// Reset empties the lot, for Add.
func (l *Lot) Reset() { l.N, l.known = 0, 0 }

// Add adds an entry to a lot that is not full.
func (l *Lot) Add(ref arena.Ref) {
	l.Refs[l.N] = ref
	l.N++
}

// unsure stands for what only a search of its own finds: no address is odd.
const unsure arena.Ref = 1

// far is the number of entries above which a table is not in the processor's caches.
const far = 10_000

// FindLot finds the entries that have the keys of a lot's; 0 where there is none. It returns a bit for
// each that it has found.
func (t *Table) FindLot(l *Lot, found *[LotSize]arena.Ref) (in uint) {
	if t.count == 0 {
		*found = [LotSize]arena.Ref{}
		return 0
	}
	if l.known < 64 && !t.enough(l) {
		for i, ref := range l.Refs[:l.N] {
			l.hash[i] = t.Hash(Key(ref))
		}
		l.known = 64
	}
	if t.count > far {
		for _, h := range l.hash[:l.N] {
			t.PrefetchBucket(h)
		}
	}
	for i, h := range l.hash[:l.N] {
		found[i] = t.candidate(h)
	}
	if t.count > far {
		for _, ref := range found[:l.N] {
			prefetch.Read(uintptr(ref))
		}
	}
	for i, ref := range found[:l.N] {
		in |= uint(some(uint64(ref))) << i
	}
	for left := in; left != 0; left &= left - 1 {
		i := bits.TrailingZeros(left) & (LotSize - 1)
		if ref := found[i]; ref != unsure && sameKey(ref, l.Refs[i]) {
			continue
		}
		found[i] = 0
		if p, ok := t.find(l.hash[i], Key(l.Refs[i])); ok {
			found[i] = t.At(p)
		} else {
			in &^= 1 << i
		}
	}
	return in
}

// enough reports whether what is known of the hashes leads to buckets, and tells tags apart.
func (t *Table) enough(l *Lot) bool {
	switch {
	case t.skip != 0 || t.depth > l.known:
		return false
	case t.depth == 0:
		return segref(t.root).prefix()+tagBits <= l.known
	}
	for _, h := range l.hash[:l.N] {
		if t.locate(h).prefix()+tagBits > l.known {
			return false
		}
	}
	return true
}

// candidate returns the entry that is probably the one of a hash, 0 if there is certainly none. What has
// become of what is decided without a branch: which it is nobody could guess.
func (t *Table) candidate(h uint64) arena.Ref {
	r := t.locate(h)
	if r == 0 {
		return 0
	}
	tag := h << (r.prefix() & 63) >> tagShift
	want := tag << tagShift
	bk := r.bucket(home(tag, r.buckets()))
	m := equal(bk[0]^want) | equal(bk[1]^want)<<1 | equal(bk[2]^want)<<2 | equal(bk[3]^want)<<3 |
		equal(bk[4]^want)<<4 | equal(bk[5]^want)<<5 | equal(bk[6]^want)<<6 | equal(bk[7]^want)<<7
	// Of no match the bit behind the last leads to the first slot, which the mask takes away.
	ref := bk[bits.TrailingZeros64(m|1<<perBucket)&7] & addrMask & -some(m)
	// A full bucket may have sent the entry on.
	return arena.Ref(ref | some(bk[7])&^some(ref))
}

// sameKey reports whether two entries have the same key: word by word, since blobs begin at one
// and are as long as some.
func sameKey(a, b arena.Ref) bool {
	p, q := a.Pointer(), b.Pointer()
	v, w := load64(p), load64(q)
	s := &shapes[v&flagMask]
	n := v >> 16 & s.kmask
	if v&flagMask != w&flagMask || n != w>>16&s.kmask {
		return string(Key(a)) == string(Key(b))
	}
	return sameBytes(p, q, uint64(s.key), n)
}
