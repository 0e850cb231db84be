package core

import "time"

// What watches the server at work stands on three hooks, each off until somebody
// wants it: OnMonitor for each command as clients sent it (MONITOR), OnAfter for
// each command that has run and how long it took (the slow log, statistics), and
// OnLatency for background work that has held commands up.

// OnMonitor registers a hook that is shown every command of clients that is not
// administrative, right after it has run. The locks of its keys are still held,
// so that commands on one key are shown in the order in which they ran. Rows
// with SkipMonitor say themselves when they are to be shown; see Ctx.Show.
func (r *Registry) OnMonitor(fn func(c *Ctx)) *Switch {
	sw := r.Hooks.newSwitch(4)
	r.Hooks.show = append(r.Hooks.show, hook[func(*Ctx)]{sw, fn})
	return sw
}

// OnLatency registers a hook for what has held commands up and is no command
// itself. It is called from any goroutine, possibly with locks held.
func (r *Registry) OnLatency(fn func(event string, took time.Duration)) *Switch {
	sw := r.Hooks.newSwitch(5)
	r.Hooks.latency = append(r.Hooks.latency, hook[func(string, time.Duration)]{sw, fn})
	return sw
}

// OnResetStats registers what CONFIG RESETSTAT is to set to zero; every event
// loop stands still then.
func (r *Registry) OnResetStats(fn func()) { r.resets = append(r.resets, fn) }

// StatsResets returns what OnResetStats has registered; it is the host's.
func (r *Table) StatsResets() []func() { return r.resets }

// Showing reports whether any hook of OnMonitor is on.
func (h *Hooks) Showing() bool { return h.any(hookShow) }

// Following reports whether any hook of OnAfter is on; commands are timed then.
func (h *Hooks) Following() bool { return h.any(hookAfter) }

// TimesLatency reports whether any hook of OnLatency is on: only then is the
// time of background work taken.
func (h *Hooks) TimesLatency() bool { return h.any(hookLatency) }

// Latency tells the hooks that something has held commands up for so long.
func (h *Hooks) Latency(event string, took time.Duration) {
	if !h.any(hookLatency) {
		return
	}
	for _, x := range h.latency {
		if x.sw.on.Load() {
			x.fn(event, took)
		}
	}
}

// Show shows the command to those who watch (OnMonitor). The host calls it for all
// but rows with SkipMonitor, whose handlers do: they run commands of their own
// and want to be seen before these.
func (c *Ctx) Show() {
	if !c.Hooks.any(hookShow) {
		return
	}
	for _, x := range c.Hooks.show {
		if x.sw.on.Load() {
			x.fn(c)
		}
	}
}

// Redacted is what is shown in the place of a secret.
const Redacted = "(redacted)"

// Secrets calls hide for every argument of a call that is not to be shown in
// logs: those that its row names, or all if it names none.
func (c *Ctx) Secrets(hide func(arg int)) {
	switch cmd := c.Cmd; {
	case cmd.Flags&Sensitive == 0:
	case cmd.Redact != nil:
		cmd.Redact(c, hide)
	default:
		first := 1
		if cmd.Container() != nil {
			first = 2
		}
		for i := first; i < len(c.Args); i++ {
			hide(i)
		}
	}
}

// Figures are what the host knows of itself, for INFO and the like.
type Figures interface {
	// Executors returns how many executors of commands there are: Ctx.Loop is
	// below it. It does not change once modules are started.
	Executors() int
	// Memory tells what takes how much memory; only for commands with AllKeys and
	// AllSessions, those with Surveys too.
	Memory(c *Ctx) MemoryUse
}

// MemoryUse is what takes how many bytes.
type MemoryUse struct {
	Used     int64 // what maxmemory is compared with: Startup and Data
	Peak     int64 // the most that Used has been
	Startup  int64 // by the server when there were no data yet
	Data     int64
	Keys     int64 // of all databases
	Clients  int64 // by the buffers of all clients, of which there are Sessions
	Sessions int64
	Resident int64 // of the process, as the system sees it
	GoHeap   int64 // of the Go runtime: everything but the data
}
