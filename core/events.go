package core

import (
	"sync"
	"sync/atomic"
	"time"
)

// Event is a class of keyspace events, for notify-keyspace-events.
type Event uint32

// The classes, with their letters in notify-keyspace-events.
const (
	EventGeneric Event = 1 << iota // g
	EventString                    // $
	EventList                      // l
	EventSet                       // s
	EventHash                      // h
	EventZSet                      // z
	EventExpired                   // x
	EventEvicted                   // e
	EventStream                    // t
	EventKeyMiss                   // m
	EventModule                    // d
	EventNew                       // n
)

// Change is what happened to a key.
type Change struct {
	DB    int
	Key   []byte // valid during the call
	Class Event
	Name  string // the event's name: "set", "del", "expired"; "" for none
}

// Only reports whether this is only news, no change: a read that found nothing,
// or a new key, whose change follows. WATCH and caches have no use for it.
func (ch Change) Only() bool { return ch.Class&(EventKeyMiss|EventNew) != 0 }

// Done is what a hook learns about a command that has run.
type Done struct {
	// Nanos is the duration in nanoseconds. Of a command that has waited for a
	// key it is that of the retry that served it, 0 if the wait just ended.
	Nanos  int64
	Failed bool // an error was replied
	// Ran is false for a command that was refused, or that does not exist: then
	// c.Cmd may be nil.
	Ran bool
}

// hookKind is a bit of Hooks.active.
type hookKind uint32

const (
	hookChange hookKind = 1 << iota
	hookFeed
	hookBefore
	hookAfter
	hookShow
	hookLatency
	hookRan
	hookTurn
	hookGuard
	hookStream
	hookKinds = 10
)

// Hooks holds what modules want to be told of. A hook is off until its Switch
// is turned on; while all hooks of a kind are off the kind costs one load and
// one branch.
type Hooks struct {
	feedMu  sync.Mutex     // keeps the feeds of several event loops apart: a unit has no stranger in it
	encoded []byte         // the command that is being fed, for several listeners; feedMu
	mu      sync.Mutex     // of on
	on      [hookKinds]int // how many switches of each kind are on

	// What follows every command reads, and what is above every write does that is fed.
	_      [64]byte
	active atomic.Uint32
	unit   *Ctx // see FeedGoneTo; written with all locks held, read with any

	change []hook[func(c *Ctx, ch Change)]
	flush  []func(c *Ctx, db int)
	swap   []func(c *Ctx, a, b int)
	feed   []hook[func(f Fed)]
	stream []hook[func(db int, raw []byte)]
	guards []hook[Guard]
	before []hook[func(c *Ctx, where Where) error]
	after  []hook[func(c *Ctx, d Done)]
	show   []hook[func(c *Ctx)]

	latency []hook[func(event string, took time.Duration)]
	ran     []hook[func(c *Ctx)]
	turn    []hook[func(loop int)]

	opened []func(s *Session)
	closed []func(s *Session)
	reset  []func(s *Session)
}

type hook[F any] struct {
	sw *Switch
	fn F
}

// Switch turns a hook on and off. It may be used from any goroutine; a call
// that is under way when it is turned off still runs.
type Switch struct {
	hooks *Hooks
	kind  int
	on    atomic.Bool
}

// Set turns the hook on or off.
func (s *Switch) Set(on bool) {
	if s.on.Load() == on { // as most often where it is said again and again: nothing is written that others read
		return
	}
	h := s.hooks
	h.mu.Lock()
	defer h.mu.Unlock()
	switch was := s.on.Load(); {
	case was == on:
		return
	case on:
		h.on[s.kind]++
	default:
		s.on.Store(false)
		h.on[s.kind]--
	}
	var mask uint32
	for i, n := range h.on {
		if n > 0 {
			mask |= 1 << i
		}
	}
	h.active.Store(mask)
	if on { // last: who sees it need do nothing more
		s.on.Store(true)
	}
}

// On reports whether the hook is on.
func (s *Switch) On() bool { return s.on.Load() }

func (h *Hooks) newSwitch(kind int) *Switch { return &Switch{hooks: h, kind: kind} }

func (h *Hooks) any(k hookKind) bool { return h.active.Load()&uint32(k) != 0 }

func (h *Hooks) changed(c *Ctx, ch Change) {
	for _, x := range h.change {
		if x.sw.on.Load() {
			x.fn(c, ch)
		}
	}
}

// Changed tells the hooks of a change that no command made (an expired or
// evicted key). c is nil then.
func (h *Hooks) Changed(ch Change) {
	if h.any(hookChange) {
		h.changed(nil, ch)
	}
}

// Flushed tells the hooks that a database (-1: every one) was emptied.
func (h *Hooks) Flushed(c *Ctx, db int) {
	for _, fn := range h.flush {
		fn(c, db)
	}
}

// Swapped tells the hooks that two databases have exchanged their contents.
func (h *Hooks) Swapped(c *Ctx, a, b int) {
	c.feed.swapped = true
	for _, fn := range h.swap {
		fn(c, a, b)
	}
}

// After tells the hooks that a command has run.
func (h *Hooks) After(c *Ctx, d Done) {
	if !h.any(hookAfter) {
		return
	}
	for _, x := range h.after {
		if x.sw.on.Load() {
			x.fn(c, d)
		}
	}
}

// Opened and Closed bracket a session's life, on the session's own loop.
func (h *Hooks) Opened(s *Session) {
	for _, fn := range h.opened {
		fn(s)
	}
}

// Closed: see Opened. What a session has to give up it gives up first.
func (h *Hooks) Closed(s *Session) {
	h.Reset(s)
	for _, fn := range h.closed {
		fn(s)
	}
}

// Reset tells the hooks that a session gives up all its state: RESET, or its end.
func (h *Hooks) Reset(s *Session) {
	for _, fn := range h.reset {
		fn(s)
	}
}
