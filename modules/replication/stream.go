package replication

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/wire"
)

// stream is what the replicas of this server are sent, one sequence of bytes for
// all of them: the writes as the feed encodes them, or what this server's own master
// has sent, untouched. It is kept in blocks that are written once, from the oldest
// byte that a connected replica still has to get, or that one that comes back may
// ask for (the backlog).
//
// A position is the number of bytes before it. Redis counts the bytes from one: the
// byte at position p is the one that PSYNC asks for by p+1.
//
// It is written with the locks of the writes held, by one at a time (the feed), and
// read by the event loops of the replicas. mu is a leaf.
type stream struct {
	mu      sync.Mutex
	active  bool
	blocks  []block
	end     int64 // position behind the last byte: the replication offset
	db      int   // the database that it has selected, -1 for none
	keep    func() int64
	cursors []*cursor
	spare   []byte
	torn    *holding     // of whose pieces the first are dropped
	command []byte       // where commands are encoded
	tail    atomic.Int64 // end, for those who only want to know whether there is more
	spill   spill
}

// block is a piece of the stream.
type block struct {
	at int64  // the position of its first byte
	b  []byte // nil if it is on a disk
	// Where in the file it is then, and how long.
	place  int64
	length int
	held   *holding // whose bytes they are, nil for the stream's own
}

func (b *block) end() int64 { return b.at + int64(len(b.b)+b.length) }

// What is kept is more than what is wanted by one block at most: so a small backlog has small
// ones.
const (
	blockSize   = 64 << 10 // of most
	leastBlock  = 1 << 10
	ofItsLength = 16 // a block is not more than this part of the backlog
)

// blockLength is the size of a new block.
func (s *stream) blockLength() int {
	keep := s.keep()
	if keep == 0 { // nothing stays that has been read
		return blockSize
	}
	return int(min(max(keep/ofItsLength, leastBlock), blockSize))
}

// heldPiece is the size of the blocks that a large argument is divided into, which is not copied.
const heldPiece = 1 << 20

// holding is a large argument of a command, of which blocks are pieces. stream.mu guards it.
type holding struct {
	users   int // blocks, and who reads one
	release func()
}

// drop says that one user needs it no more; there is none of nil.
func (h *holding) drop() {
	if h == nil {
		return
	}
	if h.users--; h.users == 0 {
		h.release()
	}
}

// cursor is how far a reader has come; what follows is kept for it. stream.mu guards it.
type cursor struct {
	pos  int64
	lent *holding // of the bytes that it was given last
	// What was on a disk and is back: a block and its position.
	ahead    []byte
	aheadAt  int64
	fetching bool
	lost     bool   // it could not be read
	ready    func() // is called when it is back
}

func newStream(keep func() int64) *stream { return &stream{db: -1, keep: keep} }

// open begins to keep what is written, if that is not done yet: at a position.
func (s *stream) open(at int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.active {
		s.active, s.end, s.db = true, at, -1
		s.tail.Store(at)
	}
}

// close forgets everything, and nothing more is kept.
func (s *stream) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.blocks {
		s.forgotten(&s.blocks[i])
	}
	s.active, s.blocks, s.spare, s.db = false, nil, nil, -1
}

func (s *stream) opened() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.active
}

// offset returns the position behind the last byte.
func (s *stream) offset() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end
}

// forgetDB makes the next write select its database first.
func (s *stream) forgetDB() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.db = -1
}

// first returns the position of the oldest byte that is kept. mu is held.
func (s *stream) first() int64 {
	if len(s.blocks) == 0 {
		return s.end
	}
	return s.blocks[0].at
}

// write adds bytes to the end.
func (s *stream) write(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.append(b)
	s.written()
}

// raw is write for what this server's own master has sent: db is the database that it
// leaves selected.
func (s *stream) raw(db int, b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.append(b)
	s.db = db
	s.written()
}

// feed is write for what is fed.
func (s *stream) feed(f core.Fed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.command[:0]
	switch f.Unit {
	case core.UnitBegin:
		b = append(b, wire.Multi...)
	case core.UnitEnd:
		b = append(b, wire.Exec...)
	default:
		if f.DB != s.db {
			s.db = f.DB
			b = wire.AppendSelect(b, f.DB)
		}
		b = s.encode(b, &f)
	}
	s.append(b)
	if s.command = b; cap(b) > 2*blockSize {
		s.command = nil
	}
	s.written()
}

// encode encodes a command behind b, and returns what is not in the stream yet: large
// arguments go there piece by piece, or as they are.
func (s *stream) encode(b []byte, f *core.Fed) []byte {
	if !slices.ContainsFunc(f.Args, func(a []byte) bool { return len(a) > blockSize }) {
		return f.AppendTo(b)
	}
	b = wire.AppendHead(b, '*', len(f.Args))
	for _, a := range f.Args {
		b = wire.AppendHead(b, '$', len(a))
		if len(a) > blockSize {
			s.append(b)
			b = b[:0]
			if release, ok := f.Hold(a); ok {
				s.hold(a, release)
			} else {
				s.append(a)
			}
		} else {
			b = append(b, a...)
		}
		b = append(b, '\r', '\n')
	}
	return b
}

// hold is append of what need not be copied.
func (s *stream) hold(b []byte, release func()) {
	h := &holding{release: release}
	for len(b) > 0 {
		n := min(len(b), heldPiece)
		s.blocks = append(s.blocks, block{at: s.end, b: b[:n:n], held: h})
		h.users++
		s.end += int64(n)
		b = b[n:]
	}
}

// written ends a write. mu is held.
func (s *stream) written() {
	s.tail.Store(s.end)
	s.trim()
}

// append is write with mu held.
func (s *stream) append(b []byte) {
	for len(b) > 0 {
		last := len(s.blocks) - 1
		if last < 0 || len(s.blocks[last].b) == cap(s.blocks[last].b) {
			s.grow()
			last = len(s.blocks) - 1
		}
		t := &s.blocks[last]
		n := min(len(b), cap(t.b)-len(t.b))
		t.b = append(t.b, b[:n]...)
		s.end += int64(n)
		b = b[n:]
	}
}

// grow adds an empty block. A write that takes many needs no more than are kept.
func (s *stream) grow() {
	s.trim()
	b := s.spare
	s.spare = nil
	if n := s.blockLength(); cap(b) != n {
		b = make([]byte, 0, n)
	}
	s.blocks = append(s.blocks, block{at: s.end, b: b})
}

// trim drops what neither the backlog nor a reader needs. mu is held.
func (s *stream) trim() {
	read := s.slowest()
	need := min(s.end-s.keep(), read)
	n := 0
	for n < len(s.blocks)-1 && s.blocks[n].end() <= need {
		if !s.spill.running && s.blocks[n].held == nil && cap(s.blocks[n].b) == s.blockLength() {
			s.spare = s.blocks[n].b[:0]
		}
		gone := s.blocks[n]
		s.blocks[n] = block{}
		n++
		s.forgotten(&gone)
		if gone.held != nil {
			s.torn = gone.held
		}
	}
	s.blocks = s.blocks[n:]
	if s.torn != nil {
		s.own(read)
	}
}

// own copies a piece of a large argument of which others have been dropped, if all have read it: that
// the backlog has its end is no reason to keep the whole. One piece at a time. mu is held.
func (s *stream) own(read int64) {
	i := slices.IndexFunc(s.blocks, func(b block) bool { return b.held == s.torn })
	if i < 0 {
		s.torn = nil
		return
	}
	if b := &s.blocks[i]; b.end() <= read && !s.spill.running {
		b.b = slices.Clip(slices.Clone(b.b))
		b.held.drop()
		b.held = nil
	}
}

// read registers a reader that begins at a position, if that is kept still.
func (s *stream) read(pos int64, ready func()) *cursor {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.active || pos < s.first() || pos > s.end {
		return nil
	}
	c := &cursor{pos: pos, ready: ready}
	s.cursors = append(s.cursors, c)
	return c
}

// next returns what follows for a reader, a part of it; nothing if it is at the end.
// The bytes stay as they are until it asks again, or has left and gives them back.
func (s *stream) next(c *cursor) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.giveBack(c)
	i, found := slices.BinarySearchFunc(s.blocks, c.pos, func(b block, pos int64) int { return int(b.at - pos) })
	if !found {
		i--
	}
	if i < 0 || c.pos >= s.blocks[i].end() {
		return nil
	}
	b := &s.blocks[i]
	if b.b != nil {
		if c.lent = b.held; c.lent != nil {
			c.lent.users++
		}
		return b.b[c.pos-b.at:]
	}
	if c.ahead == nil || c.aheadAt != b.at {
		c.ahead = nil
		s.fetch(c, *b)
		return nil
	}
	return c.ahead[c.pos-b.at:]
}

// advance says that a reader has read n bytes.
func (s *stream) advance(c *cursor, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.pos += int64(n)
	s.trim()
}

// giveBack says that a reader is done with what it was given last. mu is held.
func (s *stream) giveBack(c *cursor) {
	c.lent.drop()
	c.lent = nil
}

// left is for a reader that has left, when it looks at nothing any more.
func (s *stream) left(c *cursor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.giveBack(c)
}

// leave ends a reader.
func (s *stream) leave(c *cursor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cursors = slices.DeleteFunc(s.cursors, func(x *cursor) bool { return x == c })
	s.trim()
}

// figures tells what is kept: the offset of its first byte, as Redis counts them, and
// how many there are.
func (s *stream) figures() (active bool, first, length int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.active {
		return false, 0, 0
	}
	return true, s.first() + 1, s.end - s.first()
}

// held returns how many bytes are kept in memory for a reader, and whether it has to be
// given up because what it needs cannot be read any more.
func (s *stream) held(c *cursor) (n int64, lost bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from := s.end
	if i := s.inMemory(); i < len(s.blocks) {
		from = s.blocks[i].at
	}
	return s.end - max(c.pos, from), c.lost
}

// slowest returns how far all readers have come. mu is held.
func (s *stream) slowest() int64 {
	at := s.end
	for _, c := range s.cursors {
		at = min(at, c.pos)
	}
	return at
}

// selected returns the database that the stream has selected, -1 for none.
func (s *stream) selected() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.db
}

// memory returns how many bytes the stream takes: what it would for the backlog alone,
// all, and the rest, which is there for replicas that are behind.
func (s *stream) memory(backlog int64) (kept, total, replicas int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var length int64
	for i := range s.blocks {
		total += int64(cap(s.blocks[i].b)) + blockHead
		length += int64(len(s.blocks[i].b))
	}
	replicas = max(length-max(backlog, blockSize), 0)
	return total - replicas, total, replicas
}

// blockHead is what a block takes beside its bytes.
const blockHead = 32
