package list

import (
	"math"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/listpack"
)

// chunk is a blob with a head and a region of elements somewhere behind it.
type chunk arena.Ref

// head begins a chunk.
type head struct {
	epoch arena.Epoch // the newest snapshot when the chunk was made
	start uint32      // where the region begins and ends, from the beginning of the blob
	end   uint32
	count uint16 // elements
	form  form
}

// headSize is where a region may begin.
const headSize = 20

func (c chunk) head() *head { return (*head)(arena.Ref(c).Pointer()) }

// bytes is the beginning of the chunk, head and all.
func (c chunk) bytes(n int) []byte { return arena.Bytes(arena.Ref(c), n) }

// region is the elements of a chunk that is not compressed.
func (c chunk) region() []byte {
	h := c.head()
	return c.bytes(int(h.end))[h.start:h.end:h.end]
}

func (h *head) len() int { return int(h.end - h.start) }

// limits say how large a chunk may be.
type limits struct {
	entries int // elements
	bytes   int // with the head
	depth   int // see compress.go
	idle    int // seconds; see rest.go
}

// What is not limited, and the largest count that a slot can tell.
const (
	defaultBytes = 8 << 10
	maxEntries   = math.MaxUint16
)

// limitsOf reads the limits of lists. Where no module has set them they are
// Redis's defaults.
func limitsOf(p keyspace.PackedLimits) limits {
	lim := limits{entries: maxEntries, bytes: defaultBytes, depth: p.Plain, idle: p.Idle}
	if p.Entries > 0 {
		lim.entries = min(p.Entries, maxEntries)
	}
	if p.Bytes > 0 {
		lim.bytes = max(p.Bytes, 64)
	}
	return lim
}

// fits reports whether a chunk may have an element of that size more.
func (lim limits) fits(h *head, size int) bool {
	return headSize+h.len()+size <= lim.bytes && int(h.count) < lim.entries
}

// private reports whether a blob of that epoch is seen by no snapshot.
func (l *large) private(e arena.Epoch) bool {
	return !l.a.Live() || e == l.a.Epoch()
}

// newChunk makes a chunk with an empty region, for n bytes of elements at least.
// Its region is where it can grow towards end.
func (l *large) newChunk(n int, end End) chunk {
	ref := l.a.Alloc(headSize + n)
	room := l.a.Cap(ref)
	l.mem += int64(room)
	c := chunk(ref)
	at := uint32(headSize)
	if end == Front {
		at = uint32(room)
	}
	*c.head() = head{epoch: l.a.Epoch(), start: at, end: at}
	return c
}

// fill makes a chunk of the elements of a region that is stored elsewhere.
func (l *large) fill(b []byte, n int) chunk {
	c := l.newChunk(len(b), Back)
	h := c.head()
	h.end += uint32(len(b))
	h.count = uint16(n)
	arena.Copy(c.region(), b)
	return c
}

// freeChunk gives a chunk back.
func (l *large) freeChunk(c chunk) {
	if c.head().form == compressed {
		l.squeezed--
	}
	l.free(arena.Ref(c), c.head().epoch)
}

func (l *large) free(ref arena.Ref, e arena.Epoch) {
	l.mem -= int64(l.a.Cap(ref))
	if l.private(e) {
		l.a.FreeNow(ref)
	} else {
		l.a.Free(ref)
	}
}

// move copies a chunk to one with room for n bytes, growing towards end, and
// frees the old one. An end of the list that it is stays one.
func (l *large) move(c chunk, n int, end End) chunk {
	to := l.newChunk(n, end)
	from, h := c.head(), to.head()
	if size := from.end - from.start; end == Front {
		h.start -= size
	} else {
		h.end += size
	}
	h.count = from.count
	arena.Copy(to.region(), c.region())
	l.freeChunk(c)
	for i, x := range l.ends {
		if x == c {
			l.ends[i] = to
		}
	}
	return to
}

// own returns the chunk itself or, if a snapshot may see it, a copy that has
// taken its place at an end of the list.
func (l *large) own(c chunk) chunk {
	if h := c.head(); !l.private(h.epoch) {
		return l.move(c, h.len(), Back)
	}
	return c
}

// fit moves a chunk that is going to be changed seldom out of a blob that is
// larger than it need be.
func (l *large) fit(c chunk) chunk {
	room, used := l.a.Cap(arena.Ref(c)), headSize+c.head().len()
	if room-used > room/8 && room-used >= 16 {
		return l.move(c, used-headSize, Back)
	}
	return c
}

// seek returns the position of element i of a chunk that is not compressed.
func (c chunk) seek(i int) int { return seek(c.region(), int(c.head().count), i) }

// seek returns the position of element i of a region of n.
func seek(b []byte, n, i int) int {
	switch {
	case i >= n:
		return len(b)
	case i < n/2:
		return listpack.Seek(b, i)
	}
	return listpack.SeekBack(b, n-1-i)
}

// piece is a run of elements on its way into a chunk.
type piece struct {
	b []byte
	n int
}

// cut divides a region into pieces that chunks may hold, of about one length. An
// element that is too long by itself becomes a piece of its own.
func (lim limits) cut(b []byte, n int) []piece {
	parts := max((len(b)+lim.bytes-headSize-1)/(lim.bytes-headSize), (n+lim.entries-1)/lim.entries, 1)
	goal, most := (len(b)+parts-1)/parts, (n+parts-1)/parts
	pieces := make([]piece, 0, parts)
	for start := 0; start < len(b); {
		end, k := listpack.Next(b, start), 1
		for end < len(b) && k < most {
			next := listpack.Next(b, end)
			if next-start > goal {
				break
			}
			end, k = next, k+1
		}
		pieces = append(pieces, piece{b[start:end], k})
		start = end
	}
	return pieces
}
