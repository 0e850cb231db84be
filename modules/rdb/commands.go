package rdb

import (
	"github.com/ferrousdb/ferrous/core"
)

var errInProgress = core.Err("Background save already in progress")

// bgsave is BGSAVE [SCHEDULE].
func (m *module) bgsave(c *core.Ctx) error {
	schedule := len(c.Args) == 2 && c.Is(1, "schedule")
	if len(c.Args) > 1 && !schedule {
		return core.ErrSyntax
	}
	// As in Redis a save that a transaction asks for sees all of what it changes.
	inExec := c.Session != nil && c.Session.InMulti
	switch busy := m.busy(); {
	case busy == place:
		return errInProgress
	case (busy != "" || inExec) && (schedule || inExec):
		m.mu.Lock()
		m.state.scheduled = true
		m.mu.Unlock()
		c.Status("Background saving scheduled")
		return nil
	case busy != "":
		return core.Err("Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible.")
	}
	m.begin(background)
	c.Status("Background saving started")
	return nil
}

// busy returns what keeps a save from beginning, "" if nothing does: a save, or
// another job in the background.
func (m *module) busy() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.current() != nil {
		return place
	}
	return m.server.Background().Running()
}

// current returns the save under way that clients know of, nil if there is none;
// mu is held.
func (m *module) current() *job {
	if m.job == nil || m.job.kind == flushed {
		return nil
	}
	return m.job
}

// save is SAVE. In Redis it is the one command that nobody should call, since it
// stops the server; here its client alone waits. A rewrite of the log may go on
// beside it, as in Redis.
func (m *module) save(c *core.Ctx) error {
	if m.busy() == place {
		return errInProgress
	}
	if c.NoBlock || c.Session == nil {
		m.count()
		if m.saveNow() != nil {
			c.Error(errPlain)
			return nil
		}
		c.OK()
		return nil
	}
	j := m.begin(awaited)
	return c.Block(core.Wait{
		Parked: func(end func()) { m.await(j, end) },
		Expired: func(c *core.Ctx) {
			switch ended, err := m.ended(j); {
			case !ended:
				c.Error("ERR SAVE goes on, but its client was unblocked")
			case err != nil:
				c.Error(errPlain)
			default:
				c.OK()
			}
		},
	})
}

// errPlain is Redis's reply to a save that has failed; the log says why.
const errPlain = "ERR"

// lastsave is LASTSAVE.
func (m *module) lastsave(c *core.Ctx) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	c.Int(m.state.saved)
	return nil
}
