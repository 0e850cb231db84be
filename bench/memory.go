package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"
)

const (
	memoryKeySize   = 16 // key:%012d
	memoryValueSize = 64
	overwriteMin    = 32 // sizes of values in the overwriting phase
	overwriteMax    = 96
)

// memoryResult is what many small keys cost one server.
type memoryResult struct {
	Keys        int            `json:"keys"`
	Empty       processMemory  `json:"empty"`
	Loaded      processMemory  `json:"loaded"`
	BytesPerKey float64        `json:"rss_bytes_per_key"`
	Load        phase          `json:"load"`
	Overwritten *processMemory `json:"overwritten,omitempty"`
	Overwrite   *phase         `json:"overwrite,omitempty"`
	// GC are the fields of INFO that begin with go_gc_, as they were at the end, where the server has them.
	GC map[string]string `json:"go_gc,omitempty"`
}

// phase is a pass of writes over the keys.
type phase struct {
	Commands int       `json:"commands"`
	RPS      float64   `json:"rps"`
	CPU      float64   `json:"cpu_us_per_command"`
	Batch    latencies `json:"batch,omitzero"` // of overwriteBatch writes, sent together
	Probe    latencies `json:"probe"`          // of another client's single commands meanwhile
}

const overwriteBatch = 100

// memory is the section about bytes per key and, if wanted, about what overwriting values with others of varying size
// does to memory and to latency: it is where allocators fragment and collectors work. The servers are measured one
// after the other, each in a fresh process.
func (b *bench) memory(ctx context.Context, overwrite bool) error {
	b.report.Memory = map[string]*memoryResult{}
	for _, spec := range b.opts.servers {
		r, err := b.memoryOn(ctx, spec, overwrite)
		if err != nil {
			return err
		}
		b.report.Memory[spec.Name] = r
	}
	return b.printMemory(overwrite)
}

func (b *bench) memoryOn(ctx context.Context, spec serverSpec, overwrite bool) (*memoryResult, error) {
	s, err := b.launcher.start(ctx, spec)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	r := &memoryResult{Keys: b.opts.keys}
	if r.Empty, err = readMemory(s.pid); err != nil {
		return nil, s.explain(err)
	}
	if r.Load, err = runPhase(ctx, s, loading(b.opts.keys)); err != nil {
		return nil, err
	}
	if r.Loaded, err = settledMemory(ctx, s); err != nil {
		return nil, err
	}
	r.BytesPerKey = float64(r.Loaded.RSS-r.Empty.RSS) / float64(r.Keys)
	if overwrite {
		over, err := runPhase(ctx, s, overwriting(b.opts.keys, b.opts.overwrites))
		if err != nil {
			return nil, err
		}
		after, err := settledMemory(ctx, s)
		if err != nil {
			return nil, err
		}
		r.Overwrite, r.Overwritten = &over, &after
	}
	info, err := s.info(ctx, "everything")
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(info, func(name, _ string) bool { return !strings.HasPrefix(name, "go_gc_") })
	r.GC = info
	return r, nil
}

// loading writes every key once, in order.
func loading(keys int) pipelineJob {
	command := appendCommand(nil, "SET", "key:"+sequenceMark, strings.Repeat("x", memoryValueSize))
	return pipelineJob{commands: keys, batch: 500, window: 4,
		build: func(buf []byte, i int) []byte { return appendSequenced(buf, command, i) }}
}

// overwriting writes random keys with values of random size: the same sequence for every server.
func overwriting(keys, n int) pipelineJob {
	rng := rand.New(rand.NewPCG(1, 2))
	var bySize [][]byte
	for size := overwriteMin; size <= overwriteMax; size++ {
		bySize = append(bySize, appendCommand(nil, "SET", "key:"+sequenceMark, strings.Repeat("y", size)))
	}
	return pipelineJob{commands: n, batch: overwriteBatch, window: 1, build: func(buf []byte, _ int) []byte {
		return appendSequenced(buf, bySize[rng.IntN(len(bySize))], rng.IntN(keys))
	}}
}

// runPhase runs a job with a probe beside it.
func runPhase(ctx context.Context, s *server, job pipelineJob) (phase, error) {
	before, err := s.settle(ctx)
	if err != nil {
		return phase{}, s.explain(err)
	}
	p := startProbe(ctx, s)
	start := time.Now()
	batches, err := job.run(ctx, s)
	elapsed := time.Since(start)
	felt, probeErr := p.finish()
	if err == nil {
		err = probeErr
	}
	if err != nil {
		return phase{}, err
	}
	after, err := s.settle(ctx)
	if err != nil {
		return phase{}, s.explain(err)
	}
	ph := phase{Commands: job.commands, RPS: float64(job.commands) / elapsed.Seconds(),
		CPU: micros(after-before) / float64(job.commands+felt.Count), Probe: felt}
	if job.window == 1 {
		ph.Batch = latenciesOf(batches)
	}
	return ph, nil
}

func (b *bench) printMemory(overwrite bool) error {
	sh := newSheet(b.opts)
	of := func(get func(*memoryResult) float64) func(string) float64 {
		return func(name string) float64 { return get(b.report.Memory[name]) }
	}
	sh.row("RSS empty, MB", "%.1f", of(func(r *memoryResult) float64 { return megabytes(r.Empty.RSS) }))
	sh.row("RSS loaded, MB", "%.1f", of(func(r *memoryResult) float64 { return megabytes(r.Loaded.RSS) }))
	sh.row("bytes/key", "%.1f", of(func(r *memoryResult) float64 { return r.BytesPerKey }))
	sh.row(fmt.Sprintf("  beyond its %d bytes", memoryKeySize+memoryValueSize), "%.1f",
		of(func(r *memoryResult) float64 { return r.BytesPerKey - memoryKeySize - memoryValueSize }))
	sh.phase("load", of, func(r *memoryResult) phase { return r.Load })
	if overwrite {
		sh.row("RSS overwritten, MB", "%.1f", of(func(r *memoryResult) float64 { return megabytes(r.Overwritten.RSS) }))
		sh.row("RSS peak, MB", "%.1f", of(func(r *memoryResult) float64 { return megabytes(r.Overwritten.Peak) }))
		sh.phase("overwrite", of, func(r *memoryResult) phase { return *r.Overwrite })
		batch := fmt.Sprintf("overwrite batch of %d, ", overwriteBatch)
		sh.row(batch+"p99 us", "%.0f", of(func(r *memoryResult) float64 { return r.Overwrite.Batch.P99 }))
		sh.row(batch+"worst us", "%.0f", of(func(r *memoryResult) float64 { return r.Overwrite.Batch.Max }))
	}
	if err := sh.print(os.Stdout); err != nil {
		return err
	}
	for _, spec := range b.opts.servers {
		gc := b.report.Memory[spec.Name].GC
		for _, name := range slices.Sorted(maps.Keys(gc)) {
			fmt.Printf("%s %s: %s\n", spec.Name, name, gc[name])
		}
	}
	return nil
}

// phase adds the rows of one phase.
func (sh *sheet) phase(name string, of func(func(*memoryResult) float64) func(string) float64, get func(*memoryResult) phase) {
	sh.row(name+" rps", "%.0f", of(func(r *memoryResult) float64 { return get(r).RPS }))
	sh.row(name+" server CPU us/command", "%.3f", of(func(r *memoryResult) float64 { return get(r).CPU }))
	sh.row(name+" probe p50 us", "%.0f", of(func(r *memoryResult) float64 { return get(r).Probe.P50 }))
	sh.row(name+" probe p99 us", "%.0f", of(func(r *memoryResult) float64 { return get(r).Probe.P99 }))
	sh.row(name+" probe p99.9 us", "%.0f", of(func(r *memoryResult) float64 { return get(r).Probe.P999 }))
	sh.row(name+" probe worst us", "%.0f", of(func(r *memoryResult) float64 { return get(r).Probe.Max }))
}

func megabytes(n int64) float64 { return float64(n) / 1e6 }
