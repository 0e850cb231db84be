package host

import "github.com/ferrousdb/ferrous/core"

// uncounted is how much of a client's replies the limits overlook: what Redis
// keeps in the client itself.
const uncounted = 16 << 10

// checkOutput disconnects a client whose replies, those that it has not read and
// more that are about to be sent, exceed the limits of its class: at once above
// the hard limit, after some time above the soft one. The lock of its worker is
// held.
func (w *worker) checkOutput(s *session, more int) {
	used := int64(s.pending.bytes + more)
	if used == 0 || s.kind == core.ClientMaster {
		s.softSince = 0
		return
	}
	limits := w.srv.params.outputLimits.Load()
	l := limits[outputClass(s.kind)]
	hard := l.hard > 0 && used >= l.hard
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
	if (hard || soft) && s.closing < closeNow {
		w.stats.outputLimitDrops++
		w.srv.log.Warn("Client scheduled to be closed ASAP for overcoming of output buffer limits.", "id", s.ID, "addr", s.Addr, "class", s.kind.String(), "bytes", used)
		s.closing, s.reason = closeNow, "output buffer limit"
		w.touch(s)
	}
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
