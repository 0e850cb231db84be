package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// roundTrip is one command of the single-client section: what the i-th request is and what must come back.
type roundTrip struct {
	name  string
	build func(buf []byte, i int) []byte
	reply string
}

const roundTripSize = 64 // of values, in bytes

func roundTrips(keys int) []roundTrip {
	value := strings.Repeat("x", roundTripSize)
	sequenced := func(args ...string) func([]byte, int) []byte {
		template := appendCommand(nil, args...)
		// A stride coprime to any usual number of keys visits them all without the regularity of neighbours.
		return func(buf []byte, i int) []byte { return appendSequenced(buf, template, i*7919%keys) }
	}
	key := "key:" + sequenceMark
	return []roundTrip{
		{"ping", sequenced("PING"), "+PONG\r\n"},
		{"get", sequenced("GET", key), fmt.Sprintf("$%d\r\n%s\r\n", roundTripSize, value)},
		{"set", sequenced("SET", key, value), "+OK\r\n"},
	}
}

// latency1 is the section with one client that sends one command at a time: the bare round trip.
func (b *bench) latency1(ctx context.Context) error {
	servers, stop, err := b.startAll(ctx)
	if err != nil {
		return err
	}
	defer stop()
	filled := test{name: "latency1", fill: []fill{{"SET key:" + sequenceMark + " __data__", perKey}}}
	for _, s := range servers {
		if err := filled.prepare(ctx, s, roundTripSize, b.opts.keyspace, 0); err != nil {
			return err
		}
	}
	t := newLatencyTable(os.Stdout, b.opts)
	t.header()
	for _, r := range roundTrips(b.opts.keyspace) {
		c, err := b.measureRoundTrips(ctx, r, servers)
		if err != nil {
			return err
		}
		b.report.Latency1 = append(b.report.Latency1, c)
		t.rows(c)
	}
	return nil
}

// latencySlices cuts every round into shorter ones. Where the scheduler places a client and a server, on one core or on
// two that must wake each other, decides more than the servers do, and tends to last as long as the run: only many runs
// sample it.
const latencySlices = 5

func (b *bench) measureRoundTrips(ctx context.Context, r roundTrip, servers []*server) (*comparison, error) {
	slice := time.Duration(b.opts.seconds * float64(time.Second) / latencySlices)
	run := func(s *server) (sample, error) { return r.run(ctx, s, slice) }
	if _, err := alternate(1, servers, run); err != nil { // not counted
		return nil, err
	}
	rounds, err := alternate(b.opts.rounds*latencySlices, servers, run)
	if err != nil {
		return nil, err
	}
	c := &comparison{Test: r.name, Clients: 1, Pipeline: 1, Rounds: rounds}
	if r.name != "ping" {
		c.Size = roundTripSize
	}
	c.compare(b.opts.baseline)
	return c, nil
}

// run sends requests one after the other for a while.
func (r roundTrip) run(ctx context.Context, s *server, howLong time.Duration) (sample, error) {
	c, err := dialBlocking(ctx, s.port)
	if err != nil {
		return sample{}, s.explain(err)
	}
	defer c.close()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	took := make([]time.Duration, 0, int(howLong/(4*time.Microsecond)))
	reply := []byte(r.reply)
	var request []byte
	before, err := s.settle(ctx)
	if err != nil {
		return sample{}, s.explain(err)
	}
	start := time.Now()
	for i := 0; time.Since(start) < howLong; i++ {
		request = r.build(request[:0], i)
		d, err := c.exchange(request, reply)
		if err != nil {
			return sample{}, s.explain(fmt.Errorf("%s: %w", r.name, err))
		}
		took = append(took, d)
	}
	elapsed := time.Since(start)
	after, err := s.settle(ctx)
	if err != nil {
		return sample{}, s.explain(err)
	}
	n := float64(len(took))
	l := latenciesOf(took)
	return sample{RPS: n / elapsed.Seconds(), CPU: micros(after-before) / n,
		P50: l.P50, P99: l.P99, P999: l.P999, Max: l.Max}, nil
}
