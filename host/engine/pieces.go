package engine

import "github.com/ferrousdb/ferrous/core/resp"

// Replies that take long to make: their beginnings are made by their commands, under
// the locks of the keys, and the rest afterwards, from values that are frozen (see
// core.Ctx.Later). The worker makes a piece in each of its turns, so that its other
// sessions wait for one piece at most, whoever and however many have asked for
// much. It does so however slowly the client takes what is made: then the values are
// free again soon, and the limits of output are asked as ever. The session executes
// nothing further meanwhile.

// rest is the part of a reply that is still to be made.
type rest struct {
	next  func(*resp.Writer) (more bool)
	proto int
}

// goOn notes that n parts of a session's replies are to be made, before they are put
// among what is pending. The worker's lock is held.
func (w *worker) goOn(s *session, n int) {
	if n > 0 && s.pending.Promised() == 0 {
		w.making = append(w.making, s)
	}
}

// makePiece makes a piece of a session's reply, whose turn it is. The worker's lock is held.
func (w *worker) makePiece(s *session) {
	if s.closing >= closeNow {
		return
	}
	s.Active = w.now
	w.piece(s)
	w.touch(s)
	switch {
	case s.closing >= closeNow:
	case s.pending.Promised() > 0:
		w.making = append(w.making, s)
	default:
		s.link.WantRead(true)
		w.proceed(s)
	}
}

// piece makes a piece of the first reply of a session that is still to be made.
func (w *worker) piece(s *session) {
	r := s.pending.First().(*rest)
	w.reply.s, w.w.Proto = s, r.proto
	more := r.next(&w.w)
	made, total := &w.reply.out, w.w.Mark()
	made.Add(w.w.Buf, false, w.eng.buffers)
	unwanted := w.w.Unwanted()
	if w.w.Reset(); unwanted {
		w.cutOff(s, int64(s.pending.Bytes()+total))
		made.Drop(w.eng.buffers)
		return
	}
	s.pending.Keep(made, more, w.eng.buffers)
}
