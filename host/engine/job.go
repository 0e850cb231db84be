package engine

import (
	"slices"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// Commands that are put off (core.Job): the session keeps the request as it does while
// it is paused, its job is done in turns with the pieces of long replies, and then the
// request is executed.

// busy reports whether something is made for a session that comes before what it
// sends next.
func (s *session) busy() bool { return s.job != nil || s.pending.Promised() > 0 }

// putOff takes back what a command has replied and begins its job.
func (w *worker) putOff(s *session, c *core.Ctx, mark int) {
	w.w.Truncate(mark)
	w.spend(s)
	s.job, c.PutOff = c.PutOff, nil
	w.making = append(w.making, s)
}

// spend notes that the job that was done for a session's command is to be dropped.
func (w *worker) spend(s *session) {
	if s.prepared != nil {
		w.spent = append(w.spent, s.prepared)
		s.prepared = nil
	}
}

// work does a piece of what is to be made; it returns false if there is none that
// can be done now. The worker's lock is held.
func (w *worker) work() (done bool) {
	for i, j := range w.spent {
		if w.drop(j) {
			w.spent[i], done = nil, true
		}
	}
	w.spent = slices.DeleteFunc(w.spent, func(j *core.Job) bool { return j == nil })
	for range w.making {
		s := w.making[0]
		w.making = slices.Delete(w.making, 0, 1)
		if s.job == nil {
			w.makePiece(s)
			return true
		}
		if w.step(s) {
			return true
		}
		w.making = append(w.making, s)
	}
	return done
}

// step does a piece of a session's job, and executes its command when it is done. It
// returns false if somebody holds the locks for long.
func (w *worker) step(s *session) bool {
	j := s.job
	if !w.lane.LockUnlessLong(j.Locks) {
		return false
	}
	more := j.Step()
	w.lane.Unlock(j.Locks)
	s.Active = w.now
	switch {
	case more:
		w.making = append(w.making, s)
	case s.closing != open:
		s.job = nil
		w.spent = append(w.spent, j)
	default:
		s.job, s.prepared = nil, j
		s.link.WantRead(true)
		w.proceed(s)
		w.touch(s)
	}
	return true
}

// endJobs does what has begun to its end, when all sessions have ended.
func (w *worker) endJobs() {
	for len(w.making)+len(w.spent) > 0 && w.work() {
	}
}

// drop gives a job up, unless somebody holds its locks for long.
func (w *worker) drop(j *core.Job) bool {
	if !w.lane.LockUnlessLong(j.Locks) {
		return false
	}
	j.Drop()
	w.lane.Unlock(j.Locks)
	return true
}

// Arrivals implements core.Executor.
func (w *worker) Arrivals() *keyspace.Arrivals { return w.arrivals }
