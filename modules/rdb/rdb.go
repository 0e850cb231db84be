// Package rdb keeps the data in one file, a dump in Redis's RDB format: it
// saves when asked to (SAVE, BGSAVE, DEBUG RELOAD), when there have been enough
// changes (the save points of the parameter save), after FLUSHALL and at a
// shutdown, and loads the file when the server starts. It also checks such
// files ("ferrous check").
//
// It is linked in by New; nothing else of it is exported. The format is package
// dump's business, the frozen view of the data that is written is the
// keyspace's. What is here decides when, keeps account of what has been saved
// (INFO persistence), and has writes refused while saving fails.
//
// # Saving
//
// A save is a job: a snapshot, taken with every event loop stopped so that the
// count of changes fits it, and a goroutine that writes it. There is one at a
// time, beside which commands run on; a client that has called SAVE waits for
// it. Only where nothing may run on (a shutdown, DEBUG RELOAD) the snapshot is
// written there and then. FLUSHALL begins a job too, of an empty file, which may
// be behind another, and another behind it: they write one after the other, so
// that the last one's file stays.
//
// A file is complete when it gets its name. What is told of a job is told when
// it has ended, by finish, which whoever learns of the end first calls: the
// job's own goroutine, or a handler that has waited for it. A goroutine that has
// written takes locks of the keyspace only after it has closed done, so that a
// handler which holds them may wait for that.
package rdb

import (
	"sync"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/dump"
)

// New makes the module.
func New() core.Module { return &module{} }

// module is one server's RDB file. Its mutex is held for moments: nothing is
// waited for under it, and no lock of the keyspace or of a session is taken.
type module struct {
	params
	dumps   dump.Params
	server  core.Server
	log     core.Logger
	player  core.Player  // runs BGSAVE for the module; the ticker's
	refusal *core.Switch // on while writes are refused
	jobs    sync.WaitGroup

	mu      sync.Mutex
	job     *job // the save under way that was begun last, nil if there is none
	flushed *job // the one that FLUSHALL has begun last, while it is under way
	state   state
}

// state is what the module knows beside the job; mu guards it.
type state struct {
	scheduled bool  // a BGSAVE is to begin as soon as it can
	jobs      int64 // how many there were
	outcome   int64 // the number of the one that failing tells of
	base      int64 // Server.Dirty as of the last save
	saves     int64 // how many were asked for
	saved     int64 // when the last one was complete, Unix seconds
	tried     int64 // when a job was begun last, Unix seconds
	failing   bool  // the last job has failed
	last      saved
	loaded    loaded
}

// Name implements core.Module.
func (*module) Name() string { return "rdb" }

// Register implements core.Module.
func (m *module) Register(r *core.Registry) error {
	m.params = declare(r.Config)
	m.dumps.Use(r.Config)
	r.Commands(m.rows()...)
	r.Debug(core.DebugCommand{Name: "RELOAD", Args: "[option ...]", Arity: -2, Run: m.debugReload,
		Help: "Saves the data to the RDB file, drops them and loads the file. Options are\nNOSAVE: load the file that is there; NOFLUSH: keep the data; MERGE: keys of\nthe file replace those that exist already."})
	r.Info(core.InfoSection{Name: "persistence", Part: -1, Fill: m.info}) // before that of the log
	r.Checker(checker())
	r.OnLoad(m.load)
	r.OnTick(m.tick)
	r.OnFlush(m.flush)
	r.OnShutdown(m.shutdown)
	m.refusal = r.Guard(core.Guard{Name: "rdb", Order: core.GuardMisconf, Refuses: core.Write | core.TellsHealth, Err: errMisconf})
	r.Config.Apply(func() error { m.guard(); return nil }, m.points, m.stopWrites)
	return nil
}

// Start implements core.Starter.
func (m *module) Start(s core.Server) error {
	m.server, m.log = s, s.Log().Named("rdb")
	m.player = s.Player(nil)
	m.state.saved = time.Now().Unix()
	m.state.last.seconds = -1
	m.tidy()
	return nil
}

// Stop implements core.Stopper.
func (m *module) Stop() {
	m.cancel()
	m.jobs.Wait()
	m.player.Close()
}
