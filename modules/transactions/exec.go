package transactions

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// multi is MULTI.
func (m *module) multi(c *core.Ctx) error {
	t := m.make(c.Session)
	if t.open {
		return core.Err("MULTI calls can not be nested")
	}
	t.begin()
	c.OK()
	return nil
}

// discardTx is DISCARD.
func (m *module) discardTx(c *core.Ctx) error {
	t := m.inMulti(c.Session)
	if t == nil {
		return core.Err("DISCARD without MULTI")
	}
	m.discard(t)
	c.OK()
	return nil
}

// discard gives up a transaction and the watched keys.
func (m *module) discard(t *tx) {
	m.watched.forget(t)
	t.clear()
}

// execLocks are the locks of all queued commands, and of the watched keys: none
// of them can change between the look at them and the last command.
func (m *module) execLocks(c *core.Ctx) keyspace.Locks {
	t := m.inMulti(c.Session)
	if t == nil {
		return 0
	}
	locks := t.locks
	for _, w := range t.watches {
		locks = locks.Add(w.hash)
	}
	if t.planned {
		own := *c // the others' plans look at it as at a call of theirs
		for _, q := range t.queue {
			if q.cmd.Plan != nil {
				c.Reset(q.cmd, t.args[q.first:q.end])
				locks |= q.cmd.LocksFor(c)
			}
		}
		*c = own
	}
	return locks
}

// execFlags: EXEC writes, takes memory or stops the event loops if one of the
// queued commands does, and is let run in a special state of the server only if
// all of them are.
func (m *module) execFlags(c *core.Ctx) core.Flags {
	flags := c.Cmd.Flags
	t := m.inMulti(c.Session)
	if t == nil {
		return flags
	}
	const unites = core.Write | core.ReadOnly | core.DenyOOM | core.MayReplicate | core.NoAsyncLoading | core.AllSessions | core.Long
	const narrows = core.Loading | core.Stale
	return flags&^narrows | t.some&unites | flags&t.every&narrows
}

// execCalls visits what is queued.
func (m *module) execCalls(c *core.Ctx, fn func(cmd *core.Command, args [][]byte) bool) {
	t := m.inMulti(c.Session)
	if t == nil {
		return
	}
	for _, q := range t.queue {
		if !fn(q.cmd, t.args[q.first:q.end]) {
			return
		}
	}
}

// execRefused ends a transaction whose EXEC was not let run.
func (m *module) execRefused(c *core.Ctx, err error) error {
	if t := m.of(c.Session); t != nil {
		m.discard(t)
	}
	c.Show() // who watches has seen MULTI, and is to see the end
	return core.Error{Code: "EXECABORT", Text: "Transaction discarded because of: " + reason(err)}
}

// reason is the text of an error, with its code unless that is ERR.
func reason(err error) string {
	if e, ok := err.(core.Error); ok && e.Code == "ERR" {
		return e.Text
	}
	return err.Error()
}

// exec is EXEC. The locks of execLocks are held.
func (m *module) exec(c *core.Ctx) error {
	t := m.inMulti(c.Session)
	if t == nil {
		return core.Err("EXEC without MULTI")
	}
	defer t.clear()
	changed := m.watched.haveChanged(t, c.Now)
	m.watched.forget(t)
	if t.broken {
		return core.ErrExec
	}
	if changed {
		c.NullArray()
		return nil
	}
	m.run(c, t)
	return nil
}

// run executes the queue. What it changes is fed as one unit, and clients that
// wait for it are served when all of it is done. An error is the reply of one
// command and no concern of the others.
func (m *module) run(c *core.Ctx, t *tx) {
	s := c.Session
	s.Pop(t) // one of the commands may put another interceptor there
	if len(t.hashes) > 1 {
		c.DB.Warm(t.hashes)
	}
	if !s.Quiet() {
		c.Array(len(t.queue))
	}
	for i := range t.queue {
		q := &t.queue[i]
		mark, args := c.Mark(), t.args[q.first:q.end]
		c.Call(q.cmd, args, core.InExec)
		if s.Quiet() { // CLIENT REPLY may be among the commands
			c.Truncate(mark)
		}
	}
}
