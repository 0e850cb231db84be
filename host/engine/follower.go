package engine

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/resp"
	"github.com/ferrousdb/ferrous/host/network"
)

// follower executes what a master sends, on the worker of what comes from no client.
// Its session is the connection to the master as others see it; the bytes go past
// the host.
type follower struct {
	player
	s     *session
	whole core.Ctx // of a unit of several commands: what they have fed
	rows  []*core.Command
}

// masterUser is the name of who may do everything, in CLIENT LIST.
const masterUser = "(superuser)"

// Follow implements core.Execution.
func (eng *Engine) Follow(link core.Link) core.Follower {
	f := &follower{player: player{w: eng.playing, out: resp.Writer{Proto: 2}}}
	w := f.w
	eng.ReadClock()
	s := eng.newSession(link.Addr, link.LocalAddr)
	s.worker, s.kind, s.link = w, core.ClientMaster, followed{link.Close}
	s.fd, s.tls = network.Descriptor(link.Conn)
	f.s = s
	f.ctx = core.Ctx{
		Writer: &f.out, Session: &s.Session, DB: s.db, Server: eng.host,
		NoBlock: true, Obeyed: true, Hooks: eng.registry.Hooks, Exec: w, Loop: w.id,
	}
	f.whole = f.ctx
	eng.clients.Add(1)
	w.enter()
	defer w.leave()
	w.begin(s)
	s.Authenticated, s.Perms, s.User = true, nil, masterUser
	return f
}

// followed is the link of a master's session, which sends nothing by it.
type followed struct{ end func() }

// Write implements network.Link.
func (followed) Write(b []byte) (int, error) { return len(b), nil }

// WantWrite implements network.Link.
func (followed) WantWrite(bool) {}

// WantRead implements network.Link.
func (followed) WantRead(bool) {}

// Close implements network.Link.
func (l followed) Close() { l.end() }

// Close implements core.Player.
func (f *follower) Close() {
	f.w.enter()
	defer f.w.leave()
	f.w.end(f.s)
}

// Killed implements core.Follower.
func (f *follower) Killed() bool {
	f.w.enter()
	defer f.w.leave()
	return f.s.closing != open
}

// Paused implements core.Follower.
func (f *follower) Paused() bool {
	p := &f.w.eng.pause
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.until != 0
}

// DB implements core.Player.
func (f *follower) DB() int { return f.s.DB }

// Select implements core.Follower.
func (f *follower) Select(db int) {
	f.w.enter()
	defer f.w.leave()
	f.s.DB = db
}

// Play implements core.Player.
func (f *follower) Play(args [][]byte) (err error) {
	f.Turn(func() { err = f.PlayUnit([][][]byte{args}, nil) })
	return err
}

// Turn implements core.Follower.
func (f *follower) Turn(fn func()) {
	w := f.w
	w.enter()
	defer w.leave()
	if w.broken {
		return
	}
	defer w.rescue()
	w.tick()
	w.makeReady()
	f.s.Active = w.now
	fn()
	w.settle()
}

// Warm implements core.Follower.
func (f *follower) Warm(keys [][]byte) {
	w, ks := f.w, f.w.eng.ks
	if w.broken || len(keys) < 2 {
		return
	}
	w.hashes = w.hashes[:0]
	var set keyspace.Locks
	for _, key := range keys {
		h := ks.Hash(key)
		w.hashes = append(w.hashes, h)
		set = set.Add(h)
	}
	if w.lane.LockUnlessLong(set) {
		ks.DB(f.s.DB).Warm(w.hashes)
		w.lane.Unlock(set)
	}
}

// PlayUnit implements core.Follower.
func (f *follower) PlayUnit(unit [][][]byte, raw []byte) error {
	w := f.w
	if w.broken {
		return errBroken
	}
	w.stats.netIn += int64(len(raw))
	locks, flags, first := f.prepare(unit)
	if flags&core.AllSessions != 0 {
		w.stopOthers()
		defer w.resumeOthers()
	}
	if f.s.closing != open || w.eng.guard.Load()&guardStopping != 0 { // perhaps just now
		return core.ErrKilled
	}
	w.lock(locks|1, true) // the stream moves with some lock held, whatever the unit is
	w.eng.ks.ShowExpired(w.locked, true)
	c := &f.ctx
	if len(unit) != 1 {
		c = &f.whole
		c.Reset(nil, nil)
		c.PropagateNothing()
	}
	for i, args := range unit {
		if cmd := f.rows[i]; cmd != nil {
			if err := f.one(cmd, args); first == nil {
				first = err
			}
			if c != &f.ctx {
				c.Absorb(&f.ctx)
			}
		}
	}
	w.eng.ks.ShowExpired(w.locked, false)
	c.DB = w.eng.ks.DB(f.s.DB)
	c.FeedStream(raw)
	if len(w.ready) > 0 {
		w.serveReady()
	}
	w.unlockBatch()
	return first
}

// prepare finds the rows of a unit's commands, nil for those that are none, and what
// all of them together need.
func (f *follower) prepare(unit [][][]byte) (locks keyspace.Locks, flags core.Flags, first error) {
	f.rows = f.rows[:0]
	c := &f.ctx
	c.Dirty = 0
	for _, args := range unit {
		cmd, err := f.w.eng.registry.LookupFed(args)
		if err != nil {
			if first == nil {
				first = err
			}
			f.rows = append(f.rows, nil)
			continue
		}
		f.rows = append(f.rows, cmd)
		c.Reset(cmd, args)
		locks |= cmd.LocksFor(c)
		flags |= c.Flags()
	}
	return locks, flags, first
}

// one executes a command under the locks of its unit.
func (f *follower) one(cmd *core.Command, args [][]byte) error {
	w, c := f.w, &f.ctx
	f.out.Buf = f.out.Buf[:0]
	if cap(f.out.Buf) > keepQuery {
		f.out.Buf = nil
	}
	errs := f.out.Errors()
	if len(f.rows) > 1 || c.Cmd != cmd {
		c.Reset(cmd, args)
	}
	c.Now, c.DB, c.Locks = w.now, w.eng.ks.DB(f.s.DB), w.locked
	f.s.lastCmd = cmd
	err := cmd.Run(c)
	if err != nil {
		f.out.Error(errorText(err))
	}
	w.eng.registry.Hooks.Ran(c)
	w.show(c)
	w.stats.dirty += c.Dirty
	if c.HasAfterReply() {
		c.TakeAfterReply() // for whoever wants replies
	}
	failed := f.out.Errors() > errs
	w.within = nested{}
	w.count(cmd, c, true, failed)
	if failed {
		return f.lastError()
	}
	return nil
}
