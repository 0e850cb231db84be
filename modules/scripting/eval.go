package scripting

import (
	"bytes"

	"github.com/ferrousdb/ferrous/core"
)

// eval makes the handler of EVAL and EVAL_RO.
func (m *module) eval(readOnly bool) core.Handler {
	return func(c *core.Ctx) error {
		c.Show() // before what the script calls
		n, err := keyCount(c)
		if err != nil {
			return err
		}
		s, err := m.scripts.load(c.Args[1], false)
		if err != nil {
			return err
		}
		return m.run(c, s, n, readOnly)
	}
}

// evalSHA makes the handler of EVALSHA and EVALSHA_RO.
func (m *module) evalSHA(readOnly bool) core.Handler {
	return func(c *core.Ctx) error {
		c.Show()
		s := m.scripts.find(c.Args[1])
		if s == nil {
			return errNoScript
		}
		n, err := keyCount(c)
		if err != nil {
			return err
		}
		return m.run(c, s, n, readOnly)
	}
}

// keyCount reads the number of keys, which are followed by arguments.
func keyCount(c *core.Ctx) (int, error) {
	n, err := c.ArgInt(2)
	switch {
	case err != nil:
		return 0, err
	case n > int64(len(c.Args)-3):
		return 0, core.Err("Number of keys can't be greater than number of args")
	case n < 0:
		return 0, core.Err("Number of keys can't be negative")
	}
	return int(n), nil
}

// run runs a script of EVAL with n keys.
func (m *module) run(c *core.Ctx, s *script, n int, readOnly bool) error {
	if err := m.mayRun(c, s.flags, readOnly); err != nil {
		return err
	}
	r := m.runner(c)
	j := job{name: s.sha, what: "script", flags: s.flags, readOnly: readOnly || s.flags&noWrites != 0, chunk: s.chunk}
	return r.execute(c, j, c.Args[3:3+n], c.Args[3+n:])
}

// mayRun asks what a script's flags say to the state of the server.
func (m *module) mayRun(c *core.Ctx, f flags, readOnly bool) error {
	if f&compat != 0 {
		// Its commands are asked one by one; but it does not say that stale data will do.
		return c.Refusal(c.Flags()&^core.Stale, core.TopLevel)
	}
	if f&noWrites == 0 {
		if readOnly {
			return errWriteRO
		}
		if err := c.Refusal(core.Write, core.InScript); err != nil {
			return err
		}
	}
	if f&(allowOOM|noWrites) == 0 {
		if err := c.Refusal(core.DenyOOM, core.InScript); err != nil {
			return errOOMScript
		}
	}
	return nil
}

// evalFlags are those of a call of EVAL, EVALSHA and their relatives: a script that
// says what it does decides which states of the server refuse it.
func (m *module) evalFlags(c *core.Ctx) core.Flags {
	flags := c.Cmd.Flags
	if len(c.Args) < 2 || !bytes.HasPrefix(c.Args[1], []byte("#!")) {
		return flags
	}
	line, _, _ := bytes.Cut(c.Args[1], []byte("\n"))
	f, err := parseShebang(string(line) + "\n")
	if err != nil {
		return flags // the handler says so
	}
	return f.of(flags)
}

func (m *module) evalSHAFlags(c *core.Ctx) core.Flags {
	if len(c.Args) < 2 {
		return c.Cmd.Flags
	}
	return m.scripts.of(c.Args[1]).of(c.Cmd.Flags)
}
