package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

// The section about commands whose work grows with their data: the same data on every server, a row a command. A cliff in one of them does
// not show in the throughput section, which is about commands that do little.

// growingClients write growingPipeline requests each and wait for their replies: enough to keep the server busy, and few enough that a
// run of something slow ends.
const growingClients, growingPipeline = 4, 4

// growing is the section.
func (b *bench) growing(ctx context.Context) error {
	servers, stop, err := b.startAll(ctx)
	if err != nil {
		return err
	}
	defer stop()
	for _, s := range servers {
		if err := fillAll(ctx, s, growingData, 1, b.opts.keyspace, 0); err != nil {
			return err
		}
	}
	t := b.table()
	for _, x := range b.opts.growing {
		l := load{test: x, clients: growingClients, pipeline: growingPipeline, size: 1, keys: b.opts.keyspace, first: growingClients * growingPipeline}
		c, err := b.measure(ctx, l, servers)
		if err != nil {
			return fmt.Errorf("%s: %w", x.name, err)
		}
		b.report.Growing = append(b.report.Growing, c)
		t.row(c)
	}
	t.footer(b.report.Growing)
	for _, name := range b.opts.subjects() {
		if slow := dearer(b.report.Growing, name); len(slow) > 0 {
			fmt.Printf("%s takes more CPU than %s for: %s\n", name, b.opts.baseline, strings.Join(slow, ", "))
		}
	}
	return nil
}

// dearer names the cases in which a server takes more of the processor than the baseline, the worst first.
func dearer(all []*comparison, server string) []string {
	slow := slices.DeleteFunc(slices.Clone(all), func(c *comparison) bool { return c.Ratios[server].CPU.Median <= 1 })
	slices.SortFunc(slow, func(a, b *comparison) int {
		return cmp.Compare(b.Ratios[server].CPU.Median, a.Ratios[server].CPU.Median)
	})
	names := make([]string, len(slow))
	for i, c := range slow {
		names[i] = fmt.Sprintf("%s %.2f", c.Test, c.Ratios[server].CPU.Median)
	}
	return names
}
