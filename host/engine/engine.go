package engine

import (
	"math"
	"sync/atomic"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/host/network"
)

// Host is what the engine is a part of, and all that it asks of it.
type Host interface {
	core.Server // what handlers see

	// MakeRoom evicts keys until the data fit into maxmemory, as far as there is time.
	// False means that there is nothing left to evict: commands that may add to the
	// data are to be refused. No lock of the keyspace is held.
	MakeRoom(now int64) bool
	// NearLimit reports whether a batch of commands might pass maxmemory.
	NearLimit() bool
	// Replacing reports whether data are being brought in, in the place of those that
	// there were.
	Replacing() bool
	// Fail stops the server: nobody knows what a panic has left behind.
	Fail(why *Crash)
}

// Engine is all of a server that executes commands. Its methods that core.Execution
// asks for are described there.
type Engine struct {
	host     Host
	registry *core.Table
	params   *Params
	log      core.Logger
	ks       *keyspace.Keyspace
	buffers  *network.Buffers
	barriers []*core.Barrier
	start    time.Time       // what the clock of statistics begins at
	stopping <-chan struct{} // closed when the server is told to stop

	workers []*worker    // by id, which is also the order of their locks
	stopsAt atomic.Int32 // the worker whose mu is wanted by who has those of all before it: see stopWithin
	playing *worker      // executes what comes from no client
	alone   bool         // one event loop executes everything, but for TLS
	pipes   []*Pipe

	guard    atomic.Uint32 // see guardPause
	oomGuard *core.Switch
	blocked  *blocking
	pause    pauseState
	heldKeys heldKeys
	crowd    crowd
	watch    watchdog

	ahead        atomic.Int64 // milliseconds that the clock is ahead of the machine's, see FastForward
	clock        sharedClock
	ids          atomic.Uint64 // of sessions
	clients      atomic.Int64  // connected sessions
	writes       atomic.Int64  // that sent what a socket had not taken at first
	accepts      acceptStats
	httpSaid     minutely // the log warned of HTTP
	strangerSaid minutely // and of strangers that hold too much
}

// New makes an engine that executes nothing yet, and registers the hooks and guards
// that it needs. stopping is closed when the server is told to stop.
func New(host Host, registry *core.Registry, params *Params, stopping <-chan struct{}) *Engine {
	eng := &Engine{host: host, registry: registry.Table(), params: params, start: time.Now(), stopping: stopping}
	eng.pause.timer = time.NewTimer(math.MaxInt64) // for as long as there is no pause
	eng.blocked = newBlocking(eng, registry)
	eng.declareGuard(registry)
	eng.watch.declare(registry)
	return eng
}

// Open gives the engine the data, when the registry is frozen.
func (eng *Engine) Open(log core.Logger, ks *keyspace.Keyspace, buffers *network.Buffers) {
	eng.log, eng.ks, eng.buffers = log, ks, buffers
	eng.barriers = eng.registry.Barriers()
	for _, b := range eng.barriers {
		b.OnMove(eng.barrierMoved)
	}
}

// NewWorker makes a worker for a driver of connections.
func (eng *Engine) NewWorker() network.Worker { return eng.newWorker() }

// Complete makes the workers that no connection has: those of some pipes, and the one
// that executes what comes from no client, which is returned and wants to be driven.
// All others have been made; loops tells how many of them are event loops.
func (eng *Engine) Complete(loops, pipes int) network.Worker {
	eng.startPipes(pipes)
	eng.playing = eng.newWorker()
	eng.watch.spare, eng.watch.lane = eng.newExecutor(len(eng.workers)), eng.ks.NewLane()
	eng.alone = loops+pipes == 1
	return eng.playing
}

// Watch begins to look after commands that take long.
func (eng *Engine) Watch() { eng.watch.begin(eng) }

// End ends what the engine has begun. The drivers of its workers have ended.
func (eng *Engine) End() {
	for _, p := range eng.pipes {
		p.stop()
	}
	eng.watch.end()
	eng.pause.timer.Stop()
}

func (eng *Engine) newWorker() *worker {
	w := &worker{eng: eng, id: len(eng.workers), lane: eng.ks.NewLane(), arrivals: eng.ks.NewArrivals(), executor: eng.newExecutor(len(eng.workers))}
	w.ctx.Exec, w.reply.by, w.gap, w.pump = w, w, w.gapAlone, func() {}
	w.stats.commands = make([]core.CommandStats, eng.registry.CommandCount())
	w.now = eng.ReadClock()
	eng.workers = append(eng.workers, w)
	return w
}

// sharedClock is the time as of the last reading by anybody, Unix milliseconds.
// It is the one field of an Engine that is written all the time: it has a cache
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

// Now implements core.Execution.
func (eng *Engine) Now() int64 { return eng.clock.Load() }

// ReadClock reads the time and publishes it; Unix milliseconds.
func (eng *Engine) ReadClock() int64 {
	now := time.Now().UnixMilli() + eng.ahead.Load()
	eng.clock.Store(now)
	return now
}

// FastForward puts the clock that commands and expiry go by ahead of the machine's: for tests,
// which do not wait. Clients that are blocked until some time wait as long as before.
func (eng *Engine) FastForward(d time.Duration) {
	eng.ahead.Add(d.Milliseconds())
	eng.ReadClock()
}

func (eng *Engine) setGuard(bit uint32, on bool) {
	for {
		old := eng.guard.Load()
		next := old &^ bit
		if on {
			next |= bit
		}
		if eng.guard.CompareAndSwap(old, next) {
			return
		}
	}
}

// LimitMemory says whether maxmemory is set, so that room is to be made before
// commands run; all shards are locked.
func (eng *Engine) LimitMemory(on bool) {
	eng.setGuard(guardMemory, on)
	eng.oomGuard.Set(on)
}

// Halt lets no further command run: what was saved is to be the last word.
func (eng *Engine) Halt() { eng.setGuard(guardStopping, true) }

// Paused reports whether commands are held back, so that the data are to stay as they are.
func (eng *Engine) Paused() bool { return eng.guard.Load()&guardPause != 0 }
