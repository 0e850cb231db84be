package scripting

import (
	"errors"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/decimal"
)

// scriptLoad is SCRIPT LOAD script.
func (m *module) scriptLoad(c *core.Ctx) error {
	s, err := m.scripts.load(c.Args[2], true)
	if err != nil {
		return err
	}
	c.BulkString(s.sha)
	return nil
}

// scriptExists is SCRIPT EXISTS sha1 [sha1 ...].
func (m *module) scriptExists(c *core.Ctx) error {
	c.Array(len(c.Args) - 2)
	for _, sha := range c.Args[2:] {
		if m.scripts.find(sha) != nil {
			c.Int(1)
		} else {
			c.Int(0)
		}
	}
	return nil
}

// scriptFlush is SCRIPT FLUSH [SYNC|ASYNC]; either way the collector does the work.
func (m *module) scriptFlush(c *core.Ctx) error {
	if len(c.Args) > 3 || len(c.Args) == 3 && !c.Is(2, "sync") && !c.Is(2, "async") {
		return core.Err("SCRIPT FLUSH only support SYNC|ASYNC option")
	}
	m.scripts.flush()
	m.engines.Store(0)
	clear(m.runners) // with what they have made of the scripts
	c.OK()
	return nil
}

// scriptDebug is SCRIPT DEBUG YES|SYNC|NO. There is no debugger.
func scriptDebug(c *core.Ctx) error {
	switch {
	case c.Is(2, "no"):
		c.OK()
		return nil
	case c.Is(2, "yes") || c.Is(2, "sync"):
		return errors.New("scripts cannot be debugged here")
	}
	return core.Err("Use SCRIPT DEBUG YES/SYNC/NO")
}

// debugDeny is DEBUG SET-DISABLE-DENY-SCRIPTS 0|1.
func (m *module) debugDeny(c *core.Ctx) error {
	n, _ := decimal.Parse(c.Args[2]) // as in Redis, nonsense is zero
	m.anything.Store(n != 0)
	c.OK()
	return nil
}

// kill makes the handler of SCRIPT KILL or FUNCTION KILL. The script may be running on
// another loop: it learns of it when it yields next.
func (m *module) kill(what string) core.Handler {
	return func(c *core.Ctx) error {
		r := m.current.Load()
		switch {
		case r == nil:
			return errNotBusy
		case r.wrote.Load():
			return errUnkillable
		case r.what != what:
			return busy(r.what)
		}
		r.killed.Store(true)
		c.OK()
		return nil
	}
}

var (
	errNotBusy    = core.Error{Code: "NOTBUSY", Text: "No scripts in execution right now."}
	errUnkillable = core.Error{Code: "UNKILLABLE", Text: "Sorry the script already executed write commands against the dataset. You can either wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command."}
)
