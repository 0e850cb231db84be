package observability

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/ferrousdb/ferrous/core"
)

// events are what the latency monitor has seen, by the name of the event.
type events struct {
	mu   sync.Mutex
	seen map[string]*series
}

// seriesLen is how many samples of an event are kept.
const seriesLen = 160

// series are the worst samples of an event, one a second at most.
type series struct {
	samples []sample // the latest last
	worst   int64    // milliseconds, ever
}

type sample struct{ time, ms int64 } // Unix seconds, milliseconds

// add notes that an event has taken so long; now is Unix milliseconds.
func (e *events) add(event string, ms, now int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.seen[event]
	if s == nil {
		if e.seen == nil {
			e.seen = map[string]*series{}
		}
		s = &series{}
		e.seen[event] = s
	}
	s.add(sample{now / 1000, ms})
}

func (s *series) add(x sample) {
	s.worst = max(s.worst, x.ms)
	if n := len(s.samples); n > 0 && s.samples[n-1].time == x.time {
		s.samples[n-1].ms = max(s.samples[n-1].ms, x.ms)
		return
	}
	if len(s.samples) == seriesLen {
		s.samples = slices.Delete(s.samples, 0, 1)
	}
	s.samples = append(s.samples, x)
}

// get returns a copy of an event's series, with no samples if there is none.
func (e *events) get(event string) series {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s := e.seen[event]; s != nil {
		return series{slices.Clone(s.samples), s.worst}
	}
	return series{}
}

// names returns the names of all events, sorted.
func (e *events) names() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Sorted(maps.Keys(e.seen))
}

// reset forgets the events of a name in any case, or all if which is nil, and
// returns how many they were.
func (e *events) reset(which []byte) (n int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for name := range e.seen {
		if which == nil || strings.EqualFold(name, string(which)) {
			delete(e.seen, name)
			n++
		}
	}
	return n
}

// latest is LATENCY LATEST.
func (m *module) latest(c *core.Ctx) error {
	names := m.events.names()
	at := c.Mark()
	c.Array(len(names))
	for _, name := range names {
		s := m.events.get(name)
		if len(s.samples) == 0 { // reset in between, on another loop
			c.Truncate(at)
			return m.latest(c)
		}
		last := s.samples[len(s.samples)-1]
		c.Array(4)
		c.BulkString(name)
		c.Int(last.time)
		c.Int(last.ms)
		c.Int(s.worst)
	}
	return nil
}

// history is LATENCY HISTORY event.
func (m *module) history(c *core.Ctx) error {
	s := m.events.get(string(c.Args[2]))
	c.Array(len(s.samples))
	for _, x := range s.samples {
		c.Array(2)
		c.Int(x.time)
		c.Int(x.ms)
	}
	return nil
}

// resetEvents is LATENCY RESET [event ...].
func (m *module) resetEvents(c *core.Ctx) error {
	n := int64(0)
	if len(c.Args) == 2 {
		n = m.events.reset(nil)
	}
	for _, name := range c.Args[2:] {
		n += m.events.reset(name)
	}
	c.Int(n)
	return nil
}
