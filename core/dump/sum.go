package dump

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"

	"github.com/ferrousdb/ferrous/core/rdb"
)

// sum puts the checksums of blocks together, which come in any order.
type sum struct {
	on   bool
	mu   sync.Mutex
	crc  uint64
	next int // the block that crc goes up to
	wait map[int]piece
}

// piece is the checksum of a block that others must come before.
type piece struct {
	crc uint64
	n   int64
}

// add takes the block of a number in.
func (s *sum) add(number int, b []byte) {
	if !s.on {
		return
	}
	p := piece{rdb.CRC64(0, b), int64(len(b))}
	s.mu.Lock()
	defer s.mu.Unlock()
	if number != s.next {
		if s.wait == nil {
			s.wait = map[int]piece{}
		}
		s.wait[number] = p
		return
	}
	for ok := true; ok; p, ok = s.wait[s.next] {
		delete(s.wait, s.next)
		s.crc = rdb.CombineCRC64(s.crc, p.crc, p.n)
		s.next++
	}
}

// verify compares the checksum of all blocks with the one that the dump has, 0
// for none.
func (s *sum) verify(stored uint64) error {
	if !s.on || stored == 0 || stored == s.crc {
		return nil
	}
	return fmt.Errorf("Wrong RDB checksum expected: (%x) but got (%x), RDB CRC error", stored, s.crc)
}

// failure is the first error in a dump: that with the lowest offset, because all
// that comes before one is looked at before it is told.
type failure struct {
	at  atomic.Int64 // its offset
	mu  sync.Mutex
	err error
}

// nowhere is the offset of no error.
const nowhere = math.MaxInt64

// add takes an error in, which may be nil. Those that are not the dump's fault
// come first.
func (f *failure) add(err error) {
	if err == nil {
		return
	}
	at := int64(-1)
	if e, ok := err.(*Error); ok {
		at = e.Offset
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil || at < f.at.Load() {
		f.err = err
		f.at.Store(at)
	}
}

// before reports whether there is an error before an offset, so that nothing
// from there on is of interest.
func (f *failure) before(offset int64) bool { return f.at.Load() < offset }
