package observability

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/ferrousdb/ferrous/core"
)

const (
	graphColumns = 80
	graphRows    = 4
	// graphMarks are the heights that one row can show; what is higher goes on in
	// the row above.
	graphMarks = "_o#"
)

// graph is LATENCY GRAPH event: a column for each sample, and below it how long
// ago that was.
func (m *module) graph(c *core.Ctx) error {
	s := m.events.get(string(c.Args[2]))
	if len(s.samples) == 0 {
		return core.Err("No samples available for event '" + core.Shown(c.Args[2]) + "'")
	}
	c.Verbatim("txt", s.graph(string(c.Args[2]), c.Now/1000))
	return nil
}

// graph draws the series; now is Unix seconds.
func (s *series) graph(event string, now int64) string {
	low, high := s.bounds()
	var b strings.Builder
	fmt.Fprintf(&b, "%s - high %d ms, low %d ms (all time high %d ms)\n", event, high, low, s.worst)
	b.WriteString(strings.Repeat("-", graphColumns) + "\n")
	for i := 0; i < len(s.samples); i += graphColumns {
		if i > 0 {
			b.WriteByte('\n')
		}
		s.drawColumns(&b, s.samples[i:min(i+graphColumns, len(s.samples))], now)
	}
	return b.String()
}

func (s *series) bounds() (low, high int64) {
	low, high = s.samples[0].ms, s.samples[0].ms
	for _, x := range s.samples {
		low, high = min(low, x.ms), max(high, x.ms)
	}
	return low, high
}

// drawColumns draws as many columns as fit beside each other: the rows of the
// graph, an empty one, and the labels, which are read downwards.
func (s *series) drawColumns(b *strings.Builder, part []sample, now int64) {
	low, high := s.bounds()
	const steps = graphRows * len(graphMarks)
	labels, deepest := make([]string, len(part)), 0
	rows := make([][]byte, graphRows)
	for i := range rows {
		rows[i] = bytes.Repeat([]byte{' '}, len(part))
	}
	for i, x := range part {
		labels[i] = ago(now - x.time)
		deepest = max(deepest, len(labels[i]))
		step := min(int((x.ms-low)*int64(steps)/max(high-low, 1)), steps-1)
		for row := range rows {
			switch mark := step - (graphRows-1-row)*len(graphMarks); {
			case mark >= len(graphMarks):
				rows[row][i] = '|'
			case mark >= 0:
				rows[row][i] = graphMarks[mark]
			}
		}
	}
	line := func(fill func(i int) byte) {
		for i := range part {
			b.WriteByte(fill(i))
		}
		b.WriteByte('\n')
	}
	for _, row := range rows {
		line(func(i int) byte { return row[i] })
	}
	line(func(int) byte { return ' ' })
	for depth := range deepest {
		line(func(i int) byte {
			if depth < len(labels[i]) {
				return labels[i][depth]
			}
			return ' '
		})
	}
}

// ago writes a span of seconds in its largest unit.
func ago(seconds int64) string {
	switch {
	case seconds < 60:
		return fmt.Sprintf("%ds", seconds)
	case seconds < 3600:
		return fmt.Sprintf("%dm", seconds/60)
	case seconds < 86400:
		return fmt.Sprintf("%dh", seconds/3600)
	}
	return fmt.Sprintf("%dd", seconds/86400)
}
