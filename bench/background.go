package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// backgroundJob is a command that has the server write all of its data to a file while it goes on serving.
type backgroundJob struct {
	command string
	args    []string // with which servers are started
	// Fields of INFO: those that are not 0 while the job is wanted or runs, the one that tells how it ended, and the
	// bytes that the server itself says it copied.
	running []string
	status  string
	copied  string
	file    string // that is replaced when the job is done, in the server's directory; empty if its name changes
	goal    *goal  // of the worst latency
}

var (
	bgsave = backgroundJob{command: "BGSAVE", running: []string{"rdb_bgsave_in_progress"}, status: "rdb_last_bgsave_status",
		copied: "rdb_last_cow_size", file: "dump.rdb", goal: &stallGoal}
	bgrewriteaof = backgroundJob{command: "BGREWRITEAOF",
		// No rewrite begins but the one ordered.
		args:    []string{"--appendonly", "yes", "--appendfsync", "everysec", "--auto-aof-rewrite-percentage", "0"},
		running: []string{"aof_rewrite_in_progress", "aof_rewrite_scheduled"}, status: "aof_last_bgrewrite_status",
		copied: "aof_last_cow_size"}
)

// backgroundRun is one job on one server under load.
type backgroundRun struct {
	Before service `json:"before"`
	During service `json:"during"`
	// Seconds from the command until the file was in its place, and until INFO told that the job had ended.
	Seconds  float64 `json:"seconds"`
	Noticed  float64 `json:"seconds_by_info"`
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
	return span{from, to, after - cpu}, err
}

// service gathers what clients met in a span.
func (sp span) service(w *writers, p *probe) service {
	byWriters, written := w.felt.during(sp.from, sp.to)
	byProbe, probed := p.felt.during(sp.from, sp.to)
	return service{RPS: float64(written+probed) / sp.to.Sub(sp.from).Seconds(), CPU: micros(sp.cpu) / float64(max(written+probed, 1)),
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
	extra, watchErr := m.finish()
	r.Extra = extra
	if err == nil {
		err = s.explain(watchErr)
	}
	return
}

// run orders the job and waits for its end.
func (job backgroundJob) run(ctx context.Context, s *server, control *conn, r *backgroundRun) error {
	path := filepath.Join(s.dir, job.file)
	old, _ := os.Stat(path)
	start := time.Now()
	if _, err := control.do(job.command); err != nil {
		return s.explain(err)
	}
	for {
		// A hundredth of what has passed is exact enough, and asking more often would be a load of its own.
		elapsed := time.Since(start)
		if err := pause(ctx, min(max(elapsed/100, time.Millisecond), 10*time.Millisecond)); err != nil {
			return err
		}
		if r.Seconds == 0 && job.file != "" {
			// The file tells more exactly than INFO: Redis looks after its children ten times a second.
			if now, err := os.Stat(path); err == nil && (old == nil || !os.SameFile(old, now)) {
				r.Seconds = time.Since(start).Seconds()
			}
		}
		text, err := control.do("INFO", "persistence")
		if err != nil {
			return s.explain(err)
		}
		info := parseInfo(text)
		if info[job.running[0]] == "" {
			return s.explain(fmt.Errorf("INFO has no %s", job.running[0]))
		}
		if slices.ContainsFunc(job.running, func(field string) bool { return info[field] != "" && info[field] != "0" }) {
			continue
		}
		r.Noticed = time.Since(start).Seconds()
		if r.Seconds == 0 {
			r.Seconds = r.Noticed
		}
		if info[job.status] != "ok" {
			return s.explain(fmt.Errorf("%s failed: %s is %q: %s", job.command, job.status, info[job.status], s.logTail()))
		}
		r.Copied = number(info[job.copied])
		stats, err := s.info(ctx, "stats")
		r.Fork = number(stats["latest_fork_usec"])
		return err
	}
}

// number reads a figure of INFO; nil means that there is none.
func number(text string) *float64 {
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return &n
	}
	return nil
}

// memoryWatch looks for the most memory that a server and the processes it forks take together.
type memoryWatch struct {
	before int64
	enough chan struct{}
	done   chan struct{} // closed when the goroutine has ended, after which most and err hold
	most   int64
	err    error
}

// watchMemory begins to watch; finish must be called, once.
func watchMemory(pid int) (*memoryWatch, error) {
	if err := forgetPeak(pid); err != nil {
		return nil, err
	}
	before, _, err := footprint(pid)
	if err != nil {
		return nil, err
	}
	m := &memoryWatch{before: before, enough: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(m.done)
		for {
			start := time.Now()
			now, peak, err := footprint(pid)
			if err != nil {
				m.err = err
				return
			}
			m.most = max(m.most, now, peak)
			// Looking through a large child takes milliseconds; it may have a twentieth of a processor.
			select {
			case <-m.enough:
				return
			case <-time.After(max(20*time.Millisecond, 20*time.Since(start))):
			}
		}
	}()
	return m, nil
}

// finish ends the watching and returns by how much memory had grown at most.
func (m *memoryWatch) finish() (int64, error) {
	close(m.enough)
	<-m.done
	return max(m.most-m.before, 0), m.err
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
	row(job.command+" took, s", "%.3f", nil, func(r *backgroundRun) float64 { return r.Seconds })
	row("resident before, MB", "%.1f", nil, func(r *backgroundRun) float64 { return megabytes(r.Resident) })
	row("extra resident, MB", "%.1f", nil, func(r *backgroundRun) float64 { return megabytes(r.Extra) })
	row("INFO "+job.copied+", MB", "%.1f", nil, func(r *backgroundRun) float64 { return known(r.Copied) / 1e6 })
	row("INFO latest_fork_usec", "%.0f", nil, func(r *backgroundRun) float64 { return known(r.Fork) })
	return sh.print(os.Stdout)
}
