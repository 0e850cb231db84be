package dict

import (
	"unsafe"

	"github.com/ferrousdb/ferrous/core/arena"
)

// How tables change their shape. A segment grows in steps to its full size and then
// splits; it shrinks in steps and merges with its buddy, the segment that differs in
// the last bit of the prefix. The directory doubles when a segment splits whose prefix
// it cannot tell apart any further, and halves when no such segment is left.

// makeRoom returns the segment for hash h, owned and with room for one entry more. r is
// the present one, or 0.
func (t *Table) makeRoom(h uint64, r segref) segref {
	if r == 0 {
		r = t.newSegment(uint64(steps[0]), t.skip, moreBits)
		t.root, t.deepest = uint64(r), 1
		return r
	}
	for uint64(r.header().live) >= upperLimit(r.buckets()) {
		if n := next(r.buckets()); n != 0 {
			t.resize(h, r, n)
		} else {
			t.split(h, r)
		}
		r = t.locate(h)
	}
	return r
}

// Reserve prepares an empty table for n entries. It does nothing to others.
func (t *Table) Reserve(n int) {
	if t.root != 0 {
		return
	}
	depth := uint8(0)
	for uint64(n)>>depth > comfort(maxBuckets) && t.skip+depth < maxPrefix {
		depth++
	}
	size := fit(uint64(n) >> depth)
	if depth == 0 {
		t.root = uint64(t.newSegment(size, t.skip, moreBits))
	} else {
		t.root = uint64(t.newDirectory(depth))
		t.depth = depth
		for i, dir := 0, t.directory(); i < len(dir); i++ {
			dir[i] = t.newSegment(size, t.skip+depth, moreBits)
		}
	}
	t.deepest = 1 << depth
}

// newSegment makes an empty segment of the current epoch.
func (t *Table) newSegment(buckets uint64, prefix uint8, more uint32) segref {
	size := segmentSize(buckets)
	ref := t.arena.Alloc(size)
	t.memory += size
	clear(unsafe.Slice((*uint64)(ref.Pointer()), size/8))
	r := makeSegref(ref, buckets, prefix)
	header := r.header()
	header.epoch = uint64(t.arena.Epoch())
	header.more = more
	for g := range dueGroups {
		header.setDue(g, noDue)
	}
	return r
}

// freeSegment frees a segment that is out of the directory.
func (t *Table) freeSegment(r segref) {
	t.memory -= r.size()
	t.free(r.ref(), t.current(r))
}

// current reports whether the segment is of the current epoch: not seen by a snapshot.
func (t *Table) current(r segref) bool {
	return r.header().epoch == uint64(t.arena.Epoch())
}

// keep is a mask for slots that move from r into a segment of the current epoch.
// Entries that were fresh in an earlier epoch are not any more.
func (t *Table) keep(r segref) uint64 {
	if t.current(r) {
		return ^uint64(0)
	}
	return ^uint64(freshBit)
}

// own returns the segment of hash h in a state to be changed while snapshots are live:
// a copy of r if r is older than the newest of them.
func (t *Table) own(h uint64, r segref) segref {
	if t.current(r) {
		return r
	}
	return t.copySegment(h, r)
}

// copySegment puts a copy of the segment r of hash h into its place.
func (t *Table) copySegment(h uint64, r segref) segref {
	size := r.size()
	ref := t.arena.Alloc(size)
	t.memory += size
	c := makeSegref(ref, r.buckets(), r.prefix())
	*c.header() = *r.header()
	c.header().epoch = uint64(t.arena.Epoch())
	keep := t.keep(r)
	from, to := r.slots(), c.slots()
	to = to[:len(from)]
	for i, slot := range from {
		to[i] = slot & keep
	}
	t.set(h, c)
	t.freeSegment(r)
	return c
}

// ownAt is own for the place of an entry.
func (t *Table) ownAt(p Pos) Pos {
	seg := t.locate(p.hash)
	r := t.own(p.hash, seg)
	return Pos{p.slot - seg.addr() + r.addr(), p.hash}
}

// set makes the directory lead to r for all hashes that share its prefix with h.
func (t *Table) set(h uint64, r segref) {
	if t.depth == 0 {
		t.root = uint64(r)
		return
	}
	t.ownDirectory()
	span := t.span(r)
	first := t.index(h) &^ (span - 1)
	dir := t.directory()[first : first+span]
	for i := range dir {
		dir[i] = r
	}
}

// resize moves the entries of r into a new segment of another size. The slots know
// their homes: no entry is touched.
func (t *Table) resize(h uint64, r segref, buckets uint64) {
	old := r.header()
	n := t.newSegment(buckets, r.prefix(), old.more)
	header := n.header()
	header.live, header.dueLo, header.dueHi = old.live, old.dueLo, old.dueHi
	keep := t.keep(r)
	for _, slot := range r.slots() {
		if slot != 0 {
			n.place(slot & keep)
		}
	}
	t.set(h, n)
	t.freeSegment(r)
}

// split divides the entries of r by the first bit of their positions.
func (t *Table) split(h uint64, r segref) {
	if r.prefix() == maxPrefix {
		panic("dict: too many keys of nearly equal hash")
	}
	if t.span(r) == 1 {
		t.doubleDirectory()
	}
	old := r.header()
	more := old.more - 1
	rehash := old.more == 0
	if rehash {
		more = moreBits
		t.touchEntries(r)
	}
	var count [2]uint64
	for _, slot := range r.slots() {
		count[slot>>63]++
	}
	count[0] -= r.buckets()*perBucket - uint64(old.live) // the empty ones
	prefix := r.prefix() + 1
	half := [2]segref{t.newSegment(fit(count[0]), prefix, more), t.newSegment(fit(count[1]), prefix, more)}
	for b := range half {
		half[b].header().live = uint32(count[b])
		half[b].header().inheritDue(old, b)
	}
	keep := t.keep(r)
	for _, slot := range r.slots() {
		if slot == 0 {
			continue
		}
		pos := position(slot) << 1
		if rehash {
			pos = t.Hash(Key(arena.Ref(slot&addrMask))) << prefix
		}
		half[slot>>63].place(reposition(slot, pos) & keep)
	}
	bit := uint64(1) << (64 - prefix)
	t.set(h&^bit, half[0])
	t.set(h|bit, half[1])
	if prefix-t.skip == t.depth {
		t.deepest += 2
	}
	t.freeSegment(r)
}

// touchEntries reads a byte of each entry. The reads do not depend on each other, so
// the processor waits for many cache misses at once instead of for one after the other.
//
//go:noinline
func (t *Table) touchEntries(r segref) (sum uint8) {
	for _, slot := range r.slots() {
		if slot != 0 {
			sum += Kind(arena.Ref(slot & addrMask))
		}
	}
	return sum
}

// shrink is called when r holds few entries for its size.
func (t *Table) shrink(h uint64, r segref) {
	if t.count == 0 {
		t.reset()
		return
	}
	if t.merge(h, r) {
		return
	}
	if n := fit(uint64(r.header().live)); n < r.buckets() {
		t.resize(h, r, n)
	}
}

// merge joins r with its buddy if there is one and both fit into one segment.
func (t *Table) merge(h uint64, r segref) bool {
	prefix := r.prefix()
	if prefix == t.skip {
		return false
	}
	bit := uint64(1) << (64 - prefix)
	half := [2]segref{t.locate(h &^ bit), t.locate(h | bit)}
	if half[0].prefix() != half[1].prefix() {
		return false
	}
	a, b := half[0].header(), half[1].header()
	live := a.live + b.live
	if live > mergeLimit {
		return false
	}
	n := t.newSegment(fit(uint64(live)), prefix-1, min(a.more+1, b.more+1, moreBits))
	n.header().live = live
	n.header().joinDue(a, b)
	for b, from := range half {
		keep := t.keep(from)
		for _, slot := range from.slots() {
			if slot != 0 {
				n.place(reposition(slot, uint64(b)<<63|position(slot)>>1) & keep)
			}
		}
	}
	if prefix-t.skip == t.depth {
		t.deepest -= 2
	}
	t.set(h, n)
	t.freeSegment(half[0])
	t.freeSegment(half[1])
	for t.deepest == 0 {
		t.halveDirectory()
	}
	return true
}

// reset frees the segments and the directory of a table without entries.
func (t *Table) reset() {
	for !t.freeNext() {
	}
}

// newDirectory makes a directory of the current epoch with undefined contents.
func (t *Table) newDirectory(depth uint8) arena.Ref {
	size := 8 << depth
	t.memory += size
	t.dirEpoch = uint64(t.arena.Epoch())
	return t.arena.Alloc(size)
}

// replaceDirectory puts another directory in place and frees the old one.
func (t *Table) replaceDirectory(root uint64, depth uint8, oldEpoch uint64) {
	if t.depth > 0 {
		t.memory -= 8 << t.depth
		t.free(arena.Ref(t.root), oldEpoch == uint64(t.arena.Epoch()))
	}
	t.root, t.depth = root, depth
}

// ownDirectory copies the directory if a live snapshot sees it.
func (t *Table) ownDirectory() {
	if !t.arena.Live() || t.dirEpoch == uint64(t.arena.Epoch()) {
		return
	}
	epoch, old := t.dirEpoch, t.directory()
	dir := t.newDirectory(t.depth)
	copy(unsafe.Slice((*segref)(dir.Pointer()), len(old)), old)
	t.replaceDirectory(uint64(dir), t.depth, epoch)
}

func (t *Table) doubleDirectory() {
	epoch, old := t.dirEpoch, t.directory()
	dir := t.newDirectory(t.depth + 1)
	to := unsafe.Slice((*segref)(dir.Pointer()), 2*len(old))
	for i, r := range old {
		to[2*i], to[2*i+1] = r, r
	}
	t.replaceDirectory(uint64(dir), t.depth+1, epoch)
	t.deepest = 0
}

func (t *Table) halveDirectory() {
	epoch, old := t.dirEpoch, t.directory()
	depth := t.depth - 1
	root := uint64(old[0])
	t.deepest = 1
	if depth > 0 {
		dir := t.newDirectory(depth)
		to := unsafe.Slice((*segref)(dir.Pointer()), len(old)/2)
		t.deepest = 0
		for i := range to {
			to[i] = old[2*i]
			if to[i].prefix()-t.skip == depth {
				t.deepest++
			}
		}
		root = uint64(dir)
	}
	t.replaceDirectory(root, depth, epoch)
}
