package host

import (
	"sync"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// pauseState is CLIENT PAUSE: until a time, commands are held back.
type pauseState struct {
	mu     sync.Mutex
	until  int64 // Unix milliseconds; 0 for no pause
	writes bool  // only commands that may write
	hides  bool  // expired keys stay for the pause's sake; with all shards locked
}

// Pause implements core.Server. A pause of everything does not weaken into one
// of writes, and none is ever shortened.
func (srv *Server) Pause(until int64, writesOnly bool) {
	p := &srv.pause
	p.mu.Lock()
	p.writes = writesOnly && (p.until == 0 || p.writes)
	p.until = max(p.until, until)
	srv.setGuard(guardPause, true)
	p.mu.Unlock()
	srv.workers[0].post(srv.pauseExpiry)
}

// Unpause implements core.Server.
func (srv *Server) Unpause() {
	srv.pause.mu.Lock()
	srv.endPause()
	srv.pause.mu.Unlock()
	srv.workers[0].post(srv.pauseExpiry)
}

// checkPause ends a pause whose time is up; cron calls it.
func (srv *Server) checkPause(now int64) {
	p := &srv.pause
	p.mu.Lock()
	over := p.until != 0 && now >= p.until
	if over {
		srv.endPause()
	}
	p.mu.Unlock()
	if over {
		srv.workers[0].post(srv.pauseExpiry)
	}
}

// endPause lets the sessions go on that were held back. The pause's mutex is
// held: a pause that begins now comes after.
func (srv *Server) endPause() {
	srv.pause.until = 0
	srv.setGuard(guardPause, false)
	for _, w := range srv.workers {
		w.post(w.unpause)
	}
}

// pauseExpiry keeps expired keys from being deleted while there is a pause,
// which is to leave the data as they are: they only look missing. It runs on a
// worker.
func (srv *Server) pauseExpiry() {
	srv.ks.Lock(keyspace.AllShards)
	defer srv.ks.Unlock(keyspace.AllShards)
	p := &srv.pause
	p.mu.Lock()
	defer p.mu.Unlock()
	switch mode := srv.ks.Expiry(); {
	case p.until != 0 && mode == keyspace.DeleteExpired:
		srv.ks.SetExpiry(keyspace.HideExpired)
		p.hides = true
	case p.until == 0 && p.hides:
		srv.ks.SetExpiry(keyspace.DeleteExpired)
		p.hides = false
	}
}

// holds reports whether a command of s with these flags has to wait.
func (p *pauseState) holds(s *session, flags core.Flags, now int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.until == 0 || now >= p.until || s.kind == core.ClientReplica || s.kind == core.ClientMaster {
		return false
	}
	return !p.writes || flags&(core.Write|core.MayReplicate) != 0
}
