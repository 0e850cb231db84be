package engine

import (
	"sync/atomic"

	"github.com/ferrousdb/ferrous/core"
)

// What a client may make the server hold of its input is told by the parser's
// limits and by client-query-buffer-limit, of its output by the limits of its
// class. A stranger, one that has yet to authenticate, has limits of its own,
// which no parameter can take away: it needs no more than to say who it is.

// uncounted is how much of a client's replies the limits overlook: what Redis
// keeps in the client itself.
const uncounted = 16 << 10

const (
	strangerOutput = uncounted + 1<<10 // bytes of replies not yet sent
	strangerQuery  = 1 << 20           // bytes of requests, while they are held back by a pause
)

// queryLimit is how many bytes of requests not yet executed are kept for a
// session at most.
func (s *session) queryLimit() int64 {
	limit := s.eng.params.queryLimit.Load()
	if !s.Authenticated {
		limit = min(limit, strangerQuery)
	}
	return limit
}

// checkOutput disconnects a client whose replies, those that it has not read and
// more that are about to be sent, exceed the limits of its class: at once above
// the hard limit, after some time above the soft one. The lock of its worker is
// held.
func (w *worker) checkOutput(s *session, more int) {
	used := int64(s.pending.Bytes()+more) + s.behind()
	if used == 0 || s.kind == core.ClientMaster {
		s.softSince = 0
		return
	}
	l := s.outputLimit()
	hard := s.overHard(used) && !s.relieved(used)
	soft := l.soft > 0 && used >= l.soft
	switch {
	case !soft:
		s.softSince = 0
	case s.softSince == 0:
		s.softSince = w.now
		soft = false
	default:
		soft = (w.now-s.softSince)/1000 >= l.seconds
	}
	if hard || soft && !s.relieved(used) {
		w.cutOff(s, used)
	}
}

// relieved reports whether a session may have more than its limits, since what it has
// comes from a source that can do something about it.
func (s *session) relieved(used int64) bool { return s.source != nil && s.source.Relieve(used) }

// overHard reports whether so many bytes of replies are more than the session may
// ever have.
func (s *session) overHard(used int64) bool {
	if s.kind == core.ClientMaster {
		return false
	}
	l := s.outputLimit()
	return l.hard > 0 && used >= l.hard || !s.Authenticated && used > strangerOutput
}

// outputLimit returns the limits of the session's class.
func (s *session) outputLimit() outputLimit {
	return s.eng.params.outputLimits.Load()[outputClass(s.kind)]
}

// cutOff disconnects a client whose replies are too much. The lock of its worker
// is held.
func (w *worker) cutOff(s *session, used int64) {
	if s.closing < closeNow {
		w.stats.outputLimitDrops++
		w.complain(s, "Client scheduled to be closed ASAP for overcoming of output buffer limits.", used)
		s.closing, s.reason = closeNow, "output buffer limit"
		w.touch(s)
	}
}

// complain logs that a client is disconnected for what it holds; of strangers
// once a minute only, else they could fill the log.
func (w *worker) complain(s *session, what string, bytes int64) {
	say := w.eng.log.Warn
	if !s.Authenticated && !w.eng.strangerSaid.due(w.now) {
		say = w.eng.log.Debug
	}
	say(what, "id", s.ID, "addr", s.Addr, "class", s.kind.String(), "authenticated", s.Authenticated, "bytes", bytes)
}

// minutely lets something be said once a minute, whoever wants to.
type minutely struct{ last atomic.Int64 } // Unix milliseconds

func (m *minutely) due(now int64) bool {
	last := m.last.Load()
	return now-last >= 60_000 && m.last.CompareAndSwap(last, now)
}

func outputClass(t core.ClientType) int {
	switch t {
	case core.ClientReplica:
		return 1
	case core.ClientPubSub:
		return 2
	}
	return 0
}
