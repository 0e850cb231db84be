// Package observability brings what one watches a server with: MONITOR, the slow
// log (SLOWLOG), the latency monitor and the histograms of command durations
// (LATENCY, INFO latencystats), and the subcommands of MEMORY about the whole
// server.
//
// All of it stands on three hooks of core: one shows commands, one tells how long
// they took, one tells of background work that held commands up. Each hook is off
// unless a client monitors or a parameter asks for it, and what is off costs a
// command one branch. What is counted for every command is kept apart for every
// event loop, so that counting takes no lock; what is kept of slow commands is
// guarded by a mutex, under which nothing else is locked.
//
// It is linked in by New; nothing else is exported. It never runs commands.
package observability

import (
	"math"
	"sync/atomic"
	"time"

	"github.com/ferrousdb/ferrous/core"
)

// New makes the module.
func New() core.Module { return &module{} }

type module struct {
	srv      core.Server
	registry *core.Table
	params   params
	monitors monitors
	slow     slowLog
	events   events

	// loops are the histograms of each executor of commands. That of a loop is
	// written by the loop alone, and read while it stands still.
	loops []histograms

	follow  *core.Switch // of after
	late    *core.Switch // of latency
	track   atomic.Bool  // histograms are kept
	slowest atomic.Int64 // nanoseconds from which on a command goes into the slow log
	spike   atomic.Int64 // and from which on it is an event of the latency monitor
	either  atomic.Int64 // the lower one
	forks   atomic.Int64 // snapshots that the latency monitor knows of
}

// Name implements core.Module.
func (*module) Name() string { return "observability" }

// Register implements core.Module.
func (m *module) Register(r *core.Registry) error {
	m.registry = r.Table()
	m.params.declare(r.Config)
	m.slow.maxArgs, m.slow.maxString = m.params.slowArgs, m.params.slowString
	r.Config.Apply(m.apply, m.params.watched(r.Config)...)
	m.monitors.declare(r)
	m.follow = r.OnAfter(m.after)
	m.late = r.OnLatency(m.latency)
	r.OnTick(m.lookForForks)
	r.OnResetStats(m.forget)
	r.Info(core.InfoSection{Name: "latencystats", Extra: true, Fill: m.infoLatency, Look: m.lookForInfo})
	r.Commands(m.rows()...)
	r.Extend("memory", m.memoryRows()...)
	return nil
}

// Start implements core.Starter.
func (m *module) Start(s core.Server) error {
	m.srv = s
	m.monitors.srv = s
	m.loops = make([]histograms, s.Executors())
	for i := range m.loops {
		m.loops[i].all = make([]*histogram, m.registry.CommandCount())
	}
	return m.apply()
}

// apply puts the parameters in force: which hooks are on, and from which
// durations on.
func (m *module) apply() error {
	if m.srv == nil {
		return nil
	}
	p := &m.params
	slowest, spike := int64(math.MaxInt64), int64(math.MaxInt64)
	if us := p.slowerThan.Load(); us >= 0 && p.slowLog.Load() {
		slowest = scaled(us, time.Microsecond)
	}
	if ms := p.threshold.Load(); ms > 0 {
		spike = scaled(ms, time.Millisecond)
	}
	m.slowest.Store(slowest)
	m.spike.Store(spike)
	m.either.Store(min(slowest, spike))
	m.track.Store(p.tracks())
	m.follow.Set(min(slowest, spike) < math.MaxInt64 || p.tracks())
	m.late.Set(spike < math.MaxInt64)
	m.slow.limit(p.slowMax.Load())
	if !p.monitor.Load() {
		m.monitors.endAll()
	}
	return nil
}

// scaled returns n units in nanoseconds, as far as they go.
func scaled(n int64, unit time.Duration) int64 {
	if n > (math.MaxInt64-1)/int64(unit) {
		return math.MaxInt64 - 1
	}
	return n * int64(unit)
}

// after is the hook for commands that have been answered.
func (m *module) after(c *core.Ctx, d core.Done) {
	if !d.Ran {
		return
	}
	if m.track.Load() {
		m.loops[c.Loop].of(c.Cmd).record(d.Nanos)
	}
	if d.Nanos >= m.either.Load() {
		m.afterSlow(c, d.Nanos)
	}
}

// afterSlow is after for the few commands that are slow in some sense.
func (m *module) afterSlow(c *core.Ctx, nanos int64) {
	if nanos >= m.spike.Load() {
		event := "command"
		if c.Cmd.Flags&core.Fast != 0 {
			event = "fast-command"
		}
		m.events.add(event, nanos/int64(time.Millisecond), m.srv.Now())
	}
	if nanos >= m.slowest.Load() && c.Cmd.Flags&core.SkipSlowlog == 0 {
		m.slow.add(c, nanos)
	}
}

// latency is the hook for background work that has held commands up.
func (m *module) latency(event string, took time.Duration) {
	if int64(took) >= m.spike.Load() {
		m.events.add(event, took.Milliseconds(), m.srv.Now())
	}
}

// lookForForks makes an event of what stands in the place of a fork: all shards
// are locked while a snapshot is taken.
func (m *module) lookForForks(int64) {
	snaps := m.srv.Keyspace().Snapshots()
	if m.forks.Swap(snaps.Taken) != snaps.Taken {
		m.latency("fork", snaps.LastPause)
	}
}
