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

// job is a save under way.
type job struct {
	ctx      context.Context
	stop     context.CancelFunc
	snapshot *keyspace.Snapshot
	progress core.Progress
	keys     int64 // to be saved
	dirty    int64 // Server.Dirty when the snapshot was taken
	start    time.Time
	awaited  bool // a client waits for it (SAVE): it is not given up for another
	flushed  bool // it tells the file that FLUSHALL has emptied the data
	holds    bool // it has the place in the background

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

// begin freezes the data and begins to write them. Every event loop is stopped
// and all shards are locked; nothing is being saved. awaited says that a client
// waits for it.
func (m *module) begin(awaited bool) *job {
	ks := m.server.Keyspace()
	s := ks.Freeze()
	ctx, stop := context.WithCancel(context.Background())
	now := time.Now()
	j := &job{
		ctx: ctx, stop: stop, snapshot: s, keys: s.Keys(), dirty: m.server.Dirty(), start: now,
		awaited: awaited, holds: m.server.Background().Begin(place), done: make(chan struct{}),
	}
	m.mu.Lock()
	j.flushed, m.state.flushed = m.state.flushed, false
	m.job = j
	m.state.saves++
	if !awaited {
		m.state.tried = now.Unix()
	}
	m.mu.Unlock()
	if !awaited {
		m.log.Info("Background saving started", "keys", j.keys)
	}
	m.jobs.Go(func() {
		j.result, j.err = m.write(ctx, s, m.workers(awaited), &j.progress)
		close(j.done)
		m.finish(j, ks.Retained(false))
	})
	return j
}

// write writes a snapshot to the file.
func (m *module) write(ctx context.Context, s *keyspace.Snapshot, workers int, p *core.Progress) (dump.Result, error) {
	o := dump.SaveOptions{
		Checksum: m.checksum.Load(), Access: m.access(), Workers: workers,
		RedisVersion: m.server.Version().Redis, Progress: p,
		Incremental: m.incremental.Load(),
	}
	if usec := m.saveDelay.Load(); usec != 0 {
		o.Delay = func() time.Duration { return delay(usec) }
	}
	return dump.WriteFile(ctx, m.path(), m.server.Registry(), s, o)
}

func (m *module) path() string { return m.server.Path(m.fileName.Load()) }

// finish accounts for a job that has ended, once; copied is what its snapshot has
// made writers copy.
func (m *module) finish(j *job, copied int64) {
	j.snapshot.End()
	m.mu.Lock()
	if j.over {
		m.mu.Unlock()
		return
	}
	j.over, m.job = true, nil
	now := time.Now()
	st := &m.state
	if !j.awaited {
		st.last = saved{
			seconds: now.Unix() - j.start.Unix(), micros: now.Sub(j.start).Microseconds(),
			keys: j.result.Keys, bytes: j.result.Bytes, copied: copied,
		}
	}
	switch {
	case j.err == nil:
		st.base, st.saved, st.failing = j.dirty, now.Unix(), false
	case !j.awaited && !errors.Is(j.err, context.Canceled):
		st.failing = true
	}
	if j.holds {
		m.server.Background().End()
	}
	ends := j.ends
	m.mu.Unlock()
	m.report(j)
	m.guard()
	for _, end := range ends {
		end()
	}
}

// report writes the end of a job into the log.
func (m *module) report(j *job) {
	switch {
	case j.err == nil:
		m.log.Info("DB saved on disk", "keys", j.result.Keys, "bytes", j.result.Bytes,
			"seconds", fmt.Sprintf("%.3f", time.Since(j.start).Seconds()))
		if !j.awaited {
			m.log.Info("Background saving terminated with success")
		}
	case errors.Is(j.err, context.Canceled):
		m.log.Warn("Background saving terminated: it was called off")
	default:
		m.log.Warn("Write error while saving DB to the disk: " + j.err.Error())
		if !j.awaited {
			m.log.Warn("Background saving error")
		}
	}
}

// cancel calls the job off, if there is one. It may be called with locks held.
func (m *module) cancel() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.job != nil {
		m.job.stop()
	}
}

// settle waits for the end of the job, if there is one. All shards are locked.
func (m *module) settle() {
	m.mu.Lock()
	j := m.job
	m.mu.Unlock()
	if j != nil {
		<-j.done
		m.finish(j, m.server.Keyspace().Retained(true))
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
	res, err := m.write(context.Background(), s, m.workers(true), nil)
	if err != nil {
		m.log.Warn("Write error while saving DB to the disk: " + err.Error())
		return err
	}
	m.log.Info("DB saved on disk", "keys", res.Keys, "bytes", res.Bytes, "seconds", fmt.Sprintf("%.3f", time.Since(start).Seconds()))
	m.mu.Lock()
	st := &m.state
	st.base, st.saved, st.failing, st.flushed = m.server.Dirty(), time.Now().Unix(), false, false
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
