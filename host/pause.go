package host

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
	until  int64       // Unix milliseconds; 0 for no pause
	writes bool        // only commands that may write
	held   bool        // these are held back until further notice: HoldWrites
	timer  *time.Timer // cron waits for it, and ends the pause
}

// Pause implements core.Server. A pause of everything does not weaken into one
// of writes, and none is ever shortened.
func (srv *Server) Pause(until int64, writesOnly bool) {
	p := &srv.pause
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writes = writesOnly && (p.until == 0 || p.writes)
	p.until = max(p.until, until)
	p.timer.Reset(time.Until(time.UnixMilli(p.until)))
	srv.ks.SetExpiry("pause", keyspace.HideExpired)
	srv.setGuard(guardPause, true)
}

// Unpause implements core.Server.
func (srv *Server) Unpause() {
	p := &srv.pause
	p.mu.Lock()
	defer p.mu.Unlock()
	srv.endPause()
}

// pauseOver ends a pause whose time is up; cron calls it.
func (srv *Server) pauseOver() {
	srv.ks.Lock(keyspace.AllShards)
	defer srv.ks.Unlock(keyspace.AllShards)
	p := &srv.pause
	p.mu.Lock()
	defer p.mu.Unlock()
	if left := time.Until(time.UnixMilli(p.until)); p.until != 0 && left > 0 { // it was prolonged
		p.timer.Reset(left)
		return
	}
	srv.endPause()
}

// endPause lets the sessions go on that were held back. The pause's mutex is
// held: a pause that begins now comes after.
func (srv *Server) endPause() {
	if srv.pause.until == 0 {
		return
	}
	srv.pause.until = 0
	srv.ks.SetExpiry("pause", keyspace.DeleteExpired)
	srv.setGuard(guardPause, srv.pause.held)
	srv.letGoOn()
}

// HoldWrites implements core.Server.
func (srv *Server) HoldWrites(on bool) {
	p := &srv.pause
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = on
	expired := keyspace.DeleteExpired
	if on {
		expired = keyspace.HideExpired
	}
	srv.ks.SetExpiry("held writes", expired)
	srv.setGuard(guardPause, on || p.until != 0)
	if !on {
		srv.letGoOn()
	}
}

// letGoOn has the sessions try again that were held back.
func (srv *Server) letGoOn() {
	for _, w := range srv.workers {
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
	return p.held && writes || p.until != 0 && (!p.writes || writes)
}
