package engine

import (
	"strings"
	"time"

	"github.com/ferrousdb/ferrous/core"
)

// workerStats are a worker's counters, guarded by its lock: no atomics on the
// hot path. INFO adds them up with all workers standing still.
type workerStats struct {
	commands         []core.CommandStats // by the row's ID
	processed        int64
	dirty            int64
	netIn, netOut    int64
	reads, writes    int64
	protocolErrors   int64
	outputLimitDrops int64
	errors           map[string]int64 // replies by error code
	turns            int64            // of the driver
	turning          int64            // nanoseconds of those, while they are timed
	running          int64            // nanoseconds of the commands among them, those within others left out
	lastClock        int64            // monotonic nanoseconds at the end of the last command
}

// count records a command that has been answered and returns how long it took.
// cmd is nil for a request that was no command.
func (w *worker) count(cmd *core.Command, c *core.Ctx, ran, failed bool) (nanos int64) {
	if ran && w.timing {
		nanos = w.elapsed() + w.within.nanos
		w.stats.running += nanos
	}
	w.record(cmd, c, core.Done{Nanos: nanos, Failed: failed, Ran: ran})
	return nanos
}

// CountRefused implements core.Executor.
func (w *worker) CountRefused(cmd *core.Command, text string) {
	if cmd != nil {
		w.stats.commands[cmd.ID()].Rejected++
	}
	w.countError(text)
}

// record adds a command to the statistics and tells the hooks of it.
func (w *worker) record(cmd *core.Command, c *core.Ctx, d core.Done) {
	if cmd != nil {
		st := &w.stats.commands[cmd.ID()]
		if d.Ran {
			w.stats.processed++
			st.Calls++
			st.Nanos += d.Nanos
			if d.Failed {
				st.Failed++
			}
		} else {
			st.Rejected++
		}
	}
	if d.Failed && !c.Counted {
		w.countError(c.LastError())
	}
	w.eng.registry.Hooks.After(c, d)
}

// countTurn records a turn of the driver that began then, in nanoseconds of the engine's clock.
func (w *worker) countTurn(begun int64) {
	w.stats.turns++
	if w.timing {
		w.stats.turning += max(int64(time.Since(w.eng.start))-begun, 0)
	}
}

// elapsed returns the nanoseconds since the end of the previous command, or
// since the beginning of the batch: one reading of the clock per command
// instead of two. The parsing of a request is counted as part of it.
func (w *worker) elapsed() int64 {
	now := int64(time.Since(w.eng.start))
	d := now - w.stats.lastClock
	w.stats.lastClock = now
	return max(d, 0)
}

func (w *worker) countError(text string) {
	code, _, _ := strings.Cut(text, " ")
	if w.stats.errors == nil {
		w.stats.errors = map[string]int64{}
	}
	if len(w.stats.errors) < 128 || w.stats.errors[code] > 0 {
		w.stats.errors[code]++
	}
}

// reset sets the counters to zero, for CONFIG RESETSTAT.
func (st *workerStats) reset() {
	clear(st.commands)
	*st = workerStats{commands: st.commands, dirty: st.dirty, lastClock: st.lastClock}
}
