package host

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/files"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/logging"
	"github.com/ferrousdb/ferrous/core/random"
	hostconfig "github.com/ferrousdb/ferrous/host/config"
	"github.com/ferrousdb/ferrous/host/engine"
	"github.com/ferrousdb/ferrous/host/network"
)

// Server is one running instance. Several may live in one process.
type Server struct {
	core.Execution // the engine's answers to modules

	registry *core.Table
	params   *params
	modules  []core.Module
	disabled []core.Module // linked in and switched off
	log      lineLogger
	process  hostProcess
	start    time.Time
	runID    string

	ks      *keyspace.Keyspace
	buffers *network.Buffers
	eng     *engine.Engine // executes
	net     *network.Net   // brings it connections
	pipes   int            // without a network

	started    []core.Module
	startup    int64       // see startupMemory
	serving    atomic.Bool // the data are there
	loader     loader
	evict      evictor
	sweeper    sweeper
	defrag     defrag
	usage      usageSampler
	facts      facts
	renames    *config.CustomVar[core.Renames]
	lazy       struct{ expire, evict *config.BoolVar } // see gone; nil without the module of keys
	background core.Background
	leaving    leaving
	ending     ending
}

// ending is how a server ends.
type ending struct {
	begun    chan struct{} // closed when a shutdown begins
	once     sync.Once
	failure  error         // why the server stopped by itself; set before begun
	complete chan struct{} // closed when everything has ended
	cron     chan struct{} // closed when cron has ended, nil before it begins
}

// newServer makes a server whose parameters are still to be loaded, without the modules
// that are off.
func newServer(modules []core.Module, off string) (*Server, error) {
	modules, disabled := split(modules, off)
	r := core.NewRegistry(config.NewSchema())
	srv := &Server{
		registry: r.Table(),
		modules:  modules,
		disabled: disabled,
		log:      newLineLogger(logging.Silent{}, logging.Off),
		start:    time.Now(),
		runID:    random.Hex(40),
		ending:   ending{begun: make(chan struct{}), complete: make(chan struct{})},
	}
	srv.process.manager = "no"
	srv.learnFacts()
	srv.loader.answers = make(chan struct{})
	srv.loader.ctx, srv.loader.cancel = context.WithCancel(context.Background())
	srv.evict.more = make(chan struct{}, 1)
	srv.params = declareParams(r.Config)
	srv.eng = engine.New(srv, r, srv.params.engine, srv.ending.begun)
	srv.Execution = srv.eng
	srv.net = network.New(srv.params.net, srv.eng, srv.loader.answers)
	srv.defrag.declare(r.Config)
	srv.declareInfo(r)
	srv.loader.declareGuards(r)
	srv.declareRenames()
	config.UseIf(r.Config, "lazyfree-lazy-expire", &srv.lazy.expire)
	config.UseIf(r.Config, "lazyfree-lazy-eviction", &srv.lazy.evict)
	for _, m := range modules {
		r.Add(m)
	}
	srv.declareDisabled(r)
	srv.declareApplies()
	if _, err := r.Freeze(); err != nil {
		return nil, fmt.Errorf("these modules do not fit together: %w", err)
	}
	return srv, nil
}

// declareApplies ties parameters to what they change. CONFIG SET, which calls
// these, runs with every worker stopped and all shards locked.
func (srv *Server) declareApplies() {
	p, s := srv.params, srv.registry.Config
	s.Apply(func() error { srv.applyMemory(); return nil }, p.maxMemory, p.policy, p.lfuLogFactor, p.lfuDecayTime)
	s.Apply(func() error { srv.eng.LimitClients(p.maxMemory.Load()); return nil }, p.maxMemory, p.engine.ClientMemory)
	s.Apply(srv.applyLogLevel, p.logLevel)
	s.Apply(srv.applyMaxClients, p.engine.MaxClients)
	if secure := srv.registry.Secure(); secure != nil {
		srv.net.Secure(secure)
	}
	srv.net.Watch(s, srv.serving.Load)
}

// applyMemory puts the parameters of memory in force; all shards are locked.
func (srv *Server) applyMemory() {
	p := srv.params
	mode := keyspace.LRU
	if p.policy.Load()&policyLFU != 0 {
		mode = keyspace.LFU
	}
	srv.ks.SetClock(mode, p.lfuLogFactor.Load(), p.lfuDecayTime.Load())
	limit := p.maxMemory.Load()
	srv.watchMemory()
	srv.evict.stale.Store(true)
	if used := srv.usedMemory(); limit > 0 && used > limit && srv.serving.Load() {
		srv.log.Warn("maxmemory is less than what the data take: keys will be evicted, or writes refused, by maxmemory-policy", "maxmemory", limit, "used", used)
		srv.evict.ask()
	}
	srv.eng.LimitMemory(limit > 0)
}

// watchMemory makes the figure for the data as exact as what maxmemory leaves for
// them asks for, however much the server took before it had any; all shards are locked.
func (srv *Server) watchMemory() {
	limit := srv.params.maxMemory.Load()
	if limit > 0 {
		limit = max(limit-srv.startup, 1)
	}
	srv.ks.Watch(limit)
}

// begin builds what the parameters describe and starts to listen.
func (srv *Server) begin() (err error) {
	if err := srv.registry.Rename(srv.renames.Load()); err != nil {
		return err // it has been checked
	}
	srv.eng.ReadClock()
	srv.tidyFiles()
	srv.open()
	defer func() {
		if err != nil {
			srv.stop(err)
			srv.end()
		}
	}()
	if err := srv.applyMaxClients(); err != nil {
		return err
	}
	if err := srv.net.Start(srv.log, srv.loops(), srv.eng.NewWorker); err != nil {
		return err
	}
	srv.net.Attend(srv.eng.Complete(srv.loops(), srv.pipes))
	for _, m := range srv.modules {
		if st, ok := m.(core.Starter); ok {
			if err := st.Start(srv); err != nil {
				return fmt.Errorf("module %s: %w", m.Name(), err)
			}
		}
		srv.started = append(srv.started, m)
	}
	srv.startup = startupMemory()
	srv.ks.Lock(keyspace.AllShards)
	srv.watchMemory()
	srv.ks.Unlock(keyspace.AllShards)
	srv.loader.guard.Set(true)
	if err := srv.net.Listen(srv.params.path(srv.params.net.UnixSocket.Load())); err != nil {
		return err
	}
	srv.ending.cron = make(chan struct{})
	go srv.cron()
	srv.eng.Watch()
	srv.log.Info("Server initialized") // the test suite of Redis since 7.2 waits for these words after "PID"
	return srv.loadData()
}

// open makes the data, of which there are none, and gives them to the engine.
func (srv *Server) open() {
	srv.ks = keyspace.New(keyspace.Options{
		Databases: int(srv.params.databases.Load()),
		Arena:     arena.Options{Poison: srv.params.poison.Load(), HugePages: srv.params.hugePages.Load()},
		Events:    (*keyEvents)(srv),
		Crowded:   srv.params.crowded.Load(),
	})
	srv.buffers = network.NewBuffers(srv.params.poison.Load())
	srv.eng.Open(srv.log, srv.ks, srv.buffers)
	srv.ks.Lock(keyspace.AllShards)
	srv.applyMemory()
	srv.eng.LimitClients(srv.params.maxMemory.Load())
	srv.ks.Unlock(keyspace.AllShards)
	srv.sweeper.expires.Store(true)
}

// tidyFiles removes what a CONFIG REWRITE that was cut off has left behind.
func (srv *Server) tidyFiles() {
	if srv.process.file == "" {
		return
	}
	path := hostconfig.RealPath(srv.process.file)
	removed, err := files.Tidy(path)
	for _, name := range removed {
		srv.log.Info("removed what a CONFIG REWRITE that was cut off has left behind", "file", filepath.Join(filepath.Dir(path), name))
	}
	if err != nil {
		srv.log.Debug("cannot look for what a CONFIG REWRITE may have left behind", "error", err)
	}
}

// loops returns how many event loops to run. Loops compete with the clients
// for the same cores on a small machine, where one is fastest; from four cores
// on, one loop for each two.
func (srv *Server) loops() int {
	if n := int(srv.params.ioThreads.Load()); n > 0 {
		return n
	}
	return min(max(runtime.GOMAXPROCS(0)/2, 1), 16)
}

// stop begins a shutdown; the first reason wins.
func (srv *Server) stop(failure error) {
	srv.ending.once.Do(func() {
		srv.ending.failure = failure
		srv.loader.cancel()
		close(srv.ending.begun)
	})
}

// Stop ends the server and returns when everything has ended.
func (srv *Server) Stop() {
	srv.stop(nil)
	<-srv.ending.complete
}

// Wait serves until the server is stopped and returns why, nil if it was asked
// to.
func (srv *Server) Wait() error {
	<-srv.ending.begun
	srv.end()
	close(srv.ending.complete)
	return srv.ending.failure
}

// end takes everything down, in the opposite order of begin.
func (srv *Server) end() {
	srv.net.CloseListeners()
	srv.net.Stop()
	srv.eng.End()
	if srv.ending.cron != nil {
		<-srv.ending.cron
	}
	for i := len(srv.started) - 1; i >= 0; i-- {
		if st, ok := srv.started[i].(core.Stopper); ok {
			st.Stop()
		}
	}
	srv.ks.Close()
	srv.buffers.Close()
}

// keyEvents is the server as what the keyspace reports to.
type keyEvents Server

// Expired implements keyspace.Events: the deletion is repeated by logs and
// replicas, and is a keyspace event.
func (e *keyEvents) Expired(db int, key []byte) {
	e.gone(db, key, core.EventExpired, "expired", e.lazy.expire)
}

// MemberExpired implements keyspace.Events: the removal is repeated by logs and
// replicas as the command that the type names.
func (e *keyEvents) MemberExpired(db int, key []byte, v keyspace.Value, member []byte) {
	if h := e.registry.Hooks; h.Feeding() {
		if t := e.registry.TypeOf(v); t != nil && t.Members.Command != "" {
			h.FeedGone(core.Fed{DB: db, Args: [][]byte{[]byte(t.Members.Command), key, member}})
		}
	}
}

// MembersExpired implements keyspace.Events. What empties a key is repeated by
// the removal of its members, so the deletion is only an event.
func (e *keyEvents) MembersExpired(db int, key []byte, v keyspace.Value, emptied bool) {
	h := e.registry.Hooks
	if t := e.registry.TypeOf(v); t != nil {
		h.Changed(core.Change{DB: db, Key: key, Class: t.Members.Class, Name: t.Members.Event})
	}
	if emptied {
		h.Changed(core.Change{DB: db, Key: key, Class: core.EventGeneric, Name: "del"})
	}
}

// Created implements keyspace.Events.
func (e *keyEvents) Created(db int, key []byte) {
	e.registry.Hooks.Changed(core.Change{DB: db, Key: key, Class: core.EventNew, Name: "new"})
}

// gone tells of a deletion that no command asked for. It is repeated as a DEL,
// or as an UNLINK where the parameter lazy says so.
func (e *keyEvents) gone(db int, key []byte, class core.Event, name string, lazy *config.BoolVar) {
	h := e.registry.Hooks
	if h.Feeding() {
		command := []byte("DEL")
		if lazy != nil && lazy.Load() {
			command = []byte("UNLINK")
		}
		h.FeedGone(core.Fed{DB: db, Args: [][]byte{command, key}})
	}
	h.Changed(core.Change{DB: db, Key: key, Class: class, Name: name})
}
