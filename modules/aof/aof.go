// Package aof brings the append-only file: a log of all writes, from which the
// data are restored at the next start. The files are Redis 7's, in both
// directions.
//
// The module listens to the write feed. What it hears it puts into a buffer,
// under the locks of the write, and one goroutine takes it to the disk (see
// writer). A rewrite replaces the log by a base, written from a snapshot, and
// the increments since (see manifest and rewrite). At the start the chain of
// files is loaded: dumps by package dump, commands by playing them.
//
// No command waits for the disk, but for DEBUG LOADAOF, for turning the log
// off, and where a client writes alone and every write is to be synced (lone.go). Where replies must not leave before the log is safe, a core.Barrier holds
// them.
//
// Locks are taken in this order: those of shards, module.files, writer.work, module.mu,
// writer.mu. Who holds writer.work takes none of the first two, so whoever holds
// them may wait for it.
//
// It is linked in by New, before the module of dumps: where there is a log, it
// has the data.
package aof

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/files"
	"github.com/ferrousdb/ferrous/core/wire"
)

// New makes the module.
func New() core.Module { return &module{} }

type module struct {
	params params
	srv    core.Server
	log    core.Logger
	feed   *core.Switch
	turns  *core.Switch
	deny   *core.Switch
	reason atomic.Pointer[string] // why writes are denied
	w      *writer

	// What the listener to the feed remembers; guarded by writer.mu.
	db      int    // the database selected in the log, -1 for none
	inUnit  bool   // between the marks of a unit
	ended   bool   // nothing is fed any more; under the feed's lock, as is
	note    []byte // what stands at the end then
	stamped int64  // the last annotation of time, Unix seconds

	files  sync.Mutex // held while files of the chain come and go
	where  directory  // guarded by files, as is
	chain  *manifest
	coming []entry // announced files, that are about to become a part of the chain

	jobs sync.WaitGroup // rewrites

	mu        sync.Mutex // guards the rest; never held during I/O
	state     state
	rw        *rewrite // under way
	scheduled bool     // one is to begin when the place is free
	limit     limiter
	figures   figures
	saidAt    time.Time // when a failed write was logged last

	barrier *core.Barrier
	waits   waits
	outside core.Session // stands for who waits and is no client: see Await
}

// state says whether there is a log.
type state int

const (
	off     state = iota
	waiting       // it was switched on: there is one when the first rewrite is done
	on
)

// figures are told by INFO.
type figures struct {
	rewrites   int64
	failed     bool          // the last rewrite
	took       time.Duration // the last rewrite, -1 if there was none
	cow        int64         // bytes that were copied for its snapshot
	grown      int64         // size of the chain when the last rewrite ended
	writeError bool
}

// Name implements core.Module.
func (*module) Name() string { return "aof" }

// Register implements core.Module.
func (m *module) Register(r *core.Registry) error {
	m.params.declare(r.Config)
	m.params.use(r.Config)
	m.figures.took = -1
	m.chain = &manifest{}
	m.barrier = r.Barrier()
	m.feed = r.OnFeed(m.fed)
	m.turns = r.OnTurnEnd(func(int) { m.w.turnEnd() })
	m.deny = r.Guard(core.Guard{Name: "aof", Order: core.GuardMisconf, Refuses: core.Write | core.TellsHealth, Why: m.denied})
	r.OnLoad(m.load)
	r.OnShutdown(m.shutdown)
	r.OnTick(m.tick)
	r.OnReplace(m.replaced)
	r.Logs(m)
	r.OnSession(nil, m.waits.drop)
	r.Commands(rows(m)...)
	r.Debug(debugCommands(m)...)
	r.Info(core.InfoSection{Name: "persistence", Fill: m.info})
	r.Info(core.InfoSection{Name: "memory", Fill: m.infoMemory})
	r.Overhead("aof.buffer", func() int64 { return m.w.stats().buffered })
	r.Checker(core.Checker{Format: "AOF", Knows: knows, Check: check})
	r.Config.Apply(m.applyOn, m.params.on)
	r.Config.Apply(m.applyPolicy, m.params.fsync, m.params.pause)
	r.Config.Apply(m.applyHistory, m.params.keepHistory)
	return nil
}

// Start implements core.Starter.
func (m *module) Start(s core.Server) error {
	m.srv, m.log = s, s.Log().Named("aof")
	m.w = newWriter(m.policy, s.Now, m.barrier)
	m.w.positioned = m.positioned
	m.w.failed, m.w.mended, m.w.moved = m.failed, m.mended, m.letGo
	m.turns.Set(m.policy().sync == syncAlways)
	go m.w.run()
	return nil
}

// patience is how long the end of a rewrite is waited for that was told to
// stop. Only after a panic does it take longer: it may wait for a lock that
// nobody will give back.
const patience = 5 * time.Second

// Stop implements core.Stopper. However the server goes down, what was fed is
// in the log.
func (m *module) Stop() {
	m.mu.Lock()
	if m.rw != nil {
		m.rw.cancel()
	}
	m.mu.Unlock()
	m.end()
	m.w.stop()
	ended := make(chan struct{})
	go func() {
		m.jobs.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(patience):
		m.log.Error("a rewrite of the log does not come to an end")
	}
}

// policy is what the parameters say at the moment.
func (m *module) policy() policy {
	return policy{
		sync:  syncing(m.params.fsync.Load()),
		pause: m.params.pause.Load() && m.srv.Background().Running() != "",
	}
}

// applyPolicy follows CONFIG SET.
func (m *module) applyPolicy() error {
	if m.w != nil {
		m.turns.Set(m.policy().sync == syncAlways)
		m.w.review()
	}
	return nil
}

// shutdown makes the log complete before the server stops; all shards are
// locked.
func (m *module) shutdown(o core.Shutdown) error {
	m.mu.Lock()
	state, rw := m.state, m.rw
	if rw != nil {
		if state == waiting && !o.Force {
			m.mu.Unlock()
			return errors.New("Writing initial AOF, can't exit.")
		}
		m.log.Warn("There is a child rewriting the AOF. Killing it!")
		rw.cancel()
	}
	m.mu.Unlock()
	if state == off {
		return nil
	}
	m.log.Info("Calling fsync() on the AOF file.")
	err := m.w.flush()
	if err == nil {
		return nil
	}
	m.log.Warn("Fail to fsync the AOF file: " + files.Strerror(err))
	if o.NoSave {
		return nil
	}
	return said("the log of the last writes is not complete", err)
}

// fed is the listener to the write feed.
func (m *module) fed(f core.Fed) {
	if f.Skip&core.FeedLog != 0 {
		return
	}
	var large []piece
	if f.Arrived() {
		large = pieces(&f)
	}
	stamp := m.params.timestamps.Load()
	m.w.append(f.Client, func(b []byte) []byte {
		if stamp && !m.inUnit {
			if now := m.srv.Now() / 1000; now > m.stamped {
				m.stamped = now
				b = appendTime(b, now)
			}
		}
		switch f.Unit {
		case core.UnitBegin:
			m.inUnit = true
			return append(b, wire.Multi...)
		case core.UnitEnd:
			m.inUnit = false
			return append(b, wire.Exec...)
		}
		if f.DB != m.db {
			m.db = f.DB
			b = wire.AppendSelect(b, f.DB)
		}
		if large != nil {
			return b
		}
		return f.AppendTo(b)
	}, large...)
}

// pieces makes pieces of a write: its large arguments are not copied.
func pieces(f *core.Fed) []piece {
	all := make([]piece, 0, 2*len(f.Args))
	head := wire.AppendHead(nil, '*', len(f.Args))
	for _, a := range f.Args {
		head = wire.AppendHead(head, '$', len(a))
		if release, ok := f.Hold(a); ok {
			all = append(all, piece{data: head}, piece{a, release})
			head = []byte("\r\n")
			continue
		}
		head = append(arena.Append(head, a), '\r', '\n')
	}
	return append(all, piece{data: head})
}

// forgetDB makes the next write say which database it is for. It is called at
// the beginning of a file, with writer.mu held.
func (m *module) forgetDB() { m.db = -1 }

// sleep waits for a parameter of tests, microseconds per key.
func sleep(ctx context.Context, micros int64) {
	if micros <= 0 {
		return
	}
	t := time.NewTimer(time.Duration(micros) * time.Microsecond)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
