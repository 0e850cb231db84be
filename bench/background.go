package main

import (
	"cmp"
	"context"
	"math"
	"os"
	"slices"
	"time"
)

// backgroundRun is one job on one server under load.
type backgroundRun struct {
	Before   service `json:"before"`
	During   service `json:"during"`
	Seconds  float64 `json:"seconds"`         // from the command until the new file was in its place
	Resident int64   `json:"resident_before"` // bytes
	Extra    int64   `json:"extra_resident"`  // the most that was added to it meanwhile, in children too
	// What INFO tells afterwards, if it does: the duration of the last fork, and bytes copied for the job.
	Fork   *float64 `json:"latest_fork_us,omitempty"`
	Copied *float64 `json:"copied_bytes,omitempty"`
}

// service is what clients met during some time.
type service struct {
	RPS     float64   `json:"rps"`
	CPU     float64   `json:"cpu_us_per_command"` // of the server and the processes it forked, whatever they did
	Probe   latencies `json:"probe"`
	Writers latencies `json:"writers"`
}

// background compares the servers during one job. All keep their data from round to round.
func (b *bench) background(ctx context.Context, job backgroundJob) error {
	servers, stop, err := b.startAll(ctx, job.args...)
	if err != nil {
		return err
	}
	defer stop()
	for _, s := range servers {
		if err := datasets[0].load(ctx, s, b.opts.keys); err != nil {
			return err
		}
	}
	rounds, err := alternate(b.opts.rounds, servers, func(s *server) (*backgroundRun, error) { return b.backgroundRound(ctx, s, job) })
	if err != nil {
		return err
	}
	b.report.Persistence.Background[job.command] = rounds
	return b.printBackground(job, rounds)
}

// backgroundRound has clients write for a while, and then goes on while the job runs.
func (b *bench) backgroundRound(ctx context.Context, s *server, job backgroundJob) (*backgroundRun, error) {
	if _, err := s.settle(ctx); err != nil {
		return nil, s.explain(err)
	}
	control, err := dial(ctx, s.port, nil)
	if err != nil {
		return nil, s.explain(err)
	}
	defer control.Close()
	w, err := startWriters(ctx, s, b.opts.writers, b.opts.keys)
	if err != nil {
		return nil, err
	}
	p := startProbe(ctx, s)
	r, before, during, err := b.backgroundUnderLoad(ctx, s, control, job)
	writersErr := w.finish()
	_, probeErr := p.finish()
	if err := cmp.Or(err, writersErr, probeErr); err != nil {
		return nil, err
	}
	r.Before, r.During = before.service(w, p), during.service(w, p)
	return r, nil
}

// span is a stretch of time, with the processor time that the server used in it.
type span struct {
	from, to time.Time
	busy     time.Duration // the part of it, from its start, of which throughput is taken
	cpu      time.Duration
}

// measured runs fn and tells how long it took whom.
func measured(s *server, fn func() error) (span, error) {
	cpu, err := totalCPU(s)
	if err != nil {
		return span{}, err
	}
	from := time.Now()
	if err := fn(); err != nil {
		return span{}, err
	}
	to := time.Now()
	after, err := totalCPU(s)
	return span{from, to, to.Sub(from), after - cpu}, err
}

// service gathers what clients met in a span.
func (sp span) service(w *writers, p *probe) service {
	byWriters, written := w.felt.during(sp.from, sp.to)
	byProbe, probed := p.felt.during(sp.from, sp.to)
	_, writtenBusy := w.felt.during(sp.from, sp.from.Add(sp.busy))
	_, probedBusy := p.felt.during(sp.from, sp.from.Add(sp.busy))
	return service{RPS: float64(writtenBusy+probedBusy) / sp.busy.Seconds(), CPU: micros(sp.cpu) / float64(max(written+probed, 1)),
		Probe: latenciesOf(byProbe), Writers: latenciesOf(byWriters)}
}

// backgroundUnderLoad is the part of a round in which clients are at work: a time of nothing else, and the job.
func (b *bench) backgroundUnderLoad(ctx context.Context, s *server, control *conn, job backgroundJob) (r *backgroundRun, before, during span, err error) {
	// All clients are at work, and whatever the first writes bring about is done.
	if err = pause(ctx, b.opts.runLength(0.5)); err != nil {
		return
	}
	if before, err = measured(s, func() error { return pause(ctx, b.opts.runLength(4)) }); err != nil {
		return
	}
	m, err := watchMemory(s.pid)
	if err != nil {
		err = s.explain(err)
		return
	}
	r = &backgroundRun{Resident: m.before}
	during, err = measured(s, func() error { return job.run(ctx, s, control, r) })
	during.busy = time.Duration(r.Seconds * float64(time.Second))
	extra, watchErr := m.finish()
	r.Extra = extra
	if err == nil {
		err = s.explain(watchErr)
	}
	if err == nil {
		err = s.explain(job.verify(ctx, control, r))
	}
	return
}

func (b *bench) printBackground(job backgroundJob, rounds map[string][]*backgroundRun) error {
	sh := newSheet(b.opts)
	row := func(label, format string, g *goal, get func(*backgroundRun) float64) {
		sh.rounds(label, format, func(name string) []float64 {
			return slices.DeleteFunc(each(rounds[name], get), math.IsNaN)
		}, g)
	}
	known := func(x *float64) float64 {
		if x == nil {
			return math.NaN()
		}
		return *x
	}
	for _, time := range []struct {
		label string
		of    func(*backgroundRun) service
		goal  *goal
	}{
		{"before ", func(r *backgroundRun) service { return r.Before }, nil},
		{"during ", func(r *backgroundRun) service { return r.During }, job.goal},
	} {
		row(time.label+job.command+", rps", "%.0f", nil, func(r *backgroundRun) float64 { return time.of(r).RPS })
		row("  server CPU us/command, children too", "%.2f", nil, func(r *backgroundRun) float64 { return time.of(r).CPU })
		row("  probe p99.9 us", "%.0f", nil, func(r *backgroundRun) float64 { return time.of(r).Probe.P999 })
		row("  probe worst us", "%.0f", time.goal, func(r *backgroundRun) float64 { return time.of(r).Probe.Max })
		row("  writers p99.9 us", "%.0f", nil, func(r *backgroundRun) float64 { return time.of(r).Writers.P999 })
		row("  writers worst us", "%.0f", nil, func(r *backgroundRun) float64 { return time.of(r).Writers.Max })
	}
	row("throughput during / before", "%.2f", nil, func(r *backgroundRun) float64 { return r.During.RPS / r.Before.RPS })
	row(job.command+" took, s", "%.3f", job.took, func(r *backgroundRun) float64 { return r.Seconds })
	row("resident before, MB", "%.1f", nil, func(r *backgroundRun) float64 { return megabytes(r.Resident) })
	row("extra resident, MB", "%.1f", nil, func(r *backgroundRun) float64 { return megabytes(r.Extra) })
	if job.copied != "" {
		row("INFO "+job.copied+", MB", "%.1f", nil, func(r *backgroundRun) float64 { return known(r.Copied) / 1e6 })
	}
	row("INFO latest_fork_usec", "%.0f", nil, func(r *backgroundRun) float64 { return known(r.Fork) })
	return sh.print(os.Stdout)
}
