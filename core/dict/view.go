package dict

import (
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/prefetch"
)

// View is a table as it was when it was frozen. It stays valid, and may be read without
// any lock and from several goroutines, until the snapshot ends that it was frozen for.
type View struct {
	tree
}

// Freeze returns the table as it is now, at no cost. The caller holds the table's lock
// and has begun a snapshot since the table last changed: either just now, or earlier
// and this is the first change to come. Without a snapshot the view is valid until the
// table next changes.
func (t *Table) Freeze() View { return View{t.tree} }

// Find looks a key of hash h up. It returns 0 if there is none.
func (v View) Find(h uint64, key []byte) arena.Ref {
	p, ok := v.find(h, key)
	if !ok {
		return 0
	}
	return arena.Ref(*p.word() & addrMask)
}

// Walk calls fn for each entry once until it returns false; Walk then returns false.
func (v View) Walk(fn func(arena.Ref) bool) bool {
	for i := range v.Segments() {
		if !v.WalkSegment(i, fn) {
			return false
		}
	}
	return true
}

// Segments is the number of parts into which WalkSegment divides the view. Some may be
// empty. Parts are in hash order.
func (v View) Segments() int {
	if v.root == 0 {
		return 0
	}
	return 1 << v.depth
}

// WalkSegment is Walk for part i, 0 <= i < Segments(). Entries are anywhere in memory,
// so they are asked for before their turn: the first two lines, which is most of them.
func (v View) WalkSegment(i int, fn func(arena.Ref) bool) bool {
	r := v.directory()[i]
	if uint64(i)&(v.span(r)-1) != 0 {
		return true // walked with the first entry of the directory that leads to it
	}
	slots := r.slots()
	for i, slot := range slots {
		if i+ahead < len(slots) {
			ref := uintptr(slots[i+ahead] & addrMask)
			prefetch.Read(ref)
			prefetch.Read(ref + line)
		}
		if slot != 0 && !fn(arena.Ref(slot&addrMask)) {
			return false
		}
	}
	return true
}
