package observability

import (
	"fmt"
	"strings"

	"github.com/ferrousdb/ferrous/core"
)

// forget drops all histograms, for CONFIG RESETSTAT.
func (m *module) forget() {
	for i := range m.loops {
		clear(m.loops[i].all)
	}
}

// sum returns the histogram of a command over all event loops, nil if it was
// never called. All loops stand still.
func (m *module) sum(cmd *core.Command) (sum *histogram) {
	for i := range m.loops {
		if h := m.loops[i].all[cmd.ID()]; h != nil {
			if sum == nil {
				sum = &histogram{}
			}
			sum.add(h)
		}
	}
	return sum
}

// measured visits the commands that have a histogram, of a command with
// subcommands these too.
func (m *module) measured(cmds []*core.Command, fn func(cmd *core.Command, h *histogram)) {
	visit := func(cmd *core.Command) {
		if h := m.sum(cmd); h != nil {
			fn(cmd, h)
		}
	}
	for _, cmd := range cmds {
		visit(cmd)
		for i := range cmd.Sub {
			visit(&cmd.Sub[i])
		}
	}
}

// infoLatency fills INFO latencystats.
func (m *module) infoLatency(w *core.InfoWriter) {
	if !m.params.tracks() {
		return
	}
	percentiles := m.params.percentiles.Load()
	m.measured(m.registry.All(), func(cmd *core.Command, h *histogram) {
		parts := make([]string, len(percentiles))
		for i, p := range percentiles {
			parts[i] = fmt.Sprintf("p%s=%.3f", percentile(p), float64(h.percentile(p))/1000)
		}
		w.String("latency_percentiles_usec_"+cmd.FullName(), strings.Join(parts, ","))
	})
}

// histogram is LATENCY HISTOGRAM [command ...].
func (m *module) histogram(c *core.Ctx) error {
	cmds := m.registry.All()
	if len(c.Args) > 2 {
		cmds = cmds[:0:0]
		for _, name := range c.Args[2:] {
			if cmd := m.registry.FindCallable(string(name)); cmd != nil {
				cmds = append(cmds, cmd)
			}
		}
	}
	type measured struct {
		name string
		h    *histogram
	}
	var found []measured
	m.measured(cmds, func(cmd *core.Command, h *histogram) { found = append(found, measured{cmd.FullName(), h}) })
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
