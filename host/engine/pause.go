package engine

import (
	"sync"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// pauseState is CLIENT PAUSE: until a time, commands are held back. It begins and
// ends with all shards locked, so that what a pause means for expired keys (they
// look missing and stay, since the data are to be left as they are) is in force for
// every command that it holds back, and for none that it lets go.
type pauseState struct {
	mu     sync.Mutex
	until  int64           // Unix milliseconds; 0 for no pause
	writes bool            // only commands that may write
	held   map[string]bool // why these are held back until further notice: HoldWrites
	timer  *time.Timer     // whoever reads PauseEnds waits for it
}

// Pause implements core.Execution. A pause of everything does not weaken into one
// of writes, and none is ever shortened.
func (eng *Engine) Pause(until int64, writesOnly bool) {
	p := &eng.pause
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writes = writesOnly && (p.until == 0 || p.writes)
	p.until = max(p.until, until)
	p.timer.Reset(time.Until(time.UnixMilli(p.until)))
	eng.ks.SetExpiry("pause", keyspace.HideExpired)
	eng.setGuard(guardPause, true)
}

// Unpause implements core.Execution.
func (eng *Engine) Unpause() {
	p := &eng.pause
	p.mu.Lock()
	defer p.mu.Unlock()
	eng.endPause()
}

// PauseEnds tells when the time of a pause may be up: then PauseOver is to be called.
func (eng *Engine) PauseEnds() <-chan time.Time { return eng.pause.timer.C }

// PauseOver ends a pause whose time is up.
func (eng *Engine) PauseOver() {
	eng.ks.Lock(keyspace.AllShards)
	defer eng.ks.Unlock(keyspace.AllShards)
	p := &eng.pause
	p.mu.Lock()
	defer p.mu.Unlock()
	if left := time.Until(time.UnixMilli(p.until)); p.until != 0 && left > 0 { // it was prolonged
		p.timer.Reset(left)
		return
	}
	eng.endPause()
}

// endPause lets the sessions go on that were held back. The pause's mutex is
// held: a pause that begins now comes after.
func (eng *Engine) endPause() {
	if eng.pause.until == 0 {
		return
	}
	eng.pause.until = 0
	eng.ks.SetExpiry("pause", keyspace.DeleteExpired)
	eng.setGuard(guardPause, len(eng.pause.held) > 0)
	eng.letGoOn()
}

// HoldWrites implements core.Execution.
func (eng *Engine) HoldWrites(why string, on bool) {
	p := &eng.pause
	p.mu.Lock()
	defer p.mu.Unlock()
	expired := keyspace.DeleteExpired
	if on {
		expired = keyspace.HideExpired
		if p.held == nil {
			p.held = map[string]bool{}
		}
		p.held[why] = true
	} else {
		delete(p.held, why)
	}
	eng.ks.SetExpiry(why, expired)
	eng.setGuard(guardPause, len(p.held) > 0 || p.until != 0)
	if !on {
		eng.letGoOn()
	}
}

// letGoOn has the sessions try again that were held back.
func (eng *Engine) letGoOn() {
	for _, w := range eng.workers {
		w.Post(w.unpause)
	}
}

// holds reports whether a command of s with these flags has to wait.
func (p *pauseState) holds(s *session, flags core.Flags) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.kind == core.ClientReplica || s.kind == core.ClientMaster {
		return false
	}
	writes := flags&(core.Write|core.MayReplicate) != 0
	return len(p.held) > 0 && writes || p.until != 0 && (!p.writes || writes)
}
