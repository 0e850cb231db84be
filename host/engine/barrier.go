package engine

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
	for _, b := range w.eng.barriers {
		at := b.Held()
		// A barrier that was broken since the worker woke up may have let go what
		// was not waiting for it yet: the write of which this is the reply. It is
		// asked after Held, since breaking is told before it lets go.
		if s.wrote && w.eng.breaks() != w.breaks {
			s.Close(false, unsafeReply)
			return true
		}
		if at != 0 {
			s.heldAt, s.heldFor, s.heldBreaks, s.heldWrote = b, at, w.breaks, s.wrote
			w.waiting = queueUp(w.waiting, s)
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

// unsafeReply is why a session ends that a barrier was broken for.
const unsafeReply = "what it wrote cannot be made safe"

// breaks returns how often barriers have been broken.
func (eng *Engine) breaks() (n uint64) {
	for _, b := range eng.barriers {
		n += b.Breaks()
	}
	return n
}

// barrierMoved makes the workers let go of replies that may leave now. It is
// called by whoever keeps a barrier, on its own goroutine.
func (eng *Engine) barrierMoved() {
	for _, w := range eng.workers {
		if w.hasHeld.Load() {
			w.Post(w.release)
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
		case w.eng.breaks() != s.heldBreaks && s.heldWrote:
			s.heldAt = nil
			s.Close(false, unsafeReply)
		case !b.Passed(s.heldFor) && w.eng.breaks() == s.heldBreaks:
			w.waiting = append(w.waiting, s)
		default:
			s.heldAt = nil
			w.touch(s)
			s.link.WantRead(true)
			w.proceed(s)
		}
	}
	w.hasHeld.Store(len(w.waiting) > 0)
}
