// Package scripting brings scripts in Lua: EVAL and its relatives, SCRIPT, FUNCTION and
// FCALL. How a script is read and run is package lua's business, below this one; here is what
// it means for a server: which scripts are known, what a script may call, what its
// effects become, and what ends one that does not end.
//
// Scripts may touch any key, declared or not, so their commands hold all shards
// (core.AllKeys), and everything that they share is theirs alone while they run:
// the cache of scripts, the statistics. Only what may be asked for meanwhile (SCRIPT KILL)
// is shared with others.
//
// It is linked in by New; nothing else of it is exported.
package scripting

import (
	"sync/atomic"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/modules/scripting/lua"
)

// New makes the module.
func New() core.Module { return &module{scripts: newCache(), libraries: newLibraries()} }

type module struct {
	server  core.Server
	log     core.Logger
	scripts *cache
	runners []*runner            // by Ctx.Loop, made when first needed
	engines atomic.Int64         // how many of them there are
	current atomic.Pointer[slow] // the one job that others see, because it is slow
	params  params

	anything atomic.Bool // scripts may call any command

	libraries *libraries
	functions atomic.Pointer[runner] // of all functions, made when first needed
}

// params are the limits of scripts beyond busy-reply-threshold, which is the host's.
type params struct {
	instructions *config.IntVar
	memory       *config.MemoryVar
	timeout      *config.IntVar
}

// Name implements core.Module.
func (*module) Name() string { return "scripting" }

// Register implements core.Module.
func (m *module) Register(r *core.Registry) error {
	r.Commands(m.rows()...)
	r.Commands(m.functionRows()...)
	r.Functions.Own(m)
	limit := func(name, doc string) config.Param {
		return config.Param{Name: name, Section: "scripts", Default: "0", Doc: doc + " 0 is no limit. A script that is over it ends with an error; what it has written stays, as after any error."}
	}
	m.params.instructions = r.Config.Int(limit("lua-instruction-limit", "How many instructions of the Lua machine a script may execute."), 0, 1<<62)
	m.params.memory = r.Config.Memory(limit("lua-memory-limit", "By how many bytes, about, a script may make the process grow."), 0, 1<<62)
	m.params.timeout = r.Config.Int(limit("lua-timeout", "How many milliseconds a script may run."), 0, 1<<40)
	r.Debug(core.DebugCommand{Name: "SET-DISABLE-DENY-SCRIPTS", Args: "<0|1>", Arity: 3, Run: m.debugDeny,
		Help: "Lets scripts call (1) commands that are not allowed in scripts, or no more (0). For tests."})
	r.Info(core.InfoSection{Name: "memory", Fill: m.info})
	r.Overhead("lua.caches", m.scripts.memory.Load)
	r.Overhead("functions.caches", func() int64 { _, _, memory := m.libraries.counts(); return memory })
	return nil
}

// Start implements core.Starter.
func (m *module) Start(s core.Server) error {
	m.server, m.log = s, s.Log().Named("scripting")
	m.runners = make([]*runner, s.Executors())
	return nil
}

// info fills in the part of the section memory that is about scripts.
func (m *module) info(w *core.InfoWriter) {
	human := func(name string, n int64) {
		w.Int(name, n)
		w.String(name+"_human", core.HumanBytes(n))
	}
	engines := engineSize * m.engines.Load()
	scripts := m.scripts.memory.Load()
	own := int64(0)
	if m.functions.Load() != nil {
		own = engineSize
	}
	libs, functions, memory := m.libraries.counts()
	w.Int("used_memory_vm_eval", engines)
	human("used_memory_lua", engines)
	w.Int("used_memory_scripts_eval", scripts)
	w.Int("number_of_cached_scripts", m.scripts.count.Load())
	w.Int("number_of_functions", int64(functions))
	w.Int("number_of_libraries", int64(libs))
	w.Int("used_memory_vm_functions", own)
	human("used_memory_vm_total", engines+own)
	w.Int("used_memory_functions", memory)
	human("used_memory_scripts", scripts+memory)
}

// engineSize is about what a Lua machine takes that has run nothing yet, as measured.
const engineSize = 192 << 10

// limits are those of the next script.
func (m *module) limits() lua.Limits {
	return lua.Limits{
		Instructions: m.params.instructions.Load(),
		Memory:       m.params.memory.Load(),
		Time:         millis(m.params.timeout.Load()),
	}
}
