package aof

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/dump"
	"github.com/ferrousdb/ferrous/core/files"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// A rewrite replaces the chain by a base and one increment. The increment is
// opened first and entered in the manifest; then, with all shards locked, a
// snapshot is taken and the feed is turned to it. The base is written from the
// snapshot, and takes the place of all that was before the increment with the
// next manifest. Up to that moment the old chain is whole, with the new
// increment at its end: a rewrite that fails has cost nothing but time. A name is
// given to what belongs to no chain yet only when the manifest lists it as to be
// deleted: a server that is killed in between leaves nothing behind.

// background is the name under which the job takes the place of the one.
const background = "aof"

// rewrite is one under way.
type rewrite struct {
	ctx     context.Context
	cancel  context.CancelFunc
	state   state // of the log, when it began
	started time.Time
	asDump  bool
	base    string         // the file that is to be the base
	at      *core.Position // of the snapshot, nil if there is none
}

func (rw *rewrite) seconds() int64 { return int64(time.Since(rw.started).Seconds()) }

// begin starts a rewrite unless another job has the place. mu is held.
func (m *module) begin() bool {
	if !m.srv.Background().Begin(background) {
		return false
	}
	ctx, cancel := context.WithCancel(context.Background())
	rw := &rewrite{ctx: ctx, cancel: cancel, state: m.state, started: time.Now()}
	m.rw, m.scheduled = rw, false
	m.figures.rewrites++
	m.jobs.Go(func() { m.rewrite(rw) })
	m.log.Info("Background append only file rewriting started")
	return true
}

// rewrite is the job.
func (m *module) rewrite(rw *rewrite) {
	defer rw.cancel()
	err := m.replaceChain(rw)
	stopped := errors.Is(err, context.Canceled)
	if err != nil && rw.state == waiting {
		m.dropTemp()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.figures.took = time.Since(rw.started)
	switch {
	case err == nil:
		m.figures.failed = false
		m.limit = limiter{}
		m.log.Info("Background AOF rewrite finished successfully")
	case stopped:
		m.log.Warn("Background AOF rewrite was stopped")
	default:
		m.figures.failed = true
		m.limit.failures++
		m.log.Warn("Background AOF rewrite terminated with error", "error", err)
	}
	m.scheduled = m.scheduled || m.state == waiting // until there is a log
	m.rw = nil
	m.srv.Background().End()
}

// replaceChain does the work.
func (m *module) replaceChain(rw *rewrite) error {
	out, err := m.openIncr(rw)
	if err != nil {
		return err
	}
	s, err := m.freeze(rw, out)
	if err != nil {
		if out != nil {
			_ = out.f.Close()
		}
		return err
	}
	defer s.End()
	defer m.withdraw()
	size, err := m.writeBase(rw.ctx, rw.base, s, rw.asDump, rw.at, func() error {
		m.files.Lock()
		defer m.files.Unlock()
		return m.announce(rw.base, rw.state == waiting)
	})
	if err != nil {
		return err
	}
	cow := m.srv.Keyspace().Retained()
	m.mu.Lock()
	m.figures.cow = cow
	m.mu.Unlock()
	if err := m.enterBase(rw); err != nil {
		return err
	}
	m.adopt(rw, out, size)
	return nil
}

// openIncr opens the increment that follows, and makes it a part of the chain
// if there is one. It returns nil if no log is kept.
func (m *module) openIncr(rw *rewrite) (*output, error) {
	m.files.Lock()
	defer m.files.Unlock()
	if err := m.settleDirectory(rw.state); err != nil {
		return nil, err
	}
	rw.asDump = m.params.dump.Load()
	rw.base = m.chain.nextBase(m.where.file, rw.asDump)
	if m.chain.empty() {
		if err := m.setAside(rw.base); err != nil {
			return nil, err
		}
	}
	if rw.state == off {
		return nil, nil
	}
	next := m.chain.clone()
	name := next.addIncr(m.where.file)
	if err := m.free(name); err != nil {
		return nil, err
	}
	if rw.state == waiting { // it has that name when there is a base
		name = m.where.tempIncr()
	}
	f, err := files.Fresh(m.where.in(name), os.O_APPEND, 0o644)
	if err != nil {
		return nil, said("Can't open the append-only file "+name, err)
	}
	if rw.state == on {
		if err := m.where.writeManifest(next); err != nil {
			_ = f.Close()
			_ = os.Remove(m.where.in(name))
			return nil, err
		}
		m.chain = next
	}
	m.log.Info("Creating AOF incr file " + name + " on background rewrite")
	return &output{f: logFile{f}}, nil
}

// settleDirectory makes the directory. As long as there is no log it follows
// the parameter dir. files is held.
func (m *module) settleDirectory(s state) error {
	if now := m.directory(); s != on && now != m.where {
		chain, err := now.readManifest()
		if err != nil {
			return err
		}
		m.where, m.chain = now, chain
	}
	return m.where.make()
}

// freeze takes the snapshot and turns the feed to the new increment.
func (m *module) freeze(rw *rewrite, out *output) (*keyspace.Snapshot, error) {
	ks := m.srv.Keyspace()
	ks.Lock(keyspace.AllShards)
	defer ks.Unlock(keyspace.AllShards)
	if err := rw.ctx.Err(); err != nil {
		return nil, err
	}
	if out != nil {
		m.w.cut(out, m.forgetDB)
		m.feed.Set(true)
	}
	if at, ok := m.srv.Registry().Position(); ok {
		rw.at = &at
	}
	return ks.Freeze(), nil
}

// announce has the manifest list a file that is about to be a base, and the
// increment that gets its name with it, as to be deleted. files is held.
func (m *module) announce(base string, incr bool) error {
	next := m.chain.clone()
	coming := []entry{{name: base, seq: next.baseSeq + 1}}
	if incr {
		coming = append(coming, next.nextIncr(m.where.file))
	}
	next.announce(coming...)
	if err := m.where.writeManifest(next); err != nil {
		return err
	}
	m.chain, m.coming = next, coming
	return nil
}

// withdraw deletes what was announced and has not become a part of the chain.
func (m *module) withdraw() {
	m.files.Lock()
	defer m.files.Unlock()
	if len(m.coming) == 0 {
		return
	}
	next := m.chain.clone()
	for _, e := range m.coming {
		next.dropHistory(e.name)
	}
	err := m.where.writeManifest(m.chain) // the one that failed may stand there all the same
	if err == nil {
		for _, e := range m.coming {
			m.where.remove(e.name)
		}
		err = m.where.writeManifest(next)
	}
	m.coming = nil
	if err != nil {
		m.log.Warn(err.Error()) // then they are history like any other
		return
	}
	m.chain = next
}

// writeBase writes the data of a snapshot to the file that is to be the base,
// which is there only when it is complete, and returns its size. announce is called
// before it has its name.
func (m *module) writeBase(ctx context.Context, name string, s *keyspace.Snapshot, asDump bool, at *core.Position, announce func() error) (size int64, err error) {
	err = dump.ReplaceFile(m.where.in(name), m.params.incremental.Load(), func(f io.Writer) error {
		w := &counter{w: f}
		defer func() { size = w.n }()
		save := m.saveCommands
		if asDump {
			save = m.saveDump
		}
		if err := save(ctx, w, s, at); err != nil {
			return err
		}
		return announce()
	})
	if err != nil && ctx.Err() == nil {
		err = said("Write error writing append only file on disk", err)
	}
	return size, err
}

// counter counts what is written.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// enterBase makes the new file the base of the chain.
func (m *module) enterBase(rw *rewrite) error {
	m.files.Lock()
	defer m.files.Unlock()
	if err := rw.ctx.Err(); err != nil {
		return err
	}
	next, keep := m.chain.clone(), 0
	if next.nextBase(m.where.file, rw.asDump) != rw.base {
		return errors.New("the AOF has been replaced meanwhile")
	}
	if rw.state != off {
		keep = 1
	}
	if rw.state == waiting {
		incr := next.addIncr(m.where.file)
		if err := os.Rename(m.where.in(m.where.tempIncr()), m.where.in(incr)); err != nil {
			return said("Error trying to rename the temporary AOF incr file into "+incr, err)
		}
	}
	next.replaceBase(rw.base, keep)
	if err := m.where.writeManifest(next); err != nil {
		return err
	}
	m.chain, m.coming = next, nil
	m.deleteHistory()
	return nil
}

// adopt takes note of a chain that is new.
func (m *module) adopt(rw *rewrite, out *output, base int64) {
	size := base
	if out != nil {
		m.w.call(func() {
			size += out.size
			m.w.mu.Lock()
			m.w.length = size
			m.w.mu.Unlock()
		})
	}
	defer m.letGo()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.figures.grown = size
	if m.state == waiting && rw.state == waiting && rw.ctx.Err() == nil {
		m.state = on
	}
}

// dropTemp forgets the increment that has no base and will get none.
func (m *module) dropTemp() {
	m.feed.Set(false)
	m.w.drop()
	m.files.Lock()
	defer m.files.Unlock()
	name := m.where.tempIncr()
	if os.Remove(m.where.in(name)) == nil {
		m.log.Info("Removing the temp incr aof file " + name + " in the background")
	}
}

// deleteHistory deletes the files that are not wanted any more, but not those that
// are announced. If that fails they remain in the manifest for the next time. files
// is held.
func (m *module) deleteHistory() {
	if len(m.chain.history) == len(m.coming) || m.params.keepHistory.Load() {
		return
	}
	next := m.chain.clone()
	next.history = nil
	next.announce(m.coming...)
	for _, e := range m.chain.history {
		if next.isHistory(e.name) {
			continue
		}
		m.log.Info("Removing the history file " + e.name + " in the background")
		m.where.remove(e.name)
	}
	if err := m.where.writeManifest(next); err != nil {
		m.log.Warn(err.Error())
		return
	}
	m.chain = next
}
