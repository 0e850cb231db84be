package dict

import (
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/prefetch"
)

// Walker visits the entries of a table or of a view one after the other, each once and
// in no order that means anything. It is valid until the table next changes, or as long
// as the view.
//
//	w := t.Walker()
//	for { ref := w.Next(); if ref == 0 { break } ... }
type Walker struct {
	dir   []segref
	depth uint8 // of the directory, with the owner's bits
	next  uint64
	slots []uint64
	i     int

	// For Lot, which knows the beginning of a hash so without a look at the key. The bits that the table's owner took
	// are missing.
	base   uint64 // what the hashes of the segment's entries begin with
	prefix uint8  // that is so many bits
}

// Walker returns a Walker before the first entry.
func (t *tree) Walker() Walker {
	switch {
	case t.root == 0:
		return Walker{}
	case t.depth == 0:
		return Walker{slots: segref(t.root).slots()}
	}
	return Walker{dir: t.directory(), depth: t.depth + t.skip}
}

// ahead is how many slots before its turn an entry is asked for: about as many as pass
// in the time of a cache miss.
const ahead = 16

// Next returns the next entry, 0 at the end.
func (w *Walker) Next() arena.Ref {
	for {
		for w.i < len(w.slots) {
			i := w.i
			w.i++
			if i+ahead < len(w.slots) {
				prefetch.Read(uintptr(w.slots[i+ahead] & addrMask))
			}
			if slot := w.slots[i]; slot != 0 {
				return arena.Ref(slot & addrMask)
			}
		}
		if !w.nextSegment() {
			return 0
		}
	}
}

// nextSegment goes to the beginning of the next segment; it reports false if there is none.
func (w *Walker) nextSegment() bool {
	if w.next >= uint64(len(w.dir)) {
		return false
	}
	r := w.dir[w.next]
	w.base, w.prefix = w.next<<((64-w.depth)&63), r.prefix()
	w.next += 1 << (w.depth - r.prefix())
	w.slots, w.i = r.slots(), 0
	return true
}
