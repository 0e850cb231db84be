package stream

import (
	"errors"
	"fmt"
	"math"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/listpack"
)

// block is the slot of a block: its listpack region is the blob's first size bytes.
type block struct {
	first ID // that of the master entry; what is in the block has it or comes after it
	ref   arena.Ref
	epoch arena.Epoch
	size  uint32
	live  uint32 // entries that are not marked as deleted; never 0
}

// Flags of an entry.
const (
	flagDeleted    = 1
	flagSameFields = 2 // the fields are those of the master entry, and left out
)

func (b *block) region() []byte { return arena.Bytes(b.ref, int(b.size)) }

// header is what a block begins with.
type header struct {
	live, dead int
	fields     int // of the master entry
	at         int // where their names begin
}

func readHeader(b []byte) (h header) {
	live, pos := listpack.ReadInt(b, 0)
	dead, pos := listpack.ReadInt(b, pos)
	fields, pos := listpack.ReadInt(b, pos)
	return header{int(live), int(dead), int(fields), pos}
}

// entries is where the entries begin.
func (h *header) entries(b []byte) int {
	pos := h.at
	for range h.fields {
		pos = listpack.Next(b, pos)
	}
	return pos + 2 // over the zero
}

// Entry is a view of an entry.
type Entry struct {
	ID     ID
	Fields int // pairs of a field and a value

	block  []byte // the region
	names  int    // where the master entry's fields begin; 0 if the entry has its own
	values int    // where the values begin, or the pairs
}

// Pairs walks the fields of an entry.
type Pairs struct {
	block         []byte
	names, values int
	same          bool
}

// Pairs returns the pairs of the entry, to be asked for Next as often as there are Fields.
func (e *Entry) Pairs() Pairs { return Pairs{e.block, e.names, e.values, e.names > 0} }

// Next returns a field and its value.
func (p *Pairs) Next() (field, value listpack.Element) {
	if p.same {
		field, p.names = listpack.Read(p.block, p.names)
	} else {
		field, p.values = listpack.Read(p.block, p.values)
	}
	value, p.values = listpack.Read(p.block, p.values)
	return field, value
}

// scan reads the head of the entry at pos; next is where the one behind it begins.
func (h *header) scan(b []byte, pos int, first ID) (e Entry, flags int64, next int) {
	flags, pos = listpack.ReadInt(b, pos)
	ms, pos := listpack.ReadInt(b, pos)
	seq, pos := listpack.ReadInt(b, pos)
	e.ID = ID{first.Ms + uint64(ms), first.Seq + uint64(seq)}
	e.block = b
	skip := h.fields
	if flags&flagSameFields != 0 {
		e.Fields, e.names, e.values = h.fields, h.at, pos
	} else {
		var n int64
		n, pos = listpack.ReadInt(b, pos)
		e.Fields, e.values = int(n), pos
		skip = 2 * e.Fields
	}
	for range skip {
		pos = listpack.Next(b, pos)
	}
	return e, flags, listpack.Next(b, pos)
}

// before returns where the entry begins that ends at pos; ok is false if there is none.
func before(b []byte, pos int) (at int, ok bool) {
	pos = listpack.Prev(b, pos)
	n, _ := listpack.ReadInt(b, pos)
	for range n {
		pos = listpack.Prev(b, pos)
	}
	return pos, n > 0
}

// lastID returns the ID of the last entry of a block, be it deleted or not.
func (b *block) lastID() ID {
	r := b.region()
	at, _ := before(r, len(r))
	_, at = listpack.ReadInt(r, at)
	ms, at := listpack.ReadInt(r, at)
	seq, _ := listpack.ReadInt(r, at)
	return ID{b.first.Ms + uint64(ms), b.first.Seq + uint64(seq)}
}

// entrySize returns how many bytes an entry takes in a block of that ID; same says that its
// fields are those of the master entry. args are fields and values.
func entrySize(first, id ID, args [][]byte, same bool) int {
	n := int64(len(args) / 2)
	size := 2 + listpack.IntSize(int64(id.Ms-first.Ms)) + listpack.IntSize(int64(id.Seq-first.Seq))
	elements := 3 + n
	from, step := 1, 2
	if !same {
		size += listpack.IntSize(n)
		elements += n + 1
		from, step = 0, 1
	}
	for i := from; i < len(args); i += step {
		size += listpack.Size(args[i])
	}
	return size + listpack.IntSize(elements)
}

// entryOverhead is how many bytes an entry takes at most besides its fields and values: flags, the two parts of
// the ID, the number of fields and that of elements.
const entryOverhead = 2 + 4*10

// putEntry writes an entry, which has room at pos, and returns where it ends.
func putEntry(b []byte, pos int, first, id ID, args [][]byte, same bool) int {
	n := int64(len(args) / 2)
	elements, flags := 3+n, int64(flagSameFields)
	from, step := 1, 2
	if !same {
		elements, flags = 4+2*n, 0
		from, step = 0, 1
	}
	pos += listpack.PutInt(b[pos:], flags)
	pos += listpack.PutInt(b[pos:], int64(id.Ms-first.Ms))
	pos += listpack.PutInt(b[pos:], int64(id.Seq-first.Seq))
	if !same {
		pos += listpack.PutInt(b[pos:], n)
	}
	for i := from; i < len(args); i += step {
		pos += listpack.Put(b[pos:], args[i])
	}
	return pos + listpack.PutInt(b[pos:], elements)
}

// masterSize returns how many bytes the master entry takes.
func masterSize(args [][]byte) int {
	size := 3*2 + listpack.IntSize(int64(len(args)/2))
	for i := 0; i < len(args); i += 2 {
		size += listpack.Size(args[i])
	}
	return size
}

// putMaster writes the master entry of a block of one entry and returns where it ends.
func putMaster(b []byte, args [][]byte) int {
	pos := listpack.PutInt(b, 1)
	pos += listpack.PutInt(b[pos:], 0)
	pos += listpack.PutInt(b[pos:], int64(len(args)/2))
	for i := 0; i < len(args); i += 2 {
		pos += listpack.Put(b[pos:], args[i])
	}
	return pos + listpack.PutInt(b[pos:], 0)
}

// sameFields reports whether the fields of args are those of a block's master entry.
func (h *header) sameFields(b []byte, args [][]byte) bool {
	if len(args)/2 != h.fields {
		return false
	}
	pos := h.at
	for i := 0; i < len(args); i += 2 {
		var e listpack.Element
		e, pos = listpack.Read(b, pos)
		if !e.Equal(args[i]) {
			return false
		}
	}
	return true
}

// setCounts writes other counts of entries to the beginning of a region, within buf; size is
// how long it is, and the result how long it is then. There has to be room for four bytes more.
func setCounts(buf []byte, size, live, dead int) int {
	var head [20]byte
	n := listpack.PutInt(head[:], int64(live))
	n += listpack.PutInt(head[n:], int64(dead))
	old := listpack.Next(buf, listpack.Next(buf, 0))
	if n != old {
		copy(buf[n:], buf[old:size])
	}
	copy(buf, head[:n])
	return size + n - old
}

// countRoom is what setCounts may need.
const countRoom = 4

var errBlock = errors.New("a block of a stream is damaged")

// check looks through foreign bytes that are to be the region of a block and a valid one of a
// listpack. above is an ID which all of its entries have to come after. It returns the
// block's counts and the ID of its last entry.
func check(b []byte, first, above ID) (h header, last ID, err error) {
	bad := func(what string) (header, ID, error) {
		return header{}, ID{}, fmt.Errorf("%w: %s", errBlock, what)
	}
	pos := 0
	small := func(limit int64) int { // an integer from 0 to limit in its shortest form
		if pos >= len(b) {
			pos = len(b) + 1
			return 0
		}
		e, next := listpack.Read(b, pos)
		n, ok := e.Int()
		if !ok || n < 0 || n > limit || next-pos != listpack.IntSize(n) {
			pos = len(b) + 1
			return 0
		}
		pos = next
		return int(n)
	}
	limit := int64(len(b))
	h.live, h.dead, h.fields = small(limit), small(limit), small(limit)
	h.at = pos
	skip := func(n int) {
		for ; n > 0 && pos < len(b); n-- {
			pos = listpack.Next(b, pos)
		}
		if n > 0 {
			pos = len(b) + 1
		}
	}
	skip(h.fields)
	small(0)
	dead := 0
	for range h.live + h.dead {
		flags := small(flagDeleted | flagSameFields)
		dead += flags & flagDeleted
		ms, ok1 := anyInt(b, &pos)
		seq, ok2 := anyInt(b, &pos)
		if !ok1 || !ok2 {
			return bad("an entry without an ID")
		}
		id := ID{first.Ms + uint64(ms), first.Seq + uint64(seq)}
		if !above.Less(id) || id.Less(first) {
			return bad("IDs that are not in order")
		}
		above, last = id, id
		elements := 3 + h.fields
		if flags&flagSameFields == 0 {
			n := small(limit)
			elements = 4 + 2*n
			skip(2 * n)
		} else {
			skip(h.fields)
		}
		if small(math.MaxInt32) != elements {
			return bad("an entry of another length than it says")
		}
	}
	switch {
	case pos != len(b):
		return bad("not as many elements as there should be")
	case dead != h.dead:
		return bad("not as many deleted entries as it says")
	case h.live == 0:
		return bad("no entries")
	}
	return h, last, nil
}

// anyInt reads an integer at *pos and moves over it.
func anyInt(b []byte, pos *int) (n int64, ok bool) {
	if *pos >= len(b) {
		return 0, false
	}
	e, next := listpack.Read(b, *pos)
	*pos = next
	return e.Int()
}
