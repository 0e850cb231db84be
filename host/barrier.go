package host

// Replies that wait until what they tell of is safe: see core.Barrier. They
// collect in the session's pending replies, and what the client sends
// meanwhile is not executed, so that it holds up itself and nobody else.

// barred reports whether a reply that is made now has to wait, and puts s among
// those who do. Only what is made is asked for, not what is sent: what was let
// go once is free, however slowly the client takes it and whatever others write
// meanwhile. The lock is held.
func (w *worker) barred(s *session) bool {
	if s.heldAt != nil {
		return true
	}
	for _, b := range w.srv.barriers {
		if at := b.Held(); at != 0 {
			s.heldAt, s.heldFor, s.heldBreaks = b, at, b.Breaks()
			w.waiting = append(w.waiting, s)
			w.hasHeld.Store(true)
			// The barrier may have moved just before it could be seen that
			// somebody waits.
			if b.Passed(at) {
				w.note(w.release)
			}
			return true
		}
	}
	return false
}

// barrierMoved makes the workers let go of replies that may leave now. It is
// called by whoever keeps a barrier, on its own goroutine.
func (srv *Server) barrierMoved() {
	for _, w := range srv.workers {
		if w.hasHeld.Load() {
			w.post(w.release)
		}
	}
}

// release sends the replies of those who have waited enough. The lock is held.
func (w *worker) release() {
	all := w.waiting
	w.waiting = nil
	for _, s := range all {
		switch b := s.heldAt; {
		case s.closing == closed:
		case b.Breaks() != s.heldBreaks:
			s.heldAt = nil
			s.Close(false, "what it wrote cannot be made safe")
		case !b.Passed(s.heldFor):
			w.waiting = append(w.waiting, s)
		default:
			s.heldAt = nil
			w.touch(s)
			s.link.wantRead(true)
			w.proceed(s)
		}
	}
	w.hasHeld.Store(len(w.waiting) > 0)
}
