package stream

import (
	"unsafe"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/listpack"
)

// object is a stream. What most small ones do without stands in more.
type object struct {
	store
	n       int    // entries
	last    ID     // the greatest that was ever given to an entry, or was set
	deleted ID     // the greatest of those that were deleted one by one
	added   uint64 // entries that were ever added
	open    block  // the last; its ref is 0 only if there is no entry
	more    *more
}

type more struct {
	blocks directory[block] // those before the last
	groups names[*group]
	gone   ID // no entry behind it was deleted, but by trimming, since there were groups
	first  ID // that of the first entry, if there are some: there may be many deleted ones before it
}

var _ keyspace.Object = (*object)(nil)

// rest is more, which comes into being if need be.
func (o *object) rest() *more {
	if o.more == nil {
		o.more = &more{first: View{o}.findFirst()}
	}
	return o.more
}

// closed returns the blocks before the last, nil if there are none.
func (o *object) closed() *directory[block] {
	if o.more == nil || o.more.blocks.n == 0 {
		return nil
	}
	return &o.more.blocks
}

// append adds an entry whose ID is above all others'. size is that of its fields and values together, without
// encodings, as Redis reckons it.
func (o *object) append(id ID, args [][]byte, size int, limits keyspace.PackedLimits) {
	b := &o.open
	var h header
	if b.ref != 0 {
		if h = readHeader(b.region()); o.full(&h, size, limits) {
			o.close()
		}
	}
	if b.ref == 0 {
		o.begin(id, args, limits)
	} else {
		same := h.sameFields(b.region(), args)
		buf := o.roomFor(id, args, size, same, limits)
		end := setCounts(buf, int(b.size), h.live+1, h.dead)
		b.size = uint32(putEntry(buf, end, b.first, id, args, same))
		b.live++
	}
	if o.n++; o.n == 1 && o.more != nil {
		o.more.first = id
	}
	o.added++
	o.last = id
}

// begin makes the last block, of one entry. The first of a stream is as small as that: it may be the only one. Behind
// others it gets at once what it is going to need.
func (o *object) begin(id ID, args [][]byte, limits keyspace.PackedLimits) {
	n := masterSize(args) + entrySize(id, id, args, true)
	room := n
	if o.closed() != nil {
		room = max(n, min(limits.Bytes, fullRoom))
	}
	o.open = block{first: id, ref: o.alloc(room), epoch: o.epoch(), size: uint32(n), live: 1}
	r := arena.Bytes(o.open.ref, n)
	putEntry(r, putMaster(r, args), id, id, args, true)
}

// fullRoom is the most that a block gets before it is used.
const fullRoom = 4096

// full reports whether the last block, whose header that is, is closed instead of getting an entry of that size.
func (o *object) full(h *header, size int, limits keyspace.PackedLimits) bool {
	const header = 7 // of a listpack, which a region does without
	bytes := limits.Bytes
	if bytes == 0 || bytes > maxBlock {
		bytes = maxBlock
	}
	return int(o.open.size)+header+size >= bytes || limits.Entries > 0 && h.live+h.dead >= limits.Entries
}

// maxBlock is how many bytes a block may have at most, as in Redis.
const maxBlock = 1 << 30

// roomFor returns the blob of the last block, for changing, with room for an entry more. How long that is exactly is
// looked for only where it matters.
func (o *object) roomFor(id ID, args [][]byte, size int, same bool, limits keyspace.PackedLimits) []byte {
	b := &o.open
	room := o.a.Cap(b.ref)
	atMost := size + entryOverhead + len(args)*listpack.MaxOverhead
	if int(b.size)+atMost+countRoom > room || !o.private(b.epoch) {
		if need := int(b.size) + entrySize(b.first, id, args, same) + countRoom; need > room || !o.private(b.epoch) {
			o.move(b, max(need, min(2*int(b.size), max(limits.Bytes, 256))))
			room = o.a.Cap(b.ref)
		}
	}
	return arena.Bytes(b.ref, room)
}

// move copies a block to a blob of at least n bytes.
func (o *object) move(b *block, n int) {
	ref := o.alloc(n)
	copy(arena.Bytes(ref, n), b.region())
	o.free(b.ref, b.epoch)
	b.ref, b.epoch = ref, o.epoch()
}

// close makes the last block one of those that are full, cut to size.
func (o *object) close() {
	b := &o.open
	if room := o.a.Cap(b.ref); room-int(b.size) >= 16 && room-int(b.size) > room/32 {
		o.move(b, int(b.size))
	}
	o.rest().blocks.push(&o.store, *b)
	*b = block{}
}

// reopen makes the block before the last the last one, when that has gone.
func (o *object) reopen() {
	if d := o.closed(); d != nil {
		p := d.back()
		o.open = *d.at(p)
		d.remove(&o.store, p)
	}
}

// where is the place of a block; last says that it is the last one.
type where struct {
	place
	last bool
}

func (o *object) block(w where) *block {
	if w.last {
		return &o.open
	}
	return o.more.blocks.at(w.place)
}

// seek returns the block in which an ID is if it is anywhere; ok is false if it would come
// before all of them, or there are none.
func (o *object) seek(id ID) (w where, ok bool) {
	switch {
	case o.open.ref == 0:
		return w, false
	case !id.Less(o.open.first):
		return where{last: true}, true
	}
	d := o.closed()
	if d == nil {
		return w, false
	}
	w.place, ok = d.find(id)
	return w, ok
}

// firstBlock is the block that all others come behind; ok is false if there is none.
func (o *object) firstBlock() (w where, ok bool) {
	if o.closed() != nil {
		return where{}, true
	}
	return where{last: true}, o.open.ref != 0
}

func (o *object) nextBlock(w where) (where, bool) {
	if w.last {
		return w, false
	}
	var ok bool
	if w.place, ok = o.more.blocks.next(w.place); !ok {
		w = where{last: true}
	}
	return w, true
}

func (o *object) prevBlock(w where) (where, bool) {
	d := o.closed()
	switch {
	case d == nil:
		return w, false
	case w.last:
		return where{place: d.back()}, true
	}
	var ok bool
	w.place, ok = d.prev(w.place)
	return w, ok
}

// editBlock returns a block for changing its slot and its counts: its blob is seen by no
// snapshot and has room for setCounts.
func (o *object) editBlock(w where) (b *block, buf []byte) {
	if b = &o.open; !w.last {
		b = o.more.blocks.edit(&o.store, w.place)
	}
	if need := int(b.size) + countRoom; !o.private(b.epoch) || o.a.Cap(b.ref) < need && countsMayGrow(b.region()) {
		o.move(b, need)
	}
	return b, arena.Bytes(b.ref, o.a.Cap(b.ref))
}

// countsMayGrow reports whether one of the counts may take more bytes when entries are deleted.
func countsMayGrow(b []byte) bool {
	h := readHeader(b)
	return listpack.IntSize(int64(h.dead)) < listpack.IntSize(int64(h.live+h.dead))
}

// dropBlock removes a block with all of its entries and returns the one behind it, if there is one.
func (o *object) dropBlock(w where) (next where, ok bool) {
	b := *o.block(w)
	o.n -= int(b.live)
	o.free(b.ref, b.epoch)
	if w.last {
		o.open = block{}
		o.reopen()
		return where{}, false
	}
	d := &o.more.blocks
	d.remove(&o.store, w.place)
	if p, ok := d.tidy(w.place); ok {
		return where{place: p}, true
	}
	return where{last: true}, true
}

// blockCount returns the number of blocks.
func (o *object) blockCount() (n int) {
	if o.open.ref != 0 {
		n++
	}
	if d := o.closed(); d != nil {
		n += d.n
	}
	return n
}

// Thaw is keyspace.Object's.
func (o *object) Thaw() keyspace.Object {
	next := *o
	if o.more != nil {
		next.more = &more{blocks: o.more.blocks.thaw(), groups: o.more.groups.thaw(), gone: o.more.gone, first: o.more.first}
	}
	return &next
}

// Release is keyspace.Object's. A block counts as one, and so does a chunk of what is pending.
func (o *object) Release(budget int) (done bool) {
	if o.open.ref != 0 {
		o.free(o.open.ref, o.open.epoch)
		o.open = block{}
		budget--
	}
	if o.more == nil {
		return true
	}
	budget = releaseSlots(&o.more.blocks, &o.store, budget, func(b *block) { o.free(b.ref, b.epoch) })
	for budget > 0 && o.more.groups.n > 0 {
		last := o.more.groups.lastPage().last()
		if budget = last.v.release(&o.store, budget-1); budget >= 0 {
			o.onHeap(-(groupCost + int64(len(last.name))))
			o.more.groups.removeLast()
		}
	}
	if o.more.blocks.n > 0 || o.more.groups.n > 0 {
		return false
	}
	o.n, o.more = 0, nil
	return true
}

// releaseSlots frees what the last slots of a directory refer to, up to budget of them, with the
// pages that they stood on, and returns what is left of the budget. Nobody changes the directory any
// more, though a snapshot may read its predecessor: so only the list of pages is touched.
func releaseSlots[S any](d *directory[S], s *store, budget int, free func(*S)) int {
	for ; budget > 0 && d.n > 0; budget-- {
		p := d.back()
		free(d.at(p))
		d.remove(s, p)
	}
	return budget
}

// Rehome is keyspace.Object's.
func (o *object) Rehome(a *arena.Arena) { o.a = a }

// MemoryUsage is keyspace.Object's.
func (o *object) MemoryUsage() int64 {
	n := o.mem + int64(unsafe.Sizeof(*o))
	if o.more != nil {
		n += int64(unsafe.Sizeof(*o.more)) + int64(cap(o.more.blocks.pages))*int64(unsafe.Sizeof(page{}))
	}
	return n
}

// Len is keyspace.Object's: blocks and groups, which is what Release counts.
func (o *object) Len() int {
	n := o.blockCount()
	if o.more != nil {
		n += o.more.groups.n
	}
	return n
}
