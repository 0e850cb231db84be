// Package behind is an example of a module with a timer, a parameter and a hook on changes: it writes the strings of
// all databases into a table of SQLite, some time behind the commands that change them.
//
//	CREATE TABLE strings (db INTEGER, key BLOB, value BLOB, PRIMARY KEY (db, key))
//
// Nobody waits for SQL: the hook notes the key, and every behind-interval what was noted is read and written in one
// transaction. So what a client was promised may not be in the table yet when the server is killed, and it
// must not be lost with it. It is not, if the server has a log that is written before it replies (appendonly yes,
// appendfsync always): at the start the data are loaded from the log, and then the table is made equal to them, row
// by row, whatever was noted and forgotten. Until that is done behind_equal in INFO is 0. A table that cannot be
// written is tried again.
//
// Keys that expire, are evicted or become something else than strings leave the table. This file is the
// module, table.go the SQL.
package behind

import (
	"sync"
	"sync/atomic"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// New makes the module; give it to host.Main.
func New() core.Module {
	return &module{noted: map[place]struct{}{}, wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
}

type module struct {
	file     *config.StringVar
	interval *config.IntVar
	changed  *core.Switch

	server  core.Server
	table   *table
	last    int64         // when the writer was last woken; the timer's
	serving atomic.Bool   // the data are loaded
	wake    chan struct{} // for the writer
	stop    chan struct{} // ends it
	done    chan struct{} // it has ended

	mu    sync.Mutex // a leaf: the hook has it under a shard's lock
	noted map[place]struct{}
	all   bool // the table is to be compared with all data

	equal, rows, failures atomic.Int64
}

// place is where a string is.
type place struct {
	db  int
	key string
}

// Name implements core.Module.
func (*module) Name() string { return "behind" }

// Register implements core.Module.
func (m *module) Register(r *core.Registry) error {
	m.file = r.Config.Text(config.Param{
		Name: "behind-file", Section: "behind", Default: "", Flags: config.Immutable | config.Needed,
		Doc: "The SQLite file that strings are written into; none if it is empty.",
	})
	m.interval = r.Config.Int(config.Param{
		Name: "behind-interval", Section: "behind", Default: "200",
		Doc: "How far the file may be behind, in milliseconds.",
	}, 0, 1<<40)
	m.changed = r.OnChange(func(_ *core.Ctx, ch core.Change) {
		if !ch.Only() && m.serving.Load() {
			m.note(place{ch.DB, string(ch.Key)})
		}
	})
	r.OnFlush(func(*core.Ctx, int) { m.compare() })
	r.OnSwap(func(*core.Ctx, int, int) { m.compare() })
	r.OnReplace(func(bool) { m.compare() })
	r.OnTick(m.tick)
	r.Info(core.InfoSection{Name: "behind", Fill: func(w *core.InfoWriter) {
		m.mu.Lock()
		defer m.mu.Unlock()
		w.Int("behind_noted", int64(len(m.noted)))
		w.Int("behind_equal", m.equal.Load())
		w.Int("behind_rows_written", m.rows.Load())
		w.Int("behind_failures", m.failures.Load())
	}})
	return nil
}

// Start implements core.Starter.
func (m *module) Start(s core.Server) (err error) {
	m.server = s
	if m.file.Load() == "" {
		close(m.done)
		return nil
	}
	if m.table, err = open(s.Path(m.file.Load())); err != nil {
		close(m.done)
		return err
	}
	m.all = true
	m.changed.Set(true)
	go m.write()
	return nil
}

// Stop implements core.Stopper. No command runs any more.
func (m *module) Stop() {
	close(m.stop)
	<-m.done
	if m.table != nil {
		_ = m.table.Close()
	}
}

// note notes a key that has changed.
func (m *module) note(p place) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.noted[p] = struct{}{}
}

// compare has the table compared with all data.
func (m *module) compare() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.equal.Store(0)
	m.all = true
}

// tick is the timer: ten times a second, while the server serves.
func (m *module) tick(now int64) {
	m.serving.Store(true)
	if now-m.last >= m.interval.Load() {
		m.last = now
		select {
		case m.wake <- struct{}{}:
		default:
		}
	}
}

// write is the goroutine that writes.
func (m *module) write() {
	defer close(m.done)
	for {
		select {
		case <-m.wake:
			m.once()
		case <-m.stop:
			if m.serving.Load() {
				m.once()
			}
			return
		}
	}
}

// once writes what is noted. What could not be written is noted again.
func (m *module) once() {
	m.mu.Lock()
	noted, all := m.noted, m.all
	m.noted, m.all = map[place]struct{}{}, false
	m.mu.Unlock()
	var n int64
	var err error
	switch {
	case all:
		n, err = m.everything()
	case len(noted) > 0:
		n, err = m.table.update(m.read(noted))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err == nil {
		m.rows.Add(n)
		if !m.all {
			m.equal.Store(1)
		}
		return
	}
	m.failures.Add(1)
	m.server.Log().Named("behind").Warn("the file cannot be written, which is tried again", "error", err)
	m.all = m.all || all
	for p := range noted {
		m.noted[p] = struct{}{}
	}
}

// read reads what the noted keys hold now: nil for those that are no strings.
func (m *module) read(noted map[place]struct{}) map[place][]byte {
	ks, now := m.server.Keyspace(), m.server.Now()
	values := make(map[place][]byte, len(noted))
	for p := range noted {
		key := []byte(p.key)
		hash := ks.Hash(key)
		lock := keyspace.Locks(1) << keyspace.ShardOf(hash)
		ks.Lock(lock)
		e := ks.DB(p.db).FindHashed(hash, key, now, 0)
		values[p] = nil
		if e.OK() && e.Type() == keyspace.String {
			values[p] = append([]byte{}, e.Text(make([]byte, 20))...)
		}
		ks.Unlock(lock)
	}
	return values
}

// everything makes the table equal to the data, as a snapshot sees them: nobody is held up.
func (m *module) everything() (int64, error) {
	s := m.server.Keyspace().Capture()
	defer s.End()
	return m.table.replace(func(yield func(p place, value []byte) bool) {
		for db := range s.Databases() {
			for shard := range keyspace.Shards {
				s.Walk(db, shard, func(f keyspace.Frozen) bool {
					if f.Value.Kind.Type() != keyspace.String {
						return true
					}
					return yield(place{db, string(f.Key)}, keyspace.TextOf(f.Value, make([]byte, 20)))
				})
			}
		}
	})
}
