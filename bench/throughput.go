package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"strconv"
)

// throughput is the section that runs redis-benchmark over the chosen tests, value sizes and pipeline depths.
func (b *bench) throughput(ctx context.Context) error {
	servers, stop, err := b.startAll(ctx)
	if err != nil {
		return err
	}
	defer stop()
	t := b.table()
	for _, test := range b.opts.tests {
		sizes := b.opts.sizes
		if !test.sized {
			sizes = []int{0}
		}
		for _, size := range sizes {
			for _, pipeline := range b.opts.pipelines {
				l := load{test: test, clients: b.opts.clients, pipeline: pipeline, size: max(size, 1),
					keys: b.opts.keyspace, threads: b.opts.threads}
				c, err := b.measure(ctx, l, servers)
				if err != nil {
					return err
				}
				c.Size = size
				b.report.Throughput = append(b.report.Throughput, c)
				t.row(c)
			}
		}
	}
	t.footer(b.report.Throughput)
	return nil
}

// measure compares the servers under one load, whose number of requests it chooses.
func (b *bench) measure(ctx context.Context, l load, servers []*server) (*comparison, error) {
	requests, err := b.warmUp(ctx, l, servers)
	if err != nil {
		return nil, err
	}
	l.requests = requests
	rounds, err := alternate(b.opts.rounds, servers, func(s *server) (sample, error) { return b.oneRun(ctx, l, s) })
	if err != nil {
		return nil, err
	}
	c := &comparison{Test: l.test.name, Clients: l.clients, Pipeline: l.pipeline, Requests: l.requests, Rounds: rounds}
	c.compare(b.opts.baseline)
	return c, nil
}

// warmUpBytes is how many bytes of values the first uncounted run moves at most.
const warmUpBytes = 256 << 20

// warmUp runs the load on every server, uncounted, for a quarter of a second at least, and returns how many requests
// fill the wanted time on the slowest of them. Everybody then gets that number: the same work, not the same time.
func (b *bench) warmUp(ctx context.Context, l load, servers []*server) (int, error) {
	var slowest float64
	for _, s := range servers {
		// A lone client whose every command waits for a disk would need a minute for ten thousand.
		// And ten thousand values of a megabyte are more than a first look is worth.
		l.requests = roundUp(cmp.Or(l.first, min(10_000, 200*l.clients, max(warmUpBytes/l.size, 1))), l.clients*l.pipeline)
		for {
			if err := l.test.prepare(ctx, s, l.size, l.keys, l.requests); err != nil {
				return 0, err
			}
			o, err := b.putLoad(ctx, l, s)
			if err != nil {
				return 0, err
			}
			if float64(l.requests)/o.rps >= min(0.25, b.opts.seconds/2) || 4*l.requests > l.most() {
				if slowest == 0 || o.rps < slowest {
					slowest = o.rps
				}
				break
			}
			l.requests *= 4
		}
	}
	unit := l.clients * l.pipeline
	return min(roundUp(int(slowest*b.opts.seconds), unit), max(l.most()/unit, 1)*unit), nil
}

// most is how many requests a run of the load may have.
func (l load) most() int {
	if l.test.most == nil {
		return math.MaxInt
	}
	return l.test.most(l.keys)
}

// putLoad runs the load generator that the test wants.
func (b *bench) putLoad(ctx context.Context, l load, s *server) (outcome, error) {
	if l.test.isGroup() || l.test.keep {
		return l.runGroups(ctx, s)
	}
	return l.run(ctx, b.opts.redisBenchmark, s)
}

// oneRun is one counted run, from a fresh data set.
func (b *bench) oneRun(ctx context.Context, l load, s *server) (sample, error) {
	if err := l.test.prepare(ctx, s, l.size, l.keys, l.requests); err != nil {
		return sample{}, err
	}
	count := commandCounter(ctx, s)
	before, err := processCPU(s.pid)
	if err != nil {
		return sample{}, s.explain(err)
	}
	o, err := b.putLoad(ctx, l, s)
	if err != nil {
		return sample{}, err
	}
	after, err := s.settle(ctx)
	if err != nil {
		return sample{}, s.explain(err)
	}
	if err := count(l.requests * l.test.commandsPerRequest()); err != nil {
		return sample{}, s.explain(err)
	}
	return sample{RPS: o.rps, CPU: micros(after-before) / float64(l.requests),
		P50: o.p50, P95: o.p95, P99: o.p99, Max: o.max, Busy: o.busy}, nil
}

// commandCounter notes how many commands a server has executed. The function it returns checks that since then it has
// executed at least those that were ordered; Redis counts what scripts call as well. A server that does not tell passes.
func commandCounter(ctx context.Context, s *server) func(ordered int) error {
	read := func() (int, bool) {
		info, err := s.info(ctx, "stats")
		n, bad := strconv.Atoi(info["total_commands_processed"])
		return n, err == nil && bad == nil
	}
	before, known := read()
	return func(ordered int) error {
		after, still := read()
		if executed := after - before; known && still && executed < ordered {
			return fmt.Errorf("%d commands ordered, but it counts %d", ordered, executed)
		}
		return nil
	}
}

func roundUp(n, unit int) int { return max((n+unit-1)/unit, 1) * unit }
