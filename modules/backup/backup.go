// Package backup writes backups: dumps of all data, compressed and encrypted, into a
// directory or an object store (S3), when asked to and by a schedule, and keeps as many of
// them as it is told to. "ferrous restore" brings one back.
//
// A backup is made like a BGSAVE, from a snapshot that nobody waits for, and takes the same
// place: there is one job in the background at a time. It streams from the snapshot
// through the compressor and the cipher to where it goes, so it needs no room on a disk. It has its
// name only when it is whole (store.go); what broke off half-way never had one.
//
//	format.go   the form of a backup: chunks, each sealed, and a seal over all
//	store.go    where backups are: a directory (dir.go) or a bucket (s3.go)
//	when.go     schedules
//	job.go      one backup, from the snapshot to what is kept
//	tools.go    "ferrous backup" and "ferrous restore"
package backup

import (
	"context"
	"sync"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/dump"
)

// place is the module's name for its jobs in core.Background.
const place = "backup"

// New makes the module.
func New() core.Module { return &module{} }

type module struct {
	params
	dumps  dump.Params
	server core.Server
	log    core.Logger
	player core.Player // runs BACKUP NOW for the schedule; the ticker's
	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu      sync.Mutex
	job     *job      // the backup under way, nil if there is none
	last    outcome   // of the last one that has ended
	next    time.Time // when the schedule asks for the next one, zero if never
	latest  time.Time // when the latest one that is kept was begun, zero if none is known
	retried bool      // the schedule's time has come, and something else was under way
	failed  int64     // backups that have, since the start
	made    int64
}

// outcome is how a backup has ended.
type outcome struct {
	name    string
	err     error
	began   time.Time
	took    time.Duration
	keys    int64
	bytes   int64 // of the backup
	plain   int64 // of the dump
	removed int   // backups that were too old or too many
}

// Name implements core.Module.
func (*module) Name() string { return "backup" }

// Register implements core.Module.
func (m *module) Register(r *core.Registry) error {
	m.declare(r.Config)
	m.dumps.Use(r.Config)
	r.Commands(m.row())
	r.Info(core.InfoSection{Name: "backup", Fill: m.info})
	r.OnTick(m.tick)
	r.SavesToo(m.saves)
	r.Tool(backupTool())
	r.Tool(restoreTool())
	r.Config.Apply(func() error { m.plan(time.Now()); return nil }, m.schedule, m.to)
	return nil
}

// Start implements core.Starter.
func (m *module) Start(s core.Server) error {
	m.server, m.log, m.player = s, s.Log().Named("backup"), s.Player(nil)
	m.ctx, m.cancel = context.WithCancel(context.Background())
	store, err := m.open(s.Path)
	if err != nil {
		return err
	}
	m.plan(time.Now())
	if store != nil {
		m.work.Go(func() { m.lookBack(store) })
	}
	return nil
}

// lookBack finds out when the latest backup was made: a server that is restarted often makes
// its backups nevertheless.
func (m *module) lookBack(s store) {
	ctx, cancel := context.WithTimeout(m.ctx, listTime)
	defer cancel()
	all, err := s.list(ctx)
	if own := ofServer(all, m.name.Load()); err == nil && len(own) > 0 {
		m.mu.Lock()
		if m.latest.Before(own[0].made) {
			m.latest = own[0].made
		}
		m.mu.Unlock()
		m.plan(time.Now())
	} else if err != nil && m.ctx.Err() == nil {
		m.log.Warn("cannot look for backups", "error", err)
	}
}

// Stop implements core.Stopper: a backup under way is given up.
func (m *module) Stop() {
	m.cancel()
	m.work.Wait()
	m.player.Close()
}

// soon is when a backup is made that was due already when the server was started.
const soon = time.Minute

// retryAfter is when one is tried again that has failed, if the schedule does not ask for
// it sooner.
const retryAfter = 10 * time.Minute

// plan computes when the next backup is due.
func (m *module) plan(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.next, m.retried = time.Time{}, false
	s := m.schedule.Load()
	if s == nil || m.to.Load() == "" {
		return
	}
	if s.every == 0 || m.latest.IsZero() {
		m.next = s.after(now)
		return
	}
	if m.next = s.after(m.latest); m.next.Before(now) {
		m.next = now.Add(soon)
	}
}

// planAgain has a backup that has failed tried again; mu is held.
func (m *module) planAgain(now time.Time) {
	if again := now.Add(retryAfter); !m.next.IsZero() && again.Before(m.next) {
		m.next = again
	}
}

// tick begins the backups that are due.
func (m *module) tick(ms int64) {
	m.mu.Lock()
	due := !m.next.IsZero() && m.job == nil && ms >= m.next.UnixMilli()
	waits := m.retried
	m.mu.Unlock()
	if !due {
		return
	}
	if running := m.server.Background().Running(); running != "" {
		if !waits {
			m.log.Info("a backup is due and waits for another job in the background", "job", running)
			m.mu.Lock()
			m.retried = true
			m.mu.Unlock()
		}
		return
	}
	now := time.UnixMilli(ms)
	m.mu.Lock()
	m.next = now.Add(retryAfter) // until the end of this one says when
	m.mu.Unlock()
	if err := m.player.Play([][]byte{[]byte("BACKUP"), []byte("NOW")}); err != nil {
		m.log.Warn("cannot begin a backup", "error", err)
	}
}

// saves tells INFO of the backup under way as of a BGSAVE.
func (m *module) saves() (began time.Time, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.job == nil {
		return began, false
	}
	return m.job.began, true
}

// info is the section "backup" of INFO.
func (m *module) info(w *core.InfoWriter) {
	m.mu.Lock()
	defer m.mu.Unlock()
	w.Bool("backup_enabled", m.to.Load() != "")
	w.Bool("backup_in_progress", m.job != nil)
	if j := m.job; j != nil {
		w.String("backup_current_name", j.name)
		w.Printf("backup_current_perc", "%.2f", j.percent())
		w.Int("backup_current_bytes", j.sent.Load())
	}
	status := "ok"
	if m.last.err != nil {
		status = "err"
	}
	w.String("backup_last_status", status)
	if m.made+m.failed > 0 {
		w.String("backup_last_name", m.last.name)
		w.Int("backup_last_time", m.last.began.Unix())
		w.Printf("backup_last_seconds", "%.3f", m.last.took.Seconds())
		w.Int("backup_last_keys", m.last.keys)
		w.Int("backup_last_bytes", m.last.bytes)
		w.Int("backup_last_dump_bytes", m.last.plain)
	}
	w.Int("backups_made", m.made)
	w.Int("backups_failed", m.failed)
	if !m.next.IsZero() {
		w.Int("backup_next_time", m.next.Unix())
	}
}
