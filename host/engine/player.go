package engine

import (
	"strings"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/resp"
)

// player executes commands that come from no client. Those that do so beside
// others share a worker of their own, which has no driver and no sessions: one
// executes at a time. One within a command is a part of that command's worker.
type player struct {
	w       *worker
	within  *core.Ctx
	session core.Session
	ctx     core.Ctx
	out     resp.Writer
}

// Player implements core.Execution.
func (eng *Engine) Player(within *core.Ctx) core.Player {
	p := &player{w: eng.playing, within: within, out: resp.Writer{Proto: 2}}
	p.session = core.Session{Proto: 2, Authenticated: true, Slots: make([]any, eng.registry.SessionSlots())}
	p.ctx = core.Ctx{
		Writer: &p.out, Session: &p.session, DB: eng.ks.DB(0), Server: eng.host,
		NoBlock: true, Obeyed: true, Hooks: eng.registry.Hooks, Exec: eng.playing, Loop: eng.playing.id,
	}
	if within != nil {
		p.ctx.Exec, p.ctx.Locks, p.ctx.Loop = within.Exec, within.Locks, within.Loop
	}
	return p
}

// Close implements core.Player.
func (p *player) Close() {}

// DB implements core.Player.
func (p *player) DB() int { return p.session.DB }

// Play implements core.Player.
func (p *player) Play(args [][]byte) error {
	eng, c := p.w.eng, &p.ctx
	cmd, err := eng.registry.LookupFed(args)
	if err != nil {
		return err
	}
	p.out.Buf = p.out.Buf[:0]
	errs := p.out.Errors()
	c.Reset(cmd, args)
	c.Now, c.DB = eng.clock.Load(), eng.ks.DB(p.session.DB)
	if p.within != nil {
		err = p.perform(cmd.Run)
	} else {
		err = p.alone(cmd.Run)
	}
	if err == nil && p.out.Errors() > errs {
		err = p.lastError()
	}
	return err
}

// lastError is the last error that was replied.
func (p *player) lastError() error {
	code, text, _ := strings.Cut(p.out.LastError(), " ")
	return core.Error{Code: code, Text: text}
}

// Continue implements core.Execution.
func (eng *Engine) Continue(cmd *core.Command, db int, args [][]byte, fn func(c *core.Ctx) error) error {
	p := eng.Player(nil).(*player)
	p.ctx.Obeyed = false // a client has said it
	p.session.DB = db
	p.ctx.Reset(cmd, args)
	p.ctx.Now, p.ctx.DB = eng.ReadClock(), eng.ks.DB(db)
	return p.alone(fn)
}

// perform runs the command's handler, or what stands for it, under locks that are held.
func (p *player) perform(run func(c *core.Ctx) error) error {
	c := &p.ctx
	err := run(c)
	if c.Dirty > 0 {
		if !p.w.eng.host.Replacing() {
			p.w.stats.dirty += c.Dirty
		}
		c.Feed()
	}
	return err
}

// alone is perform for one that has no locks yet.
func (p *player) alone(run func(c *core.Ctx) error) (err error) {
	w, c := p.w, &p.ctx
	w.enter()
	defer w.leave()
	defer func() {
		if w.broken {
			err = errBroken
		}
	}()
	if w.broken {
		return errBroken
	}
	defer w.rescue()
	if c.Cmd.Flags&core.AllSessions != 0 {
		w.stopOthers()
		defer w.resumeOthers()
	}
	c.Locks = c.Cmd.LocksFor(c)
	w.lock(c.Locks, true)
	err = p.perform(run)
	if len(w.ready) > 0 {
		w.serveReady()
	}
	w.unlockBatch()
	w.eng.registry.Hooks.Turn(w.id)
	for w.hasMail.Load() {
		w.deliver()
	}
	return err
}
