package host

import (
	"bytes"
	"strings"

	"github.com/ferrousdb/ferrous/core"
)

// execute runs one request of s; the reply is appended to w.w. It returns
// false if the request is to be held back and given again later. The worker's
// lock is held.
func (w *worker) execute(s *session, r *request) bool {
	mark := len(w.w.Buf)
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
	ran := false
	s.lastCmd = cmd
	if err == nil {
		var verdict verdict
		verdict, err = w.admit(s, c)
		switch verdict {
		case holdBack:
			return false
		case dealtWith:
			if err == nil {
				w.settleReply(s, mark, reply)
				return true
			}
		case goAhead:
			ran = true
			err = w.run(s, c)
		}
	} else if err == errHTTP {
		w.refuseHTTP(s)
		return true
	} else {
		err = refuse(s, c, err)
	}
	if err != nil {
		w.w.Buf = w.w.Buf[:mark]
		w.w.Error(errorText(err))
	}
	if s.wait == nil {
		w.count(cmd, c, ran, w.w.Errors()-errs > w.within.errs)
	} else if w.timing {
		w.elapsed() // it is counted when it is answered; the next command's time begins
	}
	w.settleReply(s, mark, reply)
	if c.Trails() {
		for _, m := range c.TakeTrail() {
			w.w.Buf = append(w.w.Buf, m.For(s.Proto)...)
		}
	}
	return true
}

// lookup finds the row of a request and checks its arity. With an error of arity
// comes the row, which counts how often that happens.
func (srv *Server) lookup(args [][]byte) (*core.Command, error) {
	cmd := srv.table.find(args[0])
	if cmd == nil {
		if sameName(args[0], "post") || sameName(args[0], "host:") {
			return nil, errHTTP
		}
		return nil, unknownCommand(args)
	}
	if len(cmd.Sub) > 0 && len(args) > 1 {
		sub := cmd.Subcommand(args[1])
		if sub == nil {
			return nil, unknownSubcommand(cmd, args[1])
		}
		cmd = sub
	}
	if !cmd.ArityOK(len(args)) || cmd.Run == nil {
		return cmd, core.ErrArity(cmd.FullName())
	}
	return cmd, nil
}

func unknownCommand(args [][]byte) error {
	var b strings.Builder
	for _, a := range args[1:] {
		if b.Len() >= 128 {
			break
		}
		b.WriteString("'" + clip(a, 128-b.Len()) + "' ")
	}
	return core.Err("unknown command '" + clip(args[0], 128) + "', with args beginning with: " + b.String())
}

func unknownSubcommand(cmd *core.Command, name []byte) error {
	return core.Err("unknown subcommand '" + clip(name, 128) + "'. Try " + strings.ToUpper(cmd.Name) + " HELP.")
}

// clip returns the first n bytes of b, up to a zero byte: Redis prints them as a C
// string.
func clip(b []byte, n int) string {
	b = b[:min(len(b), n)]
	if end := bytes.IndexByte(b, 0); end >= 0 {
		b = b[:end]
	}
	return string(b)
}

func errorText(err error) string {
	if e, ok := err.(core.Error); ok {
		return e.Error()
	}
	return "ERR " + err.Error()
}

// verdict is what admit says about a request.
type verdict uint8

const (
	goAhead   verdict = iota
	dealtWith         // queued, or refused with the error
	holdBack          // the session is paused
)

// The bits of Server.guard: states of the whole server in which commands are
// looked at before they run. All zero is the normal case.
const (
	guardLoading = 1 << iota
	guardPause
	guardMemory   // maxmemory is set
	guardClients  // maxmemory-clients is set
	guardStopping // a shutdown has saved the data: nothing may change them any more
)

// admit decides whether a command may run now. The common case is one test.
func (w *worker) admit(s *session, c *core.Ctx) (verdict, error) {
	if w.plain(s) {
		return goAhead, nil
	}
	guard, flags := w.srv.guard.Load(), c.Flags()
	if guard&guardStopping != 0 {
		w.holdBack(s)
		return holdBack, nil
	}
	if !s.Authenticated && flags&core.NoAuth == 0 {
		return dealtWith, refuse(s, c, core.ErrNoAuth)
	}
	if s.InTx > 0 && flags&core.NoMulti != 0 {
		return dealtWith, refuse(s, c, errNoMulti)
	}
	where := core.TopLevel
	if s.InTx > 0 {
		where = core.InMulti
	}
	if err := c.Permit(c.Cmd, c.Args, where); err != nil {
		return dealtWith, refuse(s, c, err)
	}
	if err := w.srv.registry.Hooks.Before(c); err != nil {
		return dealtWith, refuse(s, c, err)
	}
	if guard&guardLoading != 0 && flags&core.Loading == 0 {
		return dealtWith, refuse(s, c, core.ErrLoading)
	}
	if guard&guardClients != 0 && w.srv.crowd.over() {
		if w.fitClients(); s.closing != open {
			return dealtWith, nil
		}
	}
	if guard&(guardMemory|guardPause) == guardMemory { // a pause leaves the data as they are
		// What is queued takes memory, too.
		grows := flags&core.DenyOOM != 0 || s.InTx > 0 && flags&core.NotQueued == 0
		if !w.srv.makeRoom(c.Now) && grows {
			return dealtWith, refuse(s, c, core.ErrOOM)
		}
	}
	if guard&guardPause != 0 && w.srv.pause.holds(s, flags, w.now) {
		w.holdBack(s)
		return holdBack, nil
	}
	if s.Intercept != nil {
		if done, err := s.Intercept.Command(c); done {
			return dealtWith, err
		}
	}
	return goAhead, nil
}

var errNoMulti = core.Err("Command not allowed inside a transaction")

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

// run executes an admitted command under the locks that it needs.
func (w *worker) run(s *session, c *core.Ctx) error {
	if c.Flags()&core.AllSessions != 0 {
		w.stopOthers()
		defer w.resumeOthers()
	}
	batched := w.locked != 0 // the locks are held already, with others'
	own := c.Cmd.LocksFor(c)
	if !batched {
		w.lane.Lock(own)
		w.locked = own
	}
	c.Locks = own
	err := c.Cmd.Run(c)
	w.srv.registry.Hooks.Ran(c)
	w.show(c)
	if c.Dirty > 0 {
		w.stats.dirty += c.Dirty
		s.wrote = true
		c.Feed()
	}
	// Before others are served, which may let go of the locks for a moment.
	if c.Waiting != nil && err == nil {
		w.srv.blocked.park(w.srv.blocked.prepare(s, c, own))
	}
	if len(w.ready) > 0 {
		w.locked = w.serveReady(w.locked)
	}
	if !batched {
		w.unlockBatch()
	}
	if s.db.Index() != s.DB {
		s.db = w.srv.ks.DB(s.DB)
	}
	return err
}

// show shows a command that has run to those who watch.
func (w *worker) show(c *core.Ctx) {
	if w.srv.registry.Hooks.Showing() && c.Cmd.Flags&(core.Admin|core.SkipMonitor) == 0 {
		c.Show()
	}
}

// stopOthers makes every worker stand still. The worker's own lock is given up
// first and taken again in order.
func (w *worker) stopOthers() {
	w.publish()
	w.mu.Unlock()
	for _, o := range w.srv.workers {
		o.mu.Lock()
	}
}

func (w *worker) resumeOthers() {
	for _, o := range w.srv.workers {
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
		w.w.Buf = w.w.Buf[:min(mark, len(w.w.Buf))]
	}
	switch {
	case s.Reply == core.ReplySkipNext:
		s.Reply = core.ReplySkip
	case s.Reply == core.ReplySkip:
		s.Reply = core.ReplyOn
	}
}
