package engine

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// Admission: whether a command may run, asked once for each, at whatever door it
// stands. There are three: a client's own command, which may also be held back or
// go to an interceptor (admit); a command within another, of a transaction or a
// script (admitNested); and a blocked one that is tried again (admitRetry). What
// comes from a log or from a master is not asked.
//
// All doors ask the same questions in the same order: the user's permissions, the
// guards, the hooks of modules. None of them takes more locks than leaves, so that
// they may be asked within a batch, whose shards are locked already.

// verdict is what admit says about a request.
type verdict uint8

const (
	goAhead   verdict = iota
	dealtWith         // queued, or refused with the error
	holdBack          // the session is paused
)

// The bits of Engine.guard: states of the whole server in which more is to be done
// than to refuse commands by their flags, which is what rows of core.Guard are for.
// All zero is the normal case.
const (
	guardPause    = 1 << iota
	guardMemory   // maxmemory is set
	guardClients  // maxmemory-clients is set
	guardKeys     // some keys are not to be written to
	guardStopping // a shutdown has saved the data: nothing may change them any more
)

// plain reports whether nothing looks at the session's commands before they run:
// the common case is one test.
func (w *worker) plain(s *session) bool {
	return s.Authenticated && s.Perms == nil && s.Intercept == nil && w.eng.guard.Load() == 0 && !w.eng.registry.Hooks.Guarded()
}

// admit decides whether a client's command may run now.
func (w *worker) admit(s *session, c *core.Ctx) (verdict, error) {
	if w.plain(s) {
		return goAhead, nil
	}
	guard, flags := w.eng.guard.Load(), c.Flags()
	if guard&guardStopping != 0 {
		w.holdBack(s)
		return holdBack, nil
	}
	if !s.Authenticated && flags&core.NoAuth == 0 {
		return dealtWith, refuse(s, c, core.ErrNoAuth)
	}
	where := core.TopLevel
	if s.InMulti {
		if flags&core.NoMulti != 0 {
			return dealtWith, refuse(s, c, errNoMulti)
		}
		if where = core.InMulti; flags&core.NotQueued == 0 {
			flags |= core.DenyOOM // what is queued takes memory, too
		}
	}
	if err := w.permit(c, flags, where); err != nil {
		return dealtWith, refuse(s, c, err)
	}
	if guard&guardPause != 0 && w.eng.pause.holds(s, flags) || guard&guardKeys != 0 && w.eng.heldKeys.holds(s, c, flags) {
		w.holdBack(s)
		return holdBack, nil
	}
	if s.Intercept != nil {
		done, err := s.Intercept.Command(c)
		if err != nil {
			err = refuse(s, c, err)
		}
		if done {
			return dealtWith, err
		}
	}
	return goAhead, nil
}

// permit asks what all doors ask, but of what is obeyed.
func (w *worker) permit(c *core.Ctx, flags core.Flags, where core.Where) error {
	if c.Obeyed {
		return nil
	}
	if err := c.Permit(c.Cmd, c.Args, where); err != nil {
		return err
	}
	hooks := w.eng.registry.Hooks
	if err := hooks.Refusal(c, flags, where); err != nil {
		return err
	}
	if c.Cmd.Calls == nil || !hooks.Guarded() {
		return nil
	}
	own, err := *c, error(nil)
	own.Cmd.Calls(&own, func(cmd *core.Command, args [][]byte) bool {
		c.Reset(cmd, args)
		err = hooks.Refusal(c, cmd.Flags, core.InExec)
		return err == nil
	})
	*c = own
	return err
}

// admitNested decides whether a command may run within another, whose locks are
// those of in. An error in the arguments, or a command that would touch what is
// not locked, is the caller's fault, and does no harm.
func (w *worker) admitNested(in *core.Ctx, where core.Where) error {
	cmd := in.Cmd
	switch {
	case cmd == nil:
		return errNoCommand
	case cmd.Run == nil || !cmd.ArityOK(len(in.Args)):
		return core.ErrArity(cmd.FullName())
	}
	if err := w.permit(in, in.Flags(), where); err != nil {
		return err
	}
	if in.Flags()&core.AllSessions != 0 && !w.stopped && in.Locks != keyspace.AllShards {
		return errNotWithin
	}
	if in.Locks != keyspace.AllShards && cmd.LocksFor(in)&^in.Locks != 0 {
		return errNotLocked
	}
	return nil
}

// admitRetry decides whether a blocked command may still run.
func (w *worker) admitRetry(c *core.Ctx) error { return w.permit(c, c.Flags(), core.Retried) }

var (
	errNoMulti   = core.Err("Command not allowed inside a transaction")
	errNoCommand = core.Err("unknown command within another")
	errNotWithin = core.Err("a command that stops all clients must be within one that holds all locks")
	errNotLocked = core.Err("keys of a command within another must be declared by that one")
)

// refuse tells those concerned that a command was not let run, and returns the
// error to answer.
func refuse(s *session, c *core.Ctx, err error) error {
	if s.Intercept != nil {
		s.Intercept.Refused(c, err)
	}
	if c.Cmd != nil && c.Cmd.Refused != nil {
		return c.Cmd.Refused(c, err)
	}
	return err
}

// makeReady does once for a batch what states of the server ask for that takes
// locks: it makes room in memory. No lock is held but the worker's.
func (w *worker) makeReady() {
	guard := w.eng.guard.Load()
	if guard&guardClients != 0 && w.eng.crowd.over() {
		w.fitClients()
	}
	// A pause leaves the data as they are, and a load is not to be disturbed.
	w.full = guard&(guardMemory|guardPause) == guardMemory && !w.eng.host.Replacing() && !w.eng.host.MakeRoom(w.now)
}

// declareGuard registers what the engine itself refuses commands for.
func (eng *Engine) declareGuard(r *core.Registry) {
	eng.oomGuard = r.Guard(core.Guard{
		Name: "oom", Order: core.GuardOOM, Refuses: core.DenyOOM,
		Why: func(c *core.Ctx) error {
			if w, ok := c.Exec.(*worker); ok && w.full && !c.Unbounded {
				return core.ErrOOM
			}
			return nil
		},
	})
}
