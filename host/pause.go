package host

import (
	"sync"

	"github.com/ferrousdb/ferrous/core"
)

// pauseState is CLIENT PAUSE: until a time, commands are held back.
type pauseState struct {
	mu     sync.Mutex
	until  int64 // Unix milliseconds; 0 for no pause
	writes bool  // only commands that may write
}

// set begins a pause or adds to one: it is never shortened, and a pause of
// everything does not weaken into one of writes.
func (p *pauseState) set(until int64, writesOnly bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writes = writesOnly && (p.until == 0 || p.writes)
	p.until = max(p.until, until)
}

func (p *pauseState) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until = 0
}

// over reports whether a pause has come to its end, and clears it.
func (p *pauseState) over(now int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.until == 0 || now < p.until {
		return false
	}
	p.until = 0
	return true
}

// holds reports whether a command of s has to wait.
func (p *pauseState) holds(s *session, cmd *core.Command, now int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.until == 0 || now >= p.until || s.kind == core.ClientReplica || s.kind == core.ClientMaster {
		return false
	}
	return !p.writes || cmd.Flags&(core.Write|core.MayReplicate) != 0
}
