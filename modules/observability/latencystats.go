package observability

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ferrousdb/ferrous/core"
)

// forget drops all histograms, for CONFIG RESETSTAT.
func (m *module) forget() {
	for i := range m.loops {
		clear(m.loops[i].all)
	}
}

// sums are histograms over all event loops.
type sums struct {
	cmds []*core.Command // of which they are wanted, as often as they are
	ids  []int           // the same by number, each once
	all  []*histogram    // by the number of the command; nil for one that was never called
}

// look makes a look that adds up the histograms of commands, and of their subcommands: *sums.
func (m *module) look(cmds []*core.Command) *core.Look {
	s := &sums{all: make([]*histogram, m.registry.CommandCount())}
	for _, cmd := range cmds {
		s.want(cmd)
		for i := range cmd.Sub {
			s.want(&cmd.Sub[i])
		}
	}
	slices.Sort(s.ids)
	s.ids = slices.Compact(s.ids)
	return &core.Look{Found: s, Loop: func(loop int, rest func()) { s.add(&m.loops[loop], rest) }}
}

func (s *sums) want(cmd *core.Command) {
	s.cmds, s.ids = append(s.cmds, cmd), append(s.ids, cmd.ID())
}

// restEvery is how many histograms are added without letting their loop have its turn: each
// takes about a microsecond.
const restEvery = 32

// add adds the histograms of a loop, which stands still.
func (s *sums) add(loop *histograms, rest func()) {
	added := 0
	for _, id := range s.ids {
		h := loop.all[id]
		if h == nil {
			continue
		}
		if s.all[id] == nil {
			s.all[id] = &histogram{}
		}
		s.all[id].add(h)
		if added++; added%restEvery == 0 {
			rest()
		}
	}
}

// each visits the commands that have a histogram.
func (s *sums) each(fn func(cmd *core.Command, h *histogram)) {
	for _, cmd := range s.cmds {
		if h := s.all[cmd.ID()]; h != nil {
			fn(cmd, h)
		}
	}
}

// lookForInfo makes the look of INFO latencystats; nil if there is nothing to be seen.
func (m *module) lookForInfo() *core.Look {
	if !m.params.tracks() {
		return nil
	}
	return m.look(m.registry.All())
}

// infoLatency fills INFO latencystats.
func (m *module) infoLatency(w *core.InfoWriter) {
	found, _ := w.Found.(*sums)
	if found == nil {
		return
	}
	percentiles := m.params.percentiles.Load()
	found.each(func(cmd *core.Command, h *histogram) {
		parts := make([]string, len(percentiles))
		for i, p := range percentiles {
			parts[i] = fmt.Sprintf("p%s=%.3f", percentile(p), float64(h.percentile(p))/1000)
		}
		w.String("latency_percentiles_usec_"+cmd.FullName(), strings.Join(parts, ","))
	})
}

// lookForHistogram makes the look of LATENCY HISTOGRAM [command ...].
func (m *module) lookForHistogram(c *core.Ctx) *core.Look {
	if len(c.Args) == 2 {
		return m.look(m.registry.All())
	}
	var cmds []*core.Command
	for _, name := range c.Args[2:] {
		if cmd := m.registry.FindCallable(string(name)); cmd != nil {
			cmds = append(cmds, cmd)
		}
	}
	return m.look(cmds)
}

// histogram is LATENCY HISTOGRAM.
func (m *module) histogram(c *core.Ctx) error {
	type measured struct {
		name string
		h    *histogram
	}
	var found []measured
	c.Looked().Found.(*sums).each(func(cmd *core.Command, h *histogram) { found = append(found, measured{cmd.FullName(), h}) })
	c.Map(len(found))
	for _, x := range found {
		c.BulkString(x.name)
		c.Map(2)
		c.BulkString("calls")
		c.Int(int64(x.h.total))
		c.BulkString("histogram_usec")
		steps := x.h.steps()
		c.Map(len(steps))
		for _, s := range steps {
			c.Int(s.micros)
			c.Int(s.count)
		}
	}
	return nil
}
