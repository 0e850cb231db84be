package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
)

// This file turns results into text. Whatever is needed to compute its figures is in the JSON as well.

// subjects are the servers that get a line of their own in the tables of ratios: all but the baseline, or all if there
// is none.
func (o *options) subjects() []string {
	var names []string
	for _, s := range o.servers {
		if s.Name != o.baseline {
			names = append(names, s.Name)
		}
	}
	return names
}

// ratioTable prints the throughput section, a line as soon as a case is measured: a full run takes minutes.
type ratioTable struct {
	w    io.Writer
	opts *options
	// Whether the load generator was at its limit somewhere, which needs an explanation below.
	starred bool
}

func newRatioTable(w io.Writer, opts *options) *ratioTable { return &ratioTable{w: w, opts: opts} }

// table begins a section's.
func (b *bench) table() *ratioTable {
	t := newRatioTable(os.Stdout, b.opts)
	t.header()
	return t
}

const ratioFormat = "%-18s %3s %5s  %-10s %11s %11s %-18s  %9s %9s %-18s  %8s %8s\n"

func (t *ratioTable) header() {
	base := cmp.Or(t.opts.baseline, "-")
	fmt.Fprintf(t.w, ratioFormat, "test", "P", "size", "server", "rps", base, "ratio (min..max)",
		"us/cmd", base, "ratio (min..max)", "p99 us", base)
}

func (t *ratioTable) row(c *comparison) {
	for _, name := range t.opts.subjects() {
		base := t.opts.baseline
		size := "-"
		if c.Size > 0 {
			size = fmt.Sprint(c.Size)
		}
		r, compared := c.Ratios[name]
		fmt.Fprintf(t.w, ratioFormat, c.Test, fmt.Sprint(c.Pipeline), size, name,
			t.rps(c, name), t.rps(c, base), ratioText(r.Throughput, compared),
			figureText("%.3f", c, name, cpu), figureText("%.3f", c, base, cpu), ratioText(r.CPU, compared),
			figureText("%.0f", c, name, p99), figureText("%.0f", c, base, p99))
	}
}

// rps is a throughput, with a star where redis-benchmark and not the server set it.
func (t *ratioTable) rps(c *comparison, name string) string {
	text := figureText("%.0f", c, name, rps)
	if c.figure(name, busy).Median > 0.95*float64(max(t.opts.threads, 1)) {
		t.starred = true
		text += "*"
	}
	return text
}

// footer sums up: one number for the whole table, not to be taken for more than it is.
func (t *ratioTable) footer(all []*comparison) {
	for _, name := range t.opts.subjects() {
		var throughput, cost []float64
		for _, c := range all {
			if r, ok := c.Ratios[name]; ok {
				throughput, cost = append(throughput, r.Throughput.Median), append(cost, r.CPU.Median)
			}
		}
		if len(cost) > 0 {
			fmt.Fprintf(t.w, "%s/%s, geometric mean of %d: throughput %.2f, server CPU per command %.2f\n",
				name, t.opts.baseline, len(cost), geometricMean(throughput), geometricMean(cost))
		}
	}
	if t.starred {
		fmt.Fprintln(t.w, "* redis-benchmark itself was out of processor time: judge this case by us/cmd")
	}
}

func figureText(format string, c *comparison, name string, get func(sample) float64) string {
	if len(c.Rounds[name]) == 0 {
		return "-"
	}
	return fmt.Sprintf(format, c.figure(name, get).Median)
}

func ratioText(s spread, known bool) string {
	if !known {
		return "-"
	}
	return fmt.Sprintf("%.2f (%.2f..%.2f)", s.Median, s.Min, s.Max)
}

// latencyTable prints the single-client section: a line per server.
type latencyTable struct {
	w    io.Writer
	opts *options
}

func newLatencyTable(w io.Writer, opts *options) *latencyTable { return &latencyTable{w, opts} }

const latencyFormat = "%-12s %-10s %9s %8s %8s %8s %9s %8s  %-18s %-18s\n"

func (t *latencyTable) header() {
	fmt.Fprintf(t.w, latencyFormat, "test", "server", "rps", "p50 us", "p99 us", "p99.9", "max", "us/cmd",
		"p50 ratio", "CPU ratio")
}

func (t *latencyTable) rows(c *comparison) {
	for _, s := range t.opts.servers {
		r, compared := c.Ratios[s.Name]
		fmt.Fprintf(t.w, latencyFormat, c.Test, s.Name, figureText("%.0f", c, s.Name, rps),
			figureText("%.1f", c, s.Name, p50), figureText("%.1f", c, s.Name, p99), figureText("%.1f", c, s.Name, p999),
			figureText("%.0f", c, s.Name, most), figureText("%.2f", c, s.Name, cpu),
			ratioText(r.P50, compared), ratioText(r.CPU, compared))
	}
}

// sheet is a table with a row per figure and a column per server, and the ratios to the baseline.
type sheet struct {
	opts *options
	text strings.Builder
}

func newSheet(opts *options) *sheet {
	sh := &sheet{opts: opts}
	sh.text.WriteString("\t")
	for _, s := range opts.servers {
		sh.text.WriteString(s.Name + "\t")
	}
	if opts.baseline != "" {
		for _, name := range opts.subjects() {
			sh.text.WriteString(name + "/" + opts.baseline + "\t")
		}
	}
	sh.text.WriteString("\n")
	return sh
}

// row adds a figure, got by the name of a server.
func (sh *sheet) row(label, format string, get func(server string) float64) {
	sh.text.WriteString(label + "\t")
	for _, s := range sh.opts.servers {
		fmt.Fprintf(&sh.text, format+"\t", get(s.Name))
	}
	if base := sh.opts.baseline; base != "" {
		for _, name := range sh.opts.subjects() {
			if get(base) > 0 {
				fmt.Fprintf(&sh.text, "%.2f\t", get(name)/get(base))
			} else {
				sh.text.WriteString("-\t")
			}
		}
	}
	sh.text.WriteString("\n")
}

// goal is what a ratio to the baseline is meant to be.
type goal struct {
	limit   float64
	atLeast bool // or at most
}

func (g goal) met(ratio float64) bool {
	if g.atLeast {
		return ratio >= g.limit
	}
	return ratio <= g.limit
}

func (g goal) String() string {
	if g.atLeast {
		return fmt.Sprintf(">= %.2f", g.limit)
	}
	return fmt.Sprintf("<= %.2f", g.limit)
}

// rounds adds a figure that was measured several times, got by the name of a server: medians, and the ratios of
// neighbours in time as median (lowest..highest). A nil goal is none.
func (sh *sheet) rounds(label, format string, get func(server string) []float64, g *goal) {
	sh.text.WriteString(label + "\t")
	for _, s := range sh.opts.servers {
		if xs := get(s.Name); len(xs) > 0 {
			fmt.Fprintf(&sh.text, format+"\t", spreadOf(xs).Median)
		} else {
			sh.text.WriteString("-\t")
		}
	}
	if base := sh.opts.baseline; base != "" {
		for _, name := range sh.opts.subjects() {
			rs := ratios(get(name), get(base))
			sh.text.WriteString(ratioText(spreadOf(rs), len(rs) > 0))
			if g != nil && len(rs) > 0 {
				verdict := "missed"
				if g.met(spreadOf(rs).Median) {
					verdict = "met"
				}
				fmt.Fprintf(&sh.text, "  goal %s: %s", *g, verdict)
			}
			sh.text.WriteString("\t")
		}
	}
	sh.text.WriteString("\n")
}

func (sh *sheet) print(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if _, err := io.WriteString(tw, sh.text.String()); err != nil {
		return err
	}
	return tw.Flush()
}
