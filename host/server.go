package host

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/files"
	"github.com/ferrousdb/ferrous/core/keyspace"
	hostconfig "github.com/ferrousdb/ferrous/host/config"
	"github.com/ferrousdb/ferrous/host/network"
)

// Server is one running instance. Several may live in one process.
type Server struct {
	registry  *core.Registry
	params    *params
	ks        *keyspace.Keyspace
	log       hclog.Logger
	modules   []core.Module
	started   []core.Module
	file      string   // the configuration file
	warnings  []string // about the configuration, for the log
	pidFile   string   // as it was written, "" for none
	superName string   // the service manager, "no" for none
	start     time.Time
	runID     string

	workers      []*worker    // by id, which is also the order of their locks
	stopsAt      atomic.Int32 // the worker whose mu is wanted by who has those of all before it: see stopWithin
	net          *network.Net
	pipes        int  // how many to make
	alone        bool // one event loop executes everything, but for TLS
	pipeEnds     []*Pipe
	serving      atomic.Bool // begin has come to its end
	playing      *worker     // executes what comes from no client
	blocked      *blocking
	loader       loader
	pause        pauseState
	evict        evictor
	crowd        crowd
	buffers      *network.Buffers
	defrag       defrag
	guard        atomic.Uint32
	loadGuard    *core.Switch
	asideGuard   *core.Switch // on while data are brought in beside those that are served
	keepAll      atomic.Bool  // nothing is evicted: see core.Authority
	oomGuard     *core.Switch
	watch        watchdog
	renames      *config.CustomVar[core.Renames]
	clock        sharedClock
	ids          idCounter
	clients      atomic.Int64 // connected sessions
	writes       atomic.Int64 // that sent what a socket had not taken at first
	sweeps       sweepStats
	accepts      acceptStats
	httpSaid     minutely // the log warned of HTTP
	strangerSaid minutely // and of strangers that hold too much
	usage        usageSampler
	expiry       atomic.Bool // active expiry is on
	startup      int64       // see startupMemory
	floor        []byte      // see raiseFloor

	background core.Background
	barriers   []*core.Barrier

	stopping chan struct{} // closed when a shutdown begins
	stopOnce sync.Once
	stopped  chan struct{} // closed when everything has ended
	failure  error         // why the server stopped by itself; set before stopping
	cronDone chan struct{}
}

// newServer makes a server whose parameters are still to be loaded.
func newServer(modules []core.Module) (*Server, error) {
	srv := &Server{
		registry:  core.NewRegistry(config.NewSchema()),
		modules:   modules,
		log:       hclog.NewNullLogger(),
		start:     time.Now(),
		stopping:  make(chan struct{}),
		stopped:   make(chan struct{}),
		runID:     randomHex(40),
		superName: "no",
	}
	srv.loader.answers = make(chan struct{})
	srv.loader.ctx, srv.loader.cancel = context.WithCancel(context.Background())
	srv.pause.timer = time.NewTimer(math.MaxInt64) // for as long as there is no pause
	srv.evict.more = make(chan struct{}, 1)
	srv.params = declareParams(srv.registry.Config)
	srv.net = network.New(srv.params.net, srv, srv.loader.answers)
	srv.defrag.declare(srv.registry.Config)
	srv.blocked = newBlocking(srv)
	srv.declareInfo()
	srv.declareGuards()
	srv.watch.declare(srv.registry)
	srv.declareRenames()
	for _, m := range modules {
		srv.registry.Add(m)
	}
	srv.declareApplies()
	if err := srv.registry.Freeze(); err != nil {
		return nil, fmt.Errorf("these modules do not fit together: %w", err)
	}
	srv.barriers = srv.registry.Barriers()
	for _, b := range srv.barriers {
		b.OnMove(srv.barrierMoved)
	}
	return srv, nil
}

// declareApplies ties parameters to what they change. CONFIG SET, which calls
// these, runs with every worker stopped and all shards locked.
func (srv *Server) declareApplies() {
	p, s := srv.params, srv.registry.Config
	s.Apply(func() error { srv.applyMemory(); return nil }, p.maxMemory, p.policy, p.lfuLogFactor, p.lfuDecayTime)
	s.Apply(func() error { srv.applyClientMemory(); return nil }, p.maxMemory, p.clientMemory)
	s.Apply(srv.applyLogLevel, p.logLevel)
	s.Apply(srv.applyMaxClients, p.maxClients)
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
	srv.setGuard(guardMemory, limit > 0)
	srv.oomGuard.Set(limit > 0)
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

func (srv *Server) setGuard(bit uint32, on bool) {
	for {
		old := srv.guard.Load()
		next := old &^ bit
		if on {
			next |= bit
		}
		if srv.guard.CompareAndSwap(old, next) {
			return
		}
	}
}

// begin builds what the parameters describe and starts to listen.
func (srv *Server) begin() (err error) {
	if err := srv.registry.Rename(srv.renames.Load()); err != nil {
		return err // it has been checked
	}
	srv.readClock()
	srv.tidyFiles()
	srv.ks = keyspace.New(keyspace.Options{
		Databases: int(srv.params.databases.Load()),
		Arena:     arena.Options{Poison: srv.params.poison.Load(), HugePages: srv.params.hugePages.Load()},
		Events:    (*keyEvents)(srv),
		Crowded:   srv.params.crowded.Load(),
	})
	srv.buffers = network.NewBuffers(srv.params.poison.Load())
	srv.ks.Lock(keyspace.AllShards)
	srv.applyMemory()
	srv.applyClientMemory()
	srv.ks.Unlock(keyspace.AllShards)
	srv.expiry.Store(true)
	defer func() {
		if err != nil {
			srv.stop(err)
			srv.end()
		}
	}()
	if err := srv.applyMaxClients(); err != nil {
		return err
	}
	if err := srv.net.Start(srv.log, srv.loops(), func() network.Worker { return srv.newWorker() }); err != nil {
		return err
	}
	srv.startPipes()
	srv.playing = srv.newWorker()
	srv.net.Attend(srv.playing)
	srv.watch.spare, srv.watch.lane = srv.newExecutor(len(srv.workers)), srv.ks.NewLane()
	srv.alone = srv.loops()+srv.pipes == 1
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
	srv.loadGuard.Set(true)
	if err := srv.net.Listen(srv.params.path(srv.params.net.UnixSocket.Load())); err != nil {
		return err
	}
	srv.cronDone = make(chan struct{})
	go srv.cron()
	srv.watch.begin(srv)
	if err := srv.loadData(); err != nil {
		return err
	}
	srv.serving.Store(true)
	return nil
}

// tidyFiles removes what a CONFIG REWRITE that was cut off has left behind.
func (srv *Server) tidyFiles() {
	if srv.file == "" {
		return
	}
	path := hostconfig.RealPath(srv.file)
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

func (srv *Server) newWorker() *worker {
	w := &worker{srv: srv, id: len(srv.workers), lane: srv.ks.NewLane(), arrivals: srv.ks.NewArrivals(), executor: srv.newExecutor(len(srv.workers))}
	w.ctx.Exec, w.reply.by, w.gap, w.pump = w, w, w.gapAlone, func() {}
	w.stats.commands = make([]core.CommandStats, srv.registry.CommandCount())
	w.now = srv.readClock()
	srv.workers = append(srv.workers, w)
	return w
}

// stop begins a shutdown; the first reason wins.
func (srv *Server) stop(failure error) {
	srv.stopOnce.Do(func() {
		srv.failure = failure
		srv.loader.cancel()
		close(srv.stopping)
	})
}

// Stop ends the server and returns when everything has ended.
func (srv *Server) Stop() {
	srv.stop(nil)
	<-srv.stopped
}

// Wait serves until the server is stopped and returns why, nil if it was asked
// to.
func (srv *Server) Wait() error {
	<-srv.stopping
	srv.end()
	close(srv.stopped)
	return srv.failure
}

// end takes everything down, in the opposite order of begin.
func (srv *Server) end() {
	srv.net.CloseListeners()
	srv.net.Stop()
	for _, p := range srv.pipeEnds {
		p.stop()
	}
	srv.watch.end()
	if srv.cronDone != nil {
		<-srv.cronDone
	}
	for i := len(srv.started) - 1; i >= 0; i-- {
		if st, ok := srv.started[i].(core.Stopper); ok {
			st.Stop()
		}
	}
	srv.ks.Close()
	srv.buffers.Close()
}

// sharedClock is the time as of the last reading by anybody, Unix milliseconds.
// It is the one field of a Server that is written all the time: it has a cache
// line of its own, and is written only when it moves.
type sharedClock struct {
	_  [64]byte
	ms atomic.Int64
	_  [56]byte
}

// Load returns the time.
func (c *sharedClock) Load() int64 { return c.ms.Load() }

// Store sets the time.
func (c *sharedClock) Store(ms int64) {
	if c.ms.Load() != ms {
		c.ms.Store(ms)
	}
}

// readClock reads the time and publishes it; Unix milliseconds.
func (srv *Server) readClock() int64 {
	now := time.Now().UnixMilli()
	srv.clock.Store(now)
	return now
}

// keyEvents is the server as what the keyspace reports to.
type keyEvents Server

// Expired implements keyspace.Events: the deletion is repeated by logs and
// replicas, and is a keyspace event.
func (e *keyEvents) Expired(db int, key []byte) {
	e.gone(db, key, core.EventExpired, "expired", "lazyfree-lazy-expire")
}

// MemberExpired implements keyspace.Events: the removal is repeated by logs and
// replicas as the command that the type names.
func (e *keyEvents) MemberExpired(db int, key []byte, v keyspace.Value, member []byte) {
	if h := e.registry.Hooks; h.Feeding() {
		if t := e.registry.TypeOf(v); t != nil && t.Members.Command != "" {
			h.Feed(core.Fed{DB: db, Args: [][]byte{[]byte(t.Members.Command), key, member}})
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
func (e *keyEvents) gone(db int, key []byte, class core.Event, name, lazy string) {
	h := e.registry.Hooks
	if h.Feeding() {
		command := []byte("DEL")
		if v, ok := e.registry.Config.Find(lazy).(*config.BoolVar); ok && v.Load() {
			command = []byte("UNLINK")
		}
		h.Feed(core.Fed{DB: db, Args: [][]byte{command, key}})
	}
	h.Changed(core.Change{DB: db, Key: key, Class: class, Name: name})
}
