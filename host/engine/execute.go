package engine

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// execute runs one request of s; the reply is appended to w.w. It returns
// false if the request is to be held back and given again later. The worker's
// lock is held.
func (w *worker) execute(s *session, r *request) bool {
	mark := w.w.Mark()
	w.w.Proto = s.Proto
	errs, reply := w.w.Errors(), s.Reply
	w.within = nested{}
	cmd, err := r.cmd, r.err
	s.Active = w.now
	c := &w.ctx
	c.Reset(cmd, r.args)
	if r.hash != 0 {
		c.Hash, c.KeyArg = r.hash, cmd.OnlyKey()
	}
	c.Session, c.DB, c.Now, c.NoBlock = &s.Session, s.db, w.now, false
	if len(s.parser.apart) > 0 {
		for i := range s.parser.apart {
			c.Arrivals = append(c.Arrivals, s.parser.apart[i].Arrival)
		}
	}
	c.Prepared = s.prepared
	ran := false
	s.lastCmd = cmd
	if err == nil {
		var verdict verdict
		verdict, err = w.admit(s, c)
		switch verdict {
		case holdBack:
			return false
		case dealtWith:
			w.spend(s)
			if err == nil {
				w.settleReply(s, mark, reply)
				return true
			}
		case goAhead:
			ran = true
			if err = w.run(s, c); err == core.ErrPutOff {
				w.putOff(s, c, mark)
				return false
			}
		}
	} else if err == errHTTP {
		w.refuseHTTP(s)
		return true
	} else {
		err = refuse(s, c, err)
	}
	if err != nil {
		w.w.Truncate(mark)
		w.w.Error(errorText(err))
	}
	w.spend(s)
	if s.wait == nil {
		w.count(cmd, c, ran, w.w.Errors()-errs > w.within.errs)
	} else if w.timing {
		w.elapsed() // it is counted when it is answered; the next command's time begins
	}
	w.settleReply(s, mark, reply)
	if c.HasAfterReply() {
		for _, m := range c.TakeAfterReply() {
			w.w.Raw(m.For(s.Proto))
		}
	}
	return true
}

// lookup finds the row of a client's request.
func (eng *Engine) lookup(args [][]byte) (*core.Command, error) {
	cmd, err := eng.registry.Lookup(args)
	if err != nil && cmd == nil && (core.SameName(args[0], "post") || core.SameName(args[0], "host:")) {
		return nil, errHTTP
	}
	return cmd, err
}

func errorText(err error) string {
	if e, ok := err.(core.Error); ok {
		return e.Error()
	}
	return "ERR " + err.Error()
}

// run executes an admitted command under the locks that it needs.
func (w *worker) run(s *session, c *core.Ctx) (err error) {
	flags := c.Flags()
	if flags&core.Surveys != 0 {
		return w.runSurvey(s, c)
	}
	if flags&core.AllSessions != 0 {
		w.stopOthers()
		defer w.resumeOthers()
	}
	own := c.Cmd.LocksFor(c)
	if w.locked != 0 { // with those of others of the batch
		return w.runLocked(s, c, own)
	}
	for !w.lock(own, false) {
		if flags&core.AllowBusy == 0 {
			return *w.eng.watch.busy.Load()
		}
		if w.lane.Visit(func() { err = w.runLocked(s, c, own) }) {
			return err
		}
	}
	if flags&core.Long != 0 {
		w.beginLong()
		err = w.runLocked(s, c, own)
		w.endLong()
	} else {
		err = w.runLocked(s, c, own)
	}
	w.unlockBatch()
	return err
}

// runSurvey executes a command that looks at everything and stops nothing.
func (w *worker) runSurvey(s *session, c *core.Ctx) error {
	if c.Cmd.Look != nil {
		c.Look = c.Cmd.Look(c)
	}
	if !w.survey(c, c.Look) {
		return *w.eng.watch.busy.Load()
	}
	c.Surveyed = true
	err := w.runLocked(s, c, 0)
	c.Surveyed, c.Look = false, nil
	return err
}

// runLocked executes a command whose locks are held, and serves those who have
// waited for what it brings.
func (w *worker) runLocked(s *session, c *core.Ctx, own keyspace.Locks) error {
	c.Locks = own
	c.WarmKeys()
	err := c.Cmd.Run(c)
	if err == core.ErrPutOff {
		return err
	}
	w.show(c)
	if c.Dirty > 0 {
		w.stats.dirty += c.Dirty
		s.wrote = true
	}
	if c.Feeds() {
		c.Feed()
	}
	w.eng.registry.Hooks.Ran(c)
	if c.Waiting != nil && err == nil {
		w.eng.blocked.park(w.eng.blocked.prepare(s, c, own))
	}
	if len(w.ready) > 0 {
		if w.long.yielded && w.outer == nil {
			w.eng.watch.guard.Set(false) // it is over: those are not to be told that it is busy
		}
		w.serveReady()
	}
	if s.db.Index() != s.DB {
		s.db = w.eng.ks.DB(s.DB)
	}
	return err
}

// show shows a command that has run to those who watch.
func (w *worker) show(c *core.Ctx) {
	if w.eng.registry.Hooks.Showing() && c.Cmd.Flags&(core.Admin|core.SkipMonitor) == 0 {
		c.Show()
	}
}

// stopOthers makes every worker stand still. The worker's own lock is given up
// first and taken again in order.
func (w *worker) stopOthers() {
	w.publish()
	w.mu.Unlock()
	w.eng.lockWorkers()
	w.stopped = true
}

// lockWorkers takes the mus of all workers, in order.
func (eng *Engine) lockWorkers() {
	for i, w := range eng.workers {
		if i > 0 { // who has the first one is alone in wanting the others
			eng.stopsAt.Store(int32(i))
		}
		w.mu.Lock()
	}
	eng.stopsAt.Store(0)
}

func (w *worker) resumeOthers() {
	w.stopped = false
	for _, o := range w.eng.workers {
		if o != w {
			o.wakeIfTouched()
			o.mu.Unlock()
		}
	}
}

// settleReply applies CLIENT REPLY to what was appended since mark. A command
// that has just switched replies on or off has itself decided which of its
// replies are sent. before is the mode in which it began.
func (w *worker) settleReply(s *session, mark int, before core.ReplyMode) {
	if before == core.ReplyOn && s.Reply == core.ReplyOn {
		return
	}
	quiet := before == core.ReplyOff || before == core.ReplySkip
	if quiet && s.Quiet() {
		w.w.Truncate(mark)
	}
	switch {
	case s.Reply == core.ReplySkipNext:
		s.Reply = core.ReplySkip
	case s.Reply == core.ReplySkip:
		s.Reply = core.ReplyOn
	}
}
