package main

import (
	"context"
	"fmt"
	"os"
)

// appendOnlyCase is a load of SETs on servers that log every write.
type appendOnlyCase struct {
	policy   string // of appendfsync
	clients  int
	pipeline int
}

// appendOnlyCases with a policy follow each other, for they share a process. With always a lone client waits for the
// disk at every command, and many share a wait.
func appendOnlyCases(clients int) []appendOnlyCase {
	return []appendOnlyCase{
		{"everysec", clients, 1}, {"everysec", clients, 16},
		{"always", 1, 1}, {"always", clients, 1}, {"always", clients, 16},
		{"no", clients, 1}, {"no", clients, 16},
	}
}

// appendOnly is the part about the log of writes: throughput and processor time of SET under every policy.
func (b *bench) appendOnly(ctx context.Context) error {
	t := b.table()
	cases := appendOnlyCases(b.opts.clients)
	for len(cases) > 0 {
		n := 1
		for n < len(cases) && cases[n].policy == cases[0].policy {
			n++
		}
		if err := b.appendOnlyPolicy(ctx, t, cases[:n]); err != nil {
			return err
		}
		cases = cases[n:]
	}
	all := b.report.Persistence.AOF
	t.footer(all)
	for _, name := range b.opts.subjects() {
		for _, c := range all {
			if r, ok := c.Ratios[name]; ok && !appendGoal.met(r.Throughput.Median) {
				fmt.Printf("goal: throughput %s of the baseline: missed by %s, %s P %d: %.3f\n",
					appendGoal, name, c.Test, c.Pipeline, r.Throughput.Median)
			}
		}
	}
	return nil
}

// appendOnlyPolicy runs the cases of one policy on fresh servers, whose logs grow until their end.
func (b *bench) appendOnlyPolicy(ctx context.Context, t *ratioTable, cases []appendOnlyCase) error {
	servers, stop, err := b.startAll(ctx, "--appendonly", "yes", "--appendfsync", cases[0].policy, "--auto-aof-rewrite-percentage", "0")
	if err != nil {
		return err
	}
	defer func() {
		stop()
		for _, s := range servers {
			_ = os.RemoveAll(s.dir)
		}
	}()
	set := test{name: "set", sized: true, fill: []fill{{"SET key:__sequence__ __data__", perKey}}}
	for _, x := range cases {
		c, err := b.measure(ctx, load{test: set, clients: x.clients, pipeline: x.pipeline, size: memoryValueSize,
			keys: b.opts.keyspace, threads: b.opts.threads}, servers)
		if err != nil {
			return err
		}
		c.Test, c.Size = fmt.Sprintf("%s c%d", x.policy, x.clients), memoryValueSize
		b.report.Persistence.AOF = append(b.report.Persistence.AOF, c)
		t.row(c)
	}
	return nil
}
