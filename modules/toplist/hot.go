package toplist

import (
	"cmp"
	"math"
	"slices"

	"github.com/ferrousdb/ferrous/core"
)

// hot is what is known of all loops together.
type hot struct {
	keys    []hotKey // the most used first
	uses    float64  // of all keys
	error   float64  // the most that a key which is not listed, or any count, may be out by sampling aside
	seconds float64  // that were counted over
}

// hotKey is a key that is used much.
type hotKey struct {
	db    int
	key   []byte
	uses  float64
	error float64 // of that: certain for what counters leave open, two standard deviations of sampling
}

// bounds are what a key was counted: between low and high units.
type bounds struct {
	counter
	low, high, seen int64
}

// hottest adds the loops' counters up and returns the first n keys.
func (m *module) hottest(n int) (h hot) {
	loops := m.loops.Load()
	if loops == nil {
		return h
	}
	sum := map[uint64]*bounds{}
	var least, total int64 // least is what all summaries that lack a key may have counted of it
	for i := range *loops {
		s := &(*loops)[i]
		s.mu.Lock()
		for _, x := range []*summary{s.now, s.before} {
			total += x.total
			least += x.least()
			x.addTo(sum)
		}
		h.seconds = max(h.seconds, float64(m.srv.Now()-s.began+s.lasted)/1000)
		s.mu.Unlock()
	}
	every := float64(m.sample.Load()) / unit
	h.uses, h.error = float64(total)*every, float64(least)*every
	for _, b := range sum {
		high := b.high + least - b.seen
		mid := float64(b.low+high) / 2
		sampling := 0.0
		if m.sample.Load() > 1 {
			sampling = 2 * math.Sqrt(mid/unit) * unit
		}
		h.keys = append(h.keys, hotKey{int(b.db), b.key, mid * every, (float64(high-b.low)/2 + sampling) * every})
	}
	// What is certain of a key decides: one that is all error was only the last to come.
	slices.SortFunc(h.keys, func(a, b hotKey) int {
		return cmp.Or(cmp.Compare(b.uses-b.error, a.uses-a.error), slices.Compare(a.key, b.key), a.db-b.db)
	})
	h.keys = h.keys[:min(n, len(h.keys))]
	return h
}

// addTo adds the counters to those of others. What a key may have been counted in a summary
// that lacks it is seen when all are known: seen is what those that have it could have hidden.
func (s *summary) addTo(sum map[uint64]*bounds) {
	least := s.least()
	for i := range s.all {
		c := &s.all[i]
		b := sum[c.hash]
		if b == nil {
			b = &bounds{counter: *c}
			b.key = slices.Clone(c.key)
			sum[c.hash] = b
		}
		b.low += c.count - c.over
		b.high += c.count
		b.seen += least
	}
}

// hotkeys is TOPLIST HOTKEYS [COUNT count].
func (m *module) hotkeys(c *core.Ctx) error {
	n, err := m.count(c, 2)
	if err != nil {
		return err
	}
	if !m.enabled.Load() {
		return errOff
	}
	h := m.hottest(n)
	c.Array(len(h.keys))
	for _, k := range h.keys {
		c.Map(6)
		c.BulkString("key")
		c.Bulk(k.key)
		c.BulkString("db")
		c.Int(int64(k.db))
		c.BulkString("accesses")
		c.Int(int64(math.Round(k.uses)))
		c.BulkString("error")
		c.Int(int64(math.Ceil(k.error)))
		c.BulkString("per-second")
		c.Double(rounded(k.uses / max(h.seconds, 0.001)))
		c.BulkString("percent")
		c.Double(rounded(100 * k.uses / max(h.uses, 1)))
	}
	return nil
}

// rounded keeps three digits behind the point.
func rounded(f float64) float64 { return math.Round(f*1000) / 1000 }

var errOff = core.Err("the lists are not kept: CONFIG SET toplist-enabled yes")

// count reads COUNT count, which may stand at the end of a call.
func (m *module) count(c *core.Ctx, at int) (int, error) {
	most := int(m.size.Load())
	switch len(c.Args) - at {
	case 0:
		return most, nil
	case 2:
		if !core.SameName(c.Args[at], "count") {
			return 0, core.ErrSyntax
		}
		n, err := c.ArgInt(at + 1)
		if err != nil {
			return 0, err
		}
		if n < 1 {
			return 0, core.Err("COUNT must be positive")
		}
		return int(min(n, int64(most))), nil
	}
	return 0, core.ErrSyntax
}
