package dict

import "github.com/ferrousdb/ferrous/core/arena"

// drainState is how far Drain has come.
type drainState struct {
	index uint64 // in the directory
	slot  int    // in that segment
}

// Drain takes a table apart that nobody uses any more: it calls free for up to budget
// entries and frees their segments, and returns true when the table is empty. free may
// be nil, then entries are freed in the arena. Once begun, only Drain, Len and
// MemoryUsed may be called until it is done; then the table is as new.
func (t *Table) Drain(budget int, free func(arena.Ref)) (done bool) {
	if free == nil {
		free = t.arena.Free
	}
	for t.root != 0 && budget > 0 {
		d := &t.drain
		slots := t.directory()[d.index].slots()
		for ; d.slot < len(slots) && budget > 0; d.slot++ {
			if slot := slots[d.slot]; slot != 0 {
				free(arena.Ref(slot & addrMask))
				t.count--
				budget--
			}
		}
		if d.slot < len(slots) {
			return false
		}
		t.freeNext()
	}
	return t.root == 0
}

// Clear is Drain without a limit.
func (t *Table) Clear(free func(arena.Ref)) {
	for !t.Drain(1<<30, free) {
	}
}

// freeNext frees the segment that Drain has come to and, after the last one, the
// directory; then the table is as new and it returns true.
func (t *Table) freeNext() bool {
	r := t.directory()[t.drain.index]
	span := t.span(r)
	t.freeSegment(r)
	t.drain.index += span
	t.drain.slot = 0
	if t.drain.index < 1<<t.depth {
		return false
	}
	t.replaceDirectory(0, 0, t.dirEpoch)
	t.Init(t.arena, t.seed, t.skip)
	return true
}
