package engine

import (
	"slices"

	"github.com/ferrousdb/ferrous/core"
)

// Deliver implements core.Executor. A message for a session of this worker need
// not go through the mailbox, unless
//
//   - it is the session whose command runs: its reply comes first;
//   - there is mail already, which the message must not overtake;
//   - a barrier is in use: what the message tells of may not be fed yet, and so
//     would not be held.
//
// The worker's lock is held.
func (w *worker) Deliver(to *core.Session, m *core.Message) {
	s, ok := to.Conn.(*session)
	if !ok || s.worker != w || to == w.ctx.Session || w.hasMail.Load() || w.barriersUsed() {
		to.Conn.DeliverMessage(m)
		return
	}
	if s.closing == open {
		s.queue(m.For(s.Proto), true)
		w.touch(s)
	}
}

// barriersUsed reports whether any barrier was ever asked for something.
func (w *worker) barriersUsed() bool {
	for _, b := range w.eng.barriers {
		if b.Used() {
			return true
		}
	}
	return false
}

// TakeMessages implements core.Executor. The worker's lock is held.
func (w *worker) TakeMessages(of *core.Session, take func(b []byte)) {
	s, ok := of.Conn.(*session)
	if !ok || s.worker != w || !w.hasMail.Load() && !w.delivering {
		return
	}
	took := func(l letter) bool {
		switch {
		case l.to != s || l.fn != nil || l.run != nil:
			return false
		case l.message != nil:
			take(l.message.For(s.Proto))
		default:
			take(l.bytes)
		}
		return true
	}
	for i := range w.reading { // what is being delivered comes first
		if took(w.reading[i]) {
			w.reading[i] = letter{}
		}
	}
	w.mailMu.Lock()
	defer w.mailMu.Unlock()
	w.inbox = slices.DeleteFunc(w.inbox, took)
}
