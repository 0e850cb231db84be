// Package toplist knows which keys are used most and which are the largest, while the server
// runs: TOPLIST HOTKEYS, TOPLIST BIGKEYS, and a section of INFO.
//
// Hot keys are counted in a sample of the commands (sampler.go) by the algorithm Space-Saving
// (summary.go), so that the error of every count is bounded and told. Large keys are found
// by walking through the keys over and over, a moment at a time (walk.go).
//
// It is off by default. When it is off a command pays for the hook's branch, which it shares
// with others (core.Registry.OnExecuted); when it is on, for counting down to the next sample.
//
// New is all that is exported. It never changes a key, nor when one was last used.
package toplist

import (
	"sync/atomic"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
)

// New makes the module.
func New() core.Module { return &module{} }

type module struct {
	srv core.Server

	enabled *config.BoolVar
	size    *config.IntVar // keys of a list
	sample  *config.IntVar // one of so many commands
	window  *config.IntVar // seconds that hot keys are counted over

	ran   *core.Switch
	loops atomic.Pointer[[]sampler] // by Ctx.Loop; nil while off
	walk  walk
}

// Name implements core.Module.
func (*module) Name() string { return "toplist" }

// Register implements core.Module.
func (m *module) Register(r *core.Registry) error {
	par := func(name, def, doc string) config.Param {
		return config.Param{Name: name, Section: "toplist", Default: def, Doc: doc}
	}
	m.enabled = r.Config.Bool(par("toplist-enabled", "no", "Keep lists of the keys that are used most and of the largest, for TOPLIST and INFO toplist."))
	m.size = r.Config.Int(par("toplist-size", "32", "How many keys each list has."), 1, 1024)
	m.sample = r.Config.Int(par("toplist-sample", "256", "Of how many commands one is looked at for hot keys. Fewer are more exact and cost more."), 1, 1<<20)
	m.window = r.Config.Int(par("toplist-window", "60", "Seconds over which hot keys are counted: those that are over and those under way."), 1, 86400)
	r.Config.Apply(m.apply, m.enabled, m.size, m.sample, m.window)
	m.ran = r.OnExecuted(m.sampled)
	r.OnTick(m.tick)
	r.OnResetStats(m.reset)
	r.Info(core.InfoSection{Name: "toplist", Fill: m.info, Look: m.look})
	r.Commands(m.rows()...)
	return nil
}

// Start implements core.Starter.
func (m *module) Start(s core.Server) error {
	m.srv = s
	return m.apply()
}

// apply puts the parameters in force: every list begins anew. No command runs meanwhile.
func (m *module) apply() error {
	if m.srv == nil {
		return nil
	}
	m.ran.Set(m.enabled.Load())
	if !m.enabled.Load() {
		m.loops.Store(nil)
		m.walk.forget()
		return nil
	}
	m.reset()
	return nil
}

// reset begins every list anew; no command runs meanwhile.
func (m *module) reset() {
	if !m.enabled.Load() {
		return
	}
	loops := make([]sampler, m.srv.Executors())
	for i := range loops {
		loops[i].init(i, m.sample.Load(), countersFor(m.size.Load()), m.srv.Now())
	}
	m.loops.Store(&loops)
	m.walk.forget()
}

// tick is a moment of background work.
func (m *module) tick(now int64) {
	loops := m.loops.Load()
	if loops == nil {
		return
	}
	for i := range *loops {
		(*loops)[i].turn(now, m.window.Load()*1000)
	}
	m.walk.step(m.srv, int(m.size.Load()), now)
}
