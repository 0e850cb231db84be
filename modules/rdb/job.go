package rdb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/dump"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// place is the module's name for its jobs in core.Background.
const place = "rdb"

// kind says what a job is for.
type kind uint8

const (
	// background is BGSAVE, or a save point: what INFO and the log tell of.
	background kind = iota
	// awaited is SAVE: a client waits for it, so it is not given up for another.
	awaited
	// flushed tells the file that FLUSHALL has left nothing. Nobody sees it.
	flushed
)

// job is a save under way.
type job struct {
	kind     kind
	number   int64 // counts jobs: the later one has the last word
	ctx      context.Context
	stop     context.CancelFunc
	snapshot *keyspace.Snapshot
	position []dump.Pair // of the data in the history that replicas follow
	progress core.Progress
	keys     int64 // to be saved
	dirty    int64 // Server.Dirty as of the data that are saved; mu for a flushed one
	start    time.Time
	holds    bool // it has the place in the background; mu

	// before is done first: the file is written in the order of the jobs.
	before *job
	done   chan struct{} // closed when result and err are there
	result dump.Result
	err    error

	over bool     // it has been accounted for; mu
	ends []func() // of those who wait; mu
}

// saved tells of the last save in the background that has come to an end.
type saved struct {
	seconds int64 // it took, -1 if there was none
	micros  int64 // the same
	keys    int64
	bytes   int64 // of the file
	copied  int64 // bytes that writers had to copy meanwhile
}

// enter makes a job the current one; mu is held.
func (m *module) enter(k kind, dirty int64) *job {
	ctx, stop := context.WithCancel(context.Background())
	m.state.jobs++
	j := &job{
		kind: k, number: m.state.jobs, ctx: ctx, stop: stop, dirty: dirty, start: time.Now(),
		before: m.job, done: make(chan struct{}),
	}
	m.job = j
	return j
}

// begin freezes the data and begins to write them. Every event loop is stopped
// and all shards are locked.
func (m *module) begin(k kind) *job {
	s := m.server.Keyspace().Freeze()
	at := m.position()
	holds := m.server.Background().Begin(place)
	m.mu.Lock()
	j := m.enter(k, m.server.Dirty(true))
	j.snapshot, j.keys, j.holds, j.position = s, s.Keys(), holds, at
	m.state.saves++
	if k == background {
		m.state.tried = j.start.Unix()
	}
	m.mu.Unlock()
	if k == background {
		m.log.Info("Background saving started", "keys", j.keys)
	}
	m.jobs.Go(func() { m.run(j) })
	return j
}

// position returns the fields that tell where the data are in the history that replicas
// follow; none if there is no such history. All shards are locked.
func (m *module) position() []dump.Pair {
	if p, ok := m.server.Registry().Position(); ok {
		return dump.PositionAux(p)
	}
	return nil
}

// beginFlushed begins to write a file without keys; mu is held. One that is
// being written, or is about to be, will do.
func (m *module) beginFlushed(dirty int64) {
	if j := m.job; j != nil && j.kind == flushed {
		j.dirty = dirty
		return
	}
	j := m.enter(flushed, dirty)
	m.flushed = j
	m.jobs.Go(func() {
		empty := keyspace.New(keyspace.Options{Databases: 1})
		defer empty.Close()
		j.snapshot = empty.Capture()
		m.run(j)
	})
}

// run does a job.
func (m *module) run(j *job) {
	if j.before != nil {
		<-j.before.done
		j.before = nil
	}
	j.result, j.err = m.write(j.ctx, j.snapshot, m.workers(j.kind != background), j.kind == background, j.position, &j.progress)
	close(j.done)
	m.finish(j, m.server.Keyspace().Retained())
}

// write writes a snapshot to the file.
func (m *module) write(ctx context.Context, s *keyspace.Snapshot, workers int, background bool, at []dump.Pair, p *core.Progress) (dump.Result, error) {
	o := dump.SaveOptions{
		Checksum: m.checksum.Load(), Access: m.dumps.Access(), Plain: !m.dumps.Compress(), Workers: workers,
		RedisVersion: m.server.Version().Redis, Progress: p,
		Incremental: m.incremental.Load(), Background: background, Aux: at,
	}
	if usec := m.saveDelay.Load(); usec != 0 {
		o.Delay = func() time.Duration { return dump.Delay(usec) }
		o.Hurry = func() bool { return m.saveDelay.Load() == 0 } // there is no child that could be killed
	}
	return dump.WriteFile(ctx, m.path(), m.server.Registry(), s, o)
}

func (m *module) path() string { return m.server.Path(m.fileName.Load()) }

// finish accounts for a job that has ended, once; copied is what its snapshot has
// made writers copy. Jobs may come here in another order than they ended in.
func (m *module) finish(j *job, copied int64) {
	j.snapshot.End()
	j.stop()
	m.mu.Lock()
	if j.over {
		m.mu.Unlock()
		return
	}
	j.over = true
	if m.job == j {
		m.job = nil
	}
	if m.flushed == j {
		m.flushed = nil
	}
	m.account(j, copied)
	m.leave(j)
	// Who sees that it has failed finds it in the log, and no write is let through.
	m.report(j)
	m.rule()
	ends := j.ends
	m.mu.Unlock()
	for _, end := range ends {
		end()
	}
}

// leave gives back a job's place in the background; mu is held.
func (m *module) leave(j *job) {
	if j.holds {
		j.holds = false
		m.server.Background().End()
	}
}

// account takes the outcome of a job into the figures; mu is held.
func (m *module) account(j *job, copied int64) {
	now := time.Now()
	st := &m.state
	if j.kind == background {
		st.last = saved{
			seconds: now.Unix() - j.start.Unix(), micros: now.Sub(j.start).Microseconds(),
			keys: j.result.Keys, bytes: j.result.Bytes, copied: copied,
		}
	}
	failed := j.kind == background && !errors.Is(j.err, context.Canceled)
	switch latest := j.number > st.outcome; {
	case j.err == nil:
		st.base, st.saved = max(st.base, j.dirty), max(st.saved, now.Unix())
		if latest {
			st.failing, st.outcome = false, j.number
		}
	case failed && latest:
		st.failing, st.outcome = true, j.number
	}
}

// report writes the end of a job into the log.
func (m *module) report(j *job) {
	switch {
	case j.err == nil:
		m.reportSaved(j.result, j.start)
		if j.kind == background {
			m.log.Info("Background saving terminated with success")
		}
	case errors.Is(j.err, context.Canceled):
		m.log.Warn("Background saving terminated: it was called off")
	default:
		m.reportError(j.err)
		if j.kind == background {
			m.log.Warn("Background saving error")
		}
	}
}

func (m *module) reportSaved(res dump.Result, start time.Time) {
	m.log.Info("DB saved on disk", "keys", res.Keys, "bytes", res.Bytes, "seconds", fmt.Sprintf("%.3f", time.Since(start).Seconds()))
}

func (m *module) reportError(err error) {
	m.log.Warn("Write error while saving DB to the disk: " + err.Error())
}

// cancel calls the current save off, if there is one. It may be called with locks
// held.
func (m *module) cancel() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if j := m.current(); j != nil {
		j.stop()
	}
}

// settle waits for the end of all jobs. All shards are locked.
func (m *module) settle() {
	m.mu.Lock()
	j := m.job
	m.mu.Unlock()
	if j != nil {
		<-j.done
		m.finish(j, m.server.Keyspace().Retained())
	}
}

// saveNow saves while nothing else runs: every event loop is stopped and all
// shards are locked. A job under way is called off, since its data are older.
func (m *module) saveNow() error {
	m.cancel()
	m.settle()
	s := m.server.Keyspace().Freeze()
	defer s.End()
	start := time.Now()
	res, err := m.write(context.Background(), s, m.workers(true), false, m.position(), nil)
	if err != nil {
		m.reportError(err)
		return err
	}
	m.reportSaved(res, start)
	m.mu.Lock()
	st := &m.state
	st.jobs++
	st.base, st.saved, st.failing, st.outcome = m.server.Dirty(true), time.Now().Unix(), false, st.jobs
	m.mu.Unlock()
	m.guard()
	return nil
}

// count counts a save that is no job.
func (m *module) count() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state.saves++
}

// await has end called when a job has ended.
func (m *module) await(j *job, end func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if j.over {
		end()
		return
	}
	j.ends = append(j.ends, end)
}

// ended reports whether a job has been accounted for, and its error.
func (m *module) ended(j *job) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !j.over {
		return false, nil
	}
	return true, j.err
}
