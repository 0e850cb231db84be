package host

import (
	"strings"
	"sync"
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
	lastClock        int64            // monotonic nanoseconds at the end of the last command
}

// count records a command that has been answered and returns how long it took.
// cmd is nil for a request that was no command.
func (w *worker) count(cmd *core.Command, c *core.Ctx, ran, failed bool) (nanos int64) {
	if ran && w.timing {
		nanos = w.elapsed() + w.within.nanos
	}
	w.record(cmd, c, core.Done{Nanos: nanos, Failed: failed, Ran: ran})
	return nanos
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
	w.srv.registry.Hooks.After(c, d)
}

// elapsed returns the nanoseconds since the end of the previous command, or
// since the beginning of the batch: one reading of the clock per command
// instead of two. The parsing of a request is counted as part of it.
func (w *worker) elapsed() int64 {
	now := int64(time.Since(w.srv.start))
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

// usageSampler keeps the instantaneous rates of INFO, averages over the last
// sixteen seconds, and the peaks.
type usageSampler struct {
	mu         sync.Mutex
	at         int64
	last       traffic
	history    [16]traffic // per second
	next       int
	peakMemory int64
}

// traffic are the figures that rates are made of.
type traffic struct{ commands, in, out int64 }

// sample is called once a second by cron.
func (u *usageSampler) sample(now int64, srv *Server) {
	var total traffic
	for _, w := range srv.workers {
		w.mu.Lock()
		total.commands += w.stats.processed
		total.in += w.stats.netIn
		total.out += w.stats.netOut
		w.mu.Unlock()
	}
	used := srv.usedMemory()
	u.mu.Lock()
	defer u.mu.Unlock()
	u.peakMemory = max(u.peakMemory, used)
	if u.at != 0 && now > u.at {
		per := func(now, last, ms int64) int64 { return max(now-last, 0) * 1000 / ms }
		ms := now - u.at
		u.history[u.next%len(u.history)] = traffic{
			per(total.commands, u.last.commands, ms), per(total.in, u.last.in, ms), per(total.out, u.last.out, ms),
		}
		u.next++
	}
	u.at, u.last = now, total
}

// rates returns the averages.
func (u *usageSampler) rates() (t traffic) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, h := range u.history {
		t.commands += h.commands
		t.in += h.in
		t.out += h.out
	}
	n := int64(len(u.history))
	return traffic{t.commands / n, t.in / n, t.out / n}
}
