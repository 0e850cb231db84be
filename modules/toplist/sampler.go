package toplist

import (
	"sync"

	"github.com/ferrousdb/ferrous/core"
)

// sampler looks at some of the commands of an event loop: one of every so many, at distances
// that chance chooses, so that a rhythm in the commands does not matter. Only the loop counts
// down; what it has counted is read by others too, under mu.
type sampler struct {
	left   int64  // commands until the next that is looked at
	random uint64 // never 0
	every  int64
	refs   []core.KeyRef

	mu          sync.Mutex
	now, before *summary // of the present window and of the last
	began       int64    // the present one, Unix milliseconds
	lasted      int64    // the last one, milliseconds; 0 if there was none

	_ [64]byte // neighbours belong to other loops
}

// unit is how much one use of a key counts: what is shared out among the keys of a command with many
// needs fractions.
const unit = mostKeys

// mostKeys is how many keys of a command are counted.
const mostKeys = 16

// countersFor is how many counters a list of some size is made of. The more, the smaller is
// the error.
func countersFor(size int64) int { return max(8*int(size), 256) }

func (s *sampler) init(loop int, every int64, counters int, now int64) {
	s.random, s.every, s.began = uint64(now)*2862933555777941757+uint64(loop)<<1|1, every, now
	s.now, s.before = newSummary(counters), newSummary(counters)
	s.refs = make([]core.KeyRef, 0, mostKeys)
	s.left = s.distance()
}

// distance returns how many commands there are to the next that is looked at: every on the
// average.
func (s *sampler) distance() int64 { return 1 + int64(s.roll(uint64(2*s.every-1))) }

// roll returns a random number below n (xorshift).
func (s *sampler) roll(n uint64) uint64 {
	s.random ^= s.random << 13
	s.random ^= s.random >> 7
	s.random ^= s.random << 17
	return s.random % n
}

// sampled is the hook for commands that have run.
func (m *module) sampled(c *core.Ctx) {
	loops := m.loops.Load()
	if loops == nil {
		return
	}
	s := &(*loops)[c.Loop]
	if s.left--; s.left <= 0 {
		s.left = s.distance()
		s.count(c)
	}
}

// count counts the keys of a command. Of many it counts some, which stand for all.
func (s *sampler) count(c *core.Ctx) {
	var err error
	if i := c.Cmd.OnlyKey(); i != 0 {
		s.refs = append(s.refs[:0], core.KeyRef{Index: i})
	} else if s.refs, err = c.Cmd.AppendKeys(s.refs[:0], c.Args); err != nil {
		return
	}
	n := len(s.refs)
	if n == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if n <= mostKeys {
		for _, r := range s.refs {
			s.add(c, c.Args[r.Index], unit)
		}
		return
	}
	for range mostKeys {
		s.add(c, c.Args[s.refs[s.roll(uint64(n))].Index], int64(n)) // n/mostKeys uses
	}
	if cap(s.refs) > 64*mostKeys {
		s.refs = make([]core.KeyRef, 0, mostKeys)
	}
}

func (s *sampler) add(c *core.Ctx, key []byte, units int64) {
	db := c.DB.Index()
	s.now.add(c.HashOf(key)+uint64(db)*0x9E3779B97F4A7C15, db, key, units)
}

// turn begins a new window if the present one has lasted so many milliseconds.
func (s *sampler) turn(now, window int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now-s.began < window {
		return
	}
	s.now, s.before = s.before, s.now
	s.now.clear()
	s.began, s.lasted = now, now-s.began
}
