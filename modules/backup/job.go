package backup

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/dump"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// job is a backup under way.
type job struct {
	name     string
	store    store
	key      []byte
	began    time.Time
	snapshot *keyspace.Snapshot
	position []dump.Pair
	keys     int64 // in the snapshot
	size     int64 // of the data in memory, bytes
	progress core.Progress
	sent     atomic.Int64 // bytes of the backup that are on their way
	stop     context.CancelFunc
	ctx      context.Context
	ends     []func() // of those who wait; the module's mu
}

func (j *job) percent() float64 { return 100 * float64(j.progress.Keys()) / float64(max(j.keys, 1)) }

var (
	errNowhere = core.Err("backup-to is not set: there is nowhere to put a backup")
	errBusy    = core.Err("a backup is in progress already")
)

// begin freezes the data and begins to back them up. Every event loop is stopped and all
// shards are locked.
func (m *module) begin() (*job, error) {
	store, err := m.open(m.server.Path)
	if err != nil {
		return nil, core.Err(err.Error())
	}
	if store == nil {
		return nil, errNowhere
	}
	key, err := m.key(m.server.Path)
	if err != nil {
		return nil, core.Err(err.Error())
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.job != nil {
		return nil, errBusy
	}
	background := m.server.Background()
	if !background.Begin(place) {
		return nil, core.Err("another job is under way in the background (" + background.Running() + "): try again when it has ended")
	}
	now := time.Now()
	j := &job{name: nameOf(m.name.Load(), now), store: store, key: key, began: now, snapshot: m.server.Keyspace().Freeze()}
	j.keys, j.size = j.snapshot.Keys(), m.server.Keyspace().UsedMemory()
	if p, ok := m.server.Registry().Position(); ok {
		j.position = dump.PositionAux(p)
	}
	j.ctx, j.stop = context.WithCancel(m.ctx)
	m.job = j
	m.log.Info("Backup started", "name", j.name, "keys", j.keys)
	m.work.Go(func() { m.run(j) })
	return j, nil
}

// run makes the backup and removes what is not to be kept any more.
func (m *module) run(j *job) {
	defer j.stop()
	o := outcome{name: j.name, began: j.began}
	o.err = j.store.put(j.ctx, j.name, j.size, func(w io.Writer) error {
		res, sent, err := m.write(j, w)
		o.keys, o.plain, o.bytes = res.Keys, res.Bytes, sent
		return err
	})
	j.snapshot.End()
	m.server.Background().End()
	if o.err == nil {
		o.removed = m.prune(j)
	}
	o.took = time.Since(j.began)
	if o.err == nil {
		m.log.Info("Backup made", "name", o.name, "keys", o.keys, "bytes", o.bytes, "of", o.plain, "seconds", o.took.Seconds(), "removed", o.removed)
	} else {
		m.log.Warn("Backup failed", "name", o.name, "error", o.err)
	}
	m.mu.Lock()
	m.job, m.last = nil, o
	if o.err == nil {
		m.made++
		m.latest = j.began
	} else {
		m.failed++
	}
	ends := j.ends
	m.mu.Unlock()
	m.plan(time.Now())
	if o.err != nil {
		m.mu.Lock()
		m.planAgain(time.Now())
		m.mu.Unlock()
	}
	for _, end := range ends {
		end()
	}
}

// write writes the backup.
func (m *module) write(j *job, to io.Writer) (res dump.Result, sent int64, err error) {
	compression := m.compression.Load()
	h := head{Created: j.began.UTC(), Server: m.server.Version().Ferrous, Keys: j.keys}
	w, err := newWriter(counted{to, &j.sent}, h, compression, j.key)
	if err != nil {
		return res, 0, err
	}
	res, err = dump.Save(j.ctx, w, m.server.Registry(), j.snapshot, dump.SaveOptions{
		Checksum: true, Access: m.dumps.Access(), Workers: 1, Background: true, Aux: j.position,
		// What is compressed as a whole is not compressed in pieces before.
		Plain:        compression != compressNone || !m.dumps.Compress(),
		RedisVersion: m.server.Version().Redis, Progress: &j.progress,
	})
	if err == nil {
		err = w.finish(res.Keys)
	} else {
		err = errors.Join(err, w.pack.Close()) // which has a goroutine, perhaps
	}
	return res, w.sent, err
}

// counted counts what is written.
type counted struct {
	io.Writer
	n *atomic.Int64
}

func (c counted) Write(b []byte) (int, error) {
	n, err := c.Writer.Write(b)
	c.n.Add(int64(n))
	return n, err
}

// prune removes the backups that are not to be kept, and returns how many. The one that has
// just been made is seen first: if it is not there, nothing is removed.
func (m *module) prune(j *job) (removed int) {
	all, err := j.store.list(j.ctx)
	own := ofServer(all, m.name.Load())
	if err != nil || len(own) == 0 || own[0].name != j.name {
		m.log.Warn("old backups are kept: the new one does not come first among those that are there", "error", err)
		return 0
	}
	for _, o := range superfluous(own, m.keep.Load(), m.days.Load(), j.began) {
		if err := j.store.remove(j.ctx, o.name); err != nil {
			m.log.Warn("cannot remove an old backup", "name", o.name, "error", err)
			continue
		}
		removed++
	}
	return removed
}
