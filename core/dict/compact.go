package dict

import "github.com/ferrousdb/ferrous/core/arena"

// Compact moves entries and segments out of sparse slabs, so that those empty and their
// memory returns to the system: what Redis calls active defragmentation. It looks into
// at most limit segments from the place from on and returns the place to go on from, 0
// at the end of the table, and the number of entries it moved. While a snapshot is live
// it does nothing: the snapshot would hold the old places too.
//
// Entries change their addresses. The owner must not have kept any.
func (t *Table) Compact(from uint64, limit int) (next uint64, moved int) {
	if t.arena.Live() {
		return 0, 0
	}
	for ; limit > 0 && t.root != 0; limit-- {
		h := from >> (t.skip & 63)
		r := t.locate(h)
		if t.arena.Sparse(r.ref()) {
			r = t.copySegment(h, r)
		}
		moved += t.compactSegment(r)
		if from = t.after(h, r); from == 0 {
			return 0, moved
		}
	}
	return from, moved
}

func (t *Table) compactSegment(r segref) (moved int) {
	slots := r.slots()
	for i, slot := range slots {
		ref := arena.Ref(slot & addrMask)
		if ref == 0 || !t.arena.Sparse(ref) {
			continue
		}
		size := t.arena.Cap(ref)
		to := t.arena.Alloc(size)
		copy(arena.Bytes(to, size), arena.Bytes(ref, size))
		slots[i] = slot&^addrMask | uint64(to)
		t.arena.FreeNow(ref)
		moved++
	}
	return moved
}

// after is the place, in hash order without the owner's bits, where the segment after r
// begins, 0 if r of hash h is the last.
func (t *Table) after(h uint64, r segref) uint64 {
	return endOf(h, r.prefix()) << (64 - CursorBits) << t.skip
}
