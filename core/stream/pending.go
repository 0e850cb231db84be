package stream

import (
	"math"
	"unsafe"

	"github.com/ferrousdb/ferrous/core/arena"
)

// Pending is an entry that was delivered to a consumer and is not acknowledged.
type Pending struct {
	ID       ID
	Time     int64  // of the last delivery, Unix milliseconds
	Count    uint64 // of deliveries
	Consumer Consumer
}

// Consumer is the number of a consumer of a group. It is valid until the consumer is deleted.
type Consumer uint32

// chunk is the slot of a chunk of records.
type chunk struct {
	first  ID // no record comes before it, nor after the first of the next chunk
	ref    arena.Ref
	epoch  arena.Epoch
	time   int64  // what the times of narrow records are counted from
	least  int64  // no record has an earlier time
	owners uint64 // a bit for each consumer that may have a record: its number, modulo 64
	n      uint16 // records
	wide   bool   // of which sort they are
}

// narrow is a record as nearly all are: what it says is near to what the chunk says.
type narrow struct {
	id       uint64 // the time less the chunk's in 32 bits, then the number
	time     uint32
	count    uint16
	consumer uint16
}

// wide is a record that may say anything.
type wide struct {
	id       ID
	time     int64
	count    uint64
	consumer Consumer
}

const (
	chunkMost = 128 // records in a chunk
	chunkRoom = 4   // records that a chunk begins with room for
)

func (c *chunk) size() int {
	if c.wide {
		return int(unsafe.Sizeof(wide{}))
	}
	return int(unsafe.Sizeof(narrow{}))
}

func (c *chunk) narrow(i int) *narrow {
	return (*narrow)(unsafe.Add(c.ref.Pointer(), i*int(unsafe.Sizeof(narrow{}))))
}

func (c *chunk) wideAt(i int) *wide {
	return (*wide)(unsafe.Add(c.ref.Pointer(), i*int(unsafe.Sizeof(wide{}))))
}

// get returns a record.
func (c *chunk) get(i int) Pending {
	if c.wide {
		r := c.wideAt(i)
		return Pending{r.id, r.time, r.count, r.consumer}
	}
	r := c.narrow(i)
	return Pending{
		ID: ID{c.first.Ms + r.id>>32, r.id & math.MaxUint32}, Time: c.time + int64(r.time),
		Count: uint64(r.count), Consumer: Consumer(r.consumer),
	}
}

func (c *chunk) id(i int) ID {
	if c.wide {
		return c.wideAt(i).id
	}
	r := c.narrow(i)
	return ID{c.first.Ms + r.id>>32, r.id & math.MaxUint32}
}

// timeOf and consumerOf are parts of get.
func (c *chunk) timeOf(i int) int64 {
	if c.wide {
		return c.wideAt(i).time
	}
	return c.time + int64(c.narrow(i).time)
}

func (c *chunk) consumerOf(i int) Consumer {
	if c.wide {
		return c.wideAt(i).consumer
	}
	return Consumer(c.narrow(i).consumer)
}

// fits reports whether the chunk's sort of records can tell p.
func (c *chunk) fits(p Pending) bool {
	return c.wide || p.ID.Ms-c.first.Ms <= math.MaxUint32 && !p.ID.Less(c.first) && p.ID.Seq <= math.MaxUint32 &&
		p.Time >= c.time && uint64(p.Time)-uint64(c.time) <= math.MaxUint32 && p.Count <= math.MaxUint16 && p.Consumer <= math.MaxUint16
}

// put writes a record, which fits.
func (c *chunk) put(i int, p Pending) {
	if c.wide {
		*c.wideAt(i) = wide{p.ID, p.Time, p.Count, p.Consumer}
	} else {
		*c.narrow(i) = narrow{(p.ID.Ms-c.first.Ms)<<32 | p.ID.Seq, uint32(p.Time - c.time), uint16(p.Count), uint16(p.Consumer)}
	}
	c.least = min(c.least, p.Time)
	c.owners |= p.Consumer.bit()
}

func (n Consumer) bit() uint64 { return 1 << (n % 64) }

// search returns how many records come before an ID.
func (c *chunk) search(id ID) int {
	lo, hi := 0, int(c.n)
	if !c.wide {
		switch { // so that one number is to be compared
		case id.Less(c.first):
			return 0
		case id.Ms-c.first.Ms > math.MaxUint32:
			return hi
		}
		key := (id.Ms-c.first.Ms)<<32 | min(id.Seq, math.MaxUint32)
		for lo < hi {
			mid := int(uint(lo+hi) / 2)
			if c.narrow(mid).id < key {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		if lo < int(c.n) && id.Seq > math.MaxUint32 && c.narrow(lo).id == key {
			lo++
		}
		return lo
	}
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if c.wideAt(mid).id.Less(id) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// move copies n records within the chunk.
func (c *chunk) move(to, from, n int) {
	if to == from || n == 0 {
		return
	}
	size := c.size()
	b := arena.Bytes(c.ref, (from+n)*size)
	copy(b[to*size:], b[from*size:])
}

// survey finds out anew what the slot says of all records.
func (c *chunk) survey() {
	c.least, c.owners = math.MaxInt64, 0
	for i := range int(c.n) {
		c.least = min(c.least, c.timeOf(i))
		c.owners |= c.consumerOf(i).bit()
	}
}

// pack makes a chunk of records, of which there are some, with room for n.
func pack(s *store, records []Pending, n int) chunk {
	c := chunk{first: records[0].ID, epoch: s.epoch(), time: math.MaxInt64, least: math.MaxInt64}
	for _, p := range records {
		c.time = min(c.time, p.Time)
	}
	for _, p := range records {
		c.wide = c.wide || !c.fits(p)
	}
	c.ref = s.alloc(n * c.size())
	for i, p := range records {
		c.put(i, p)
	}
	c.n = uint16(len(records))
	return c
}

// unpack appends the records of a chunk to list.
func (c *chunk) unpack(list []Pending) []Pending {
	for i := range int(c.n) {
		list = append(list, c.get(i))
	}
	return list
}

// pending is the directory of the chunks of a group. Its own n counts chunks.
type pending = directory[chunk]

// spot is where a record is, or belongs.
type spot struct {
	place
	i int
}

// lookup finds the record of an ID, or where it belongs.
func lookup(d *pending, id ID) (at spot, ok bool) {
	if d.n == 0 {
		return at, false
	}
	at.place, ok = d.find(id)
	if !ok {
		return at, false // before all others
	}
	c := d.at(at.place)
	at.i = c.search(id)
	return at, at.i < int(c.n) && c.id(at.i) == id
}

// writable returns the chunk at a place for changing records, with room for extra ones more.
func writable(d *pending, s *store, p place, extra int) *chunk {
	c := d.edit(s, p)
	if need := int(c.n) + extra; need*c.size() > s.a.Cap(c.ref) || !s.private(c.epoch) {
		room := need
		if extra > 0 {
			room = min(max(2*int(c.n), chunkRoom), chunkMost)
		}
		old := *c
		c.ref = s.alloc(room * c.size())
		c.epoch = s.epoch()
		copy(arena.Bytes(c.ref, int(c.n)*c.size()), arena.Bytes(old.ref, int(c.n)*c.size()))
		s.free(old.ref, old.epoch)
	}
	return c
}

// addPending adds a record where lookup has said that it belongs.
func addPending(d *pending, s *store, at spot, p Pending) {
	if d.n == 0 {
		d.push(s, pack(s, []Pending{p}, chunkRoom))
		return
	}
	c := d.at(at.place)
	atEnd := at.place == d.back() && at.i == int(c.n)
	switch {
	case int(c.n) == chunkMost && atEnd:
		d.push(s, pack(s, []Pending{p}, chunkMost))
	case int(c.n) == chunkMost || p.ID.Less(c.first) || !c.fits(p):
		rebuild(d, s, at, func(list []Pending) []Pending { return insertRecord(list, at.i, p) })
	default:
		c = writable(d, s, at.place, 1)
		size := c.size()
		b := arena.Bytes(c.ref, (int(c.n)+1)*size)
		copy(b[(at.i+1)*size:], b[at.i*size:int(c.n)*size])
		c.put(at.i, p)
		c.n++
	}
}

func insertRecord(list []Pending, i int, p Pending) []Pending {
	list = append(list, Pending{})
	copy(list[i+1:], list[i:])
	list[i] = p
	return list
}

// rebuild makes a chunk anew of what change makes of its records: one chunk, or two if they are
// too many. It is for what is rare.
func rebuild(d *pending, s *store, at spot, change func([]Pending) []Pending) {
	var room [chunkMost + 1]Pending
	slot := d.edit(s, at.place)
	list := change(slot.unpack(room[:0]))
	s.free(slot.ref, slot.epoch)
	if len(list) <= chunkMost {
		*slot = pack(s, list, min(len(list)+len(list)/2, chunkMost))
		return
	}
	half := len(list) / 2
	*slot = pack(s, list[half:], chunkMost)
	d.insert(s, at.place, pack(s, list[:half], chunkMost))
}

// setPending gives a record another time, count or consumer.
func setPending(d *pending, s *store, at spot, p Pending) {
	c := d.at(at.place)
	if !c.fits(p) {
		rebuild(d, s, at, func(list []Pending) []Pending {
			list[at.i] = p
			return list
		})
		return
	}
	c = writable(d, s, at.place, 0)
	known := c.timeOf(at.i) > c.least && c.consumerOf(at.i) == p.Consumer
	c.put(at.i, p)
	if !known && (at.i%surveyEvery == surveyEvery-1 || at.i == int(c.n)-1) {
		c.survey()
	}
}

// surveyEvery is of how many records that may have been at a limit of what the slot says one makes
// it look at all of them: who changes many does so in order.
const surveyEvery = 16

// removePending takes a record out. at is afterwards where the one behind it is, but for tidy.
func removePending(d *pending, s *store, at *spot) {
	c := d.at(at.place)
	if c.n == 1 {
		s.free(c.ref, c.epoch)
		d.remove(s, at.place)
		at.i = 0
		return
	}
	if c = writable(d, s, at.place, 0); at.i < int(c.n)-1 {
		size := c.size()
		b := arena.Bytes(c.ref, int(c.n)*size)
		copy(b[at.i*size:], b[(at.i+1)*size:])
	}
	c.n--
	if c.n%surveyEvery == 0 { // what the slot says may be too little for so long
		c.survey()
	}
	if c.n <= chunkMost/4 {
		shrink(d, s, at)
	}
}

// shrink joins a chunk of few records with the one before it, if both have few, or gives it a
// smaller blob.
func shrink(d *pending, s *store, at *spot) {
	c := d.at(at.place)
	if p, ok := d.prev(at.place); ok && int(d.at(p).n+c.n) <= chunkMost/2 {
		var room [chunkMost]Pending
		list := c.unpack(room[:0])
		s.free(c.ref, c.epoch)
		d.remove(s, at.place)
		before := spot{place: p}
		at.i += int(d.at(p).n)
		rebuild(d, s, before, func(all []Pending) []Pending { return append(all, list...) })
		at.place = p
		return
	}
	if room := s.a.Cap(c.ref); room >= 4*max(int(c.n), chunkRoom)*c.size() {
		var records [chunkMost]Pending
		c = d.edit(s, at.place)
		list := c.unpack(records[:0])
		old := *c
		*c = pack(s, list, 2*max(len(list), chunkRoom))
		s.free(old.ref, old.epoch)
	}
}
