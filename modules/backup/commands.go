package backup

import (
	"context"
	"time"

	"github.com/ferrousdb/ferrous/core"
)

// row is the command BACKUP.
func (m *module) row() core.Command {
	const admin = core.Admin | core.NoScript | core.NoAsyncLoading
	doc := func(complexity, summary, args string) core.Doc {
		return core.Doc{Summary: summary, Since: "1.0.0", Group: "server", Complexity: complexity, Args: args}
	}
	return core.Command{
		Name: "backup", Arity: -2,
		Doc: doc("Depends on the subcommand.", "A container for commands about backups.", ""),
		Sub: []core.Command{
			{Name: "cancel", Run: m.cancelNow, Arity: 2, Flags: admin, Doc: doc("O(1)", "Gives up the backup under way.", "")},
			{Name: "list", Run: m.list, Arity: 2, Flags: admin | core.Blocking, Doc: doc("O(N) where N is the number of backups", "Lists the backups of this server, the latest first.", "")},
			{
				Name: "now", Run: m.now, Arity: -2, Flags: admin | core.Blocking | core.AllKeys | core.AllSessions | core.NoMulti,
				Doc: doc("O(1)", "Begins a backup, in the background, or waits until it is made.", "[WAIT]"),
			},
			{Name: "status", Run: m.status, Arity: 2, Flags: admin, Doc: doc("O(1)", "Tells how far a backup is, how the last one ended and when the next one is due.", "")},
			core.HelpRow("server", "1.0.0", 0),
		},
	}
}

// now is BACKUP NOW [WAIT].
func (m *module) now(c *core.Ctx) error {
	wait := len(c.Args) == 3 && c.Is(2, "wait")
	if len(c.Args) > 2 && !wait {
		return core.ErrSyntax
	}
	j, err := m.begin()
	if err != nil {
		return err
	}
	if !wait || c.NoBlock || c.Session == nil {
		c.Status("Backup started")
		return nil
	}
	return c.Block(core.Wait{
		Parked: func(end func()) { m.await(j, end) },
		Expired: func(c *core.Ctx) {
			m.mu.Lock()
			defer m.mu.Unlock()
			switch {
			case m.job == j:
				c.Error("ERR the backup goes on, but its client was unblocked")
			case m.last.name == j.name && m.last.err != nil:
				c.Error("ERR the backup has failed: " + oneLine(m.last.err.Error()))
			default:
				c.BulkString(j.name)
			}
		},
	})
}

// oneLine is text that fits into an error reply.
func oneLine(text string) string {
	b := []byte(text)
	for i, ch := range b {
		if ch < ' ' {
			b[i] = ' '
		}
	}
	return string(b)
}

// await has end called when a job has ended.
func (m *module) await(j *job, end func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.job != j {
		end()
		return
	}
	j.ends = append(j.ends, end)
}

// cancelNow is BACKUP CANCEL.
func (m *module) cancelNow(c *core.Ctx) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.job == nil {
		return core.Err("no backup is in progress")
	}
	m.job.stop()
	c.OK()
	return nil
}

// listTime is how long a store may take to say what is there.
const listTime = 30 * time.Second

// list is BACKUP LIST. The store may be far away: the client waits, and nobody else.
func (m *module) list(c *core.Ctx) error {
	s, err := m.open(m.server.Path)
	switch {
	case err != nil:
		return core.Err(err.Error())
	case s == nil:
		return errNowhere
	case c.NoBlock || c.Session == nil:
		return core.Err("BACKUP LIST asks a store, which takes time: it cannot be a part of a transaction or a script")
	}
	var found []object // written before end is called, read after
	var failed error
	return c.Block(core.Wait{
		Parked: func(end func()) {
			m.work.Go(func() {
				defer end()
				ctx, cancel := context.WithTimeout(m.ctx, listTime)
				defer cancel()
				var all []object
				if all, failed = s.list(ctx); failed == nil {
					found = ofServer(all, m.name.Load())
				}
			})
		},
		Firm: true,
		Expired: func(c *core.Ctx) {
			if failed != nil {
				c.Error("ERR " + oneLine(failed.Error()))
				return
			}
			c.Array(len(found))
			for _, o := range found {
				c.Map(3)
				c.BulkString("name")
				c.BulkString(o.name)
				c.BulkString("bytes")
				c.Int(o.bytes)
				c.BulkString("time")
				c.Int(o.made.Unix())
			}
		},
	})
}

// status is BACKUP STATUS.
func (m *module) status(c *core.Ctx) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	text := func(name, value string) {
		c.BulkString(name)
		c.BulkString(value)
	}
	number := func(name string, n int64) {
		c.BulkString(name)
		c.Int(n)
	}
	var current string
	var done, total, sent, size int64
	if j := m.job; j != nil {
		current, done, total, sent, size = j.name, j.progress.Keys(), j.keys, j.sent.Load(), j.size
	}
	c.Map(9)
	text("current", current)
	number("keys-done", done)
	number("keys-total", total)
	number("data-bytes", size)
	number("bytes-sent", sent)
	status := "none"
	if m.made+m.failed > 0 {
		if status = "ok"; m.last.err != nil {
			status = oneLine(m.last.err.Error())
		}
	}
	text("last", m.last.name)
	text("last-status", status)
	number("last-bytes", m.last.bytes)
	next := int64(0)
	if !m.next.IsZero() {
		next = m.next.Unix()
	}
	number("next", next)
	return nil
}
