package aof

import (
	"github.com/ferrousdb/ferrous/core"
)

func rows(m *module) []core.Command {
	return []core.Command{{
		Name: "bgrewriteaof", Run: m.bgrewriteaof, Arity: 1, Flags: core.Admin | core.NoScript | core.NoAsyncLoading,
		Doc: core.Doc{
			Summary: "Begins to rewrite the append-only file in the background, as short as the data allow.",
			Since:   "1.0.0", Group: "server", Complexity: "O(1)",
		},
	}, {
		Name: "waitaof", Run: m.waitAOF, Arity: 4, Flags: core.NoScript, ACL: core.CatConnection,
		Doc: core.Doc{
			Summary: "Waits until what was written is safe in the append-only file, and in those of replicas.",
			Since:   "7.2.0", Group: "generic", Complexity: "O(1)",
			Args: "numlocal:integer numreplicas:integer timeout:integer",
			Tips: []string{"request_policy:all_shards", "response_policy:agg_min"},
		},
	}}
}

func debugCommands(m *module) []core.DebugCommand {
	return []core.DebugCommand{
		{Name: "LOADAOF", Arity: 2, Run: m.debugLoad,
			Help: "Writes what is to be written of the append-only file, drops all data and loads the file."},
		{Name: "AOF-FLUSH-SLEEP", Args: "<microseconds>", Arity: 3, Run: m.debugFlushSleep,
			Help: "Waits so long before each write to the append-only file."},
	}
}

// bgrewriteaof is BGREWRITEAOF.
func (m *module) bgrewriteaof(c *core.Ctx) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.srv.Background().Running() == background:
		return core.Err("Background append only file rewriting already in progress")
	case c.NoBlock, !m.begin(): // within a transaction, or another job has the place
		m.scheduled = true
		m.limit.failures = 0
		c.Status("Background append only file rewriting scheduled")
	default:
		c.Status("Background append only file rewriting started")
	}
	return nil
}

func (m *module) debugFlushSleep(c *core.Ctx) error {
	micros, _ := c.ArgInt(2) // as in Redis, nonsense is zero
	m.w.delay.Store(micros * 1000)
	c.OK()
	return nil
}

// info writes the fields of INFO.
func (m *module) info(w *core.InfoWriter) {
	st := m.w.stats()
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.figures
	status := func(name string, bad bool) {
		if bad {
			w.String(name, "err")
		} else {
			w.String(name, "ok")
		}
	}
	w.Bool("aof_enabled", m.state != off)
	w.Bool("aof_rewrite_in_progress", m.rw != nil)
	w.Bool("aof_rewrite_scheduled", m.scheduled)
	last, current := int64(-1), int64(-1)
	if f.took >= 0 {
		last = int64(f.took.Seconds())
	}
	if m.rw != nil {
		current = m.rw.seconds()
	}
	w.Int("aof_last_rewrite_time_sec", last)
	w.Int("aof_current_rewrite_time_sec", current)
	status("aof_last_bgrewrite_status", f.failed)
	w.Int("aof_rewrites", f.rewrites)
	w.Int("aof_rewrites_consecutive_failures", m.limit.failures)
	status("aof_last_write_status", f.writeError)
	w.Int("aof_last_cow_size", f.cow)
	if !m.params.on.Load() {
		return
	}
	w.Int("aof_current_size", st.length)
	w.Int("aof_base_size", f.grown)
	w.Bool("aof_pending_rewrite", m.scheduled)
	w.Int("aof_buffer_length", st.buffered)
	w.Bool("aof_pending_bio_fsync", st.syncing)
	w.Int("aof_delayed_fsync", st.delayed)
}

// infoMemory tells what waits to be written.
func (m *module) infoMemory(w *core.InfoWriter) { w.Int("mem_aof_buffer", m.w.stats().buffered) }
