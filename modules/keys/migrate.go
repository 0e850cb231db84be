package keys

import (
	"bytes"
	"strconv"
	"time"

	"github.com/ferrousdb/ferrous/core"
)

// MIGRATE moves keys to another server. The command looks which of the keys there are, has them held
// (core.Server.HoldKeys), parks its client and leaves the rest to a transfer (transfer.go): whatever the
// other server does, nobody waits for it but who wants to write to the same keys. In a
// transaction or a script, whose locks cannot be let go in the midst, all wait, as in Redis.

// migration is what a call of MIGRATE asks for.
type migration struct {
	target
	db            int64 // there
	timeout       time.Duration
	copy, replace bool
	keys          [][]byte
}

// defaultTimeout is in force where none above 0 is given.
const defaultTimeout = time.Second

var errKeysAndKey = core.Err("When using MIGRATE KEYS option, the key argument must be set to the empty string")

// parseMigration reads MIGRATE host port key|"" destination-db timeout [COPY] [REPLACE]
// [AUTH password | AUTH2 username password] [KEYS key [key ...]].
func parseMigration(c *core.Ctx) (o migration, err error) {
	o.keys = c.Args[3:4]
	for i := 6; i < len(c.Args); i++ {
		more := len(c.Args) - 1 - i
		switch {
		case c.Is(i, "copy"):
			o.copy = true
		case c.Is(i, "replace"):
			o.replace = true
		case c.Is(i, "auth") && more >= 1:
			o.user, o.password = "", string(c.Args[i+1])
			i++
		case c.Is(i, "auth2") && more >= 2:
			o.user, o.password = string(c.Args[i+1]), string(c.Args[i+2])
			i += 2
		case c.Is(i, "keys"):
			if len(c.Args[3]) != 0 {
				return o, errKeysAndKey
			}
			o.keys = c.Args[i+1:]
			i = len(c.Args)
		default:
			return o, core.ErrSyntax
		}
	}
	ms, err := c.ArgInt(5)
	if err != nil {
		return o, err
	}
	if o.timeout = time.Duration(ms) * time.Millisecond; ms <= 0 || o.timeout/time.Millisecond != time.Duration(ms) {
		o.timeout = defaultTimeout
	}
	if o.db, err = c.ArgInt(4); err != nil {
		return o, err
	}
	o.host = string(c.Args[1])
	o.port, _ = strconv.Atoi(string(c.Args[2])) // none can be connected to if it is no number
	return o, nil
}

// moveKeys finds the keys of a call: one, or those behind KEYS if it is empty.
func moveKeys(args [][]byte) ([]core.KeyRef, error) {
	const flags = core.KeyRW | core.KeyAccess | core.KeyDelete
	first, last := 3, 3
	for i := 6; i < len(args) && len(args[3]) == 0; i++ {
		switch word := string(bytes.ToLower(args[i])); word {
		case "auth":
			i++
		case "auth2":
			i += 2
		case "keys":
			first, last = i+1, len(args)-1
			i = len(args)
		}
	}
	var refs []core.KeyRef
	for i := first; i <= last && i < len(args); i++ {
		refs = append(refs, core.KeyRef{Index: i, Flags: flags})
	}
	return refs, nil
}

// hideMoveSecrets names the arguments of a call that are not to be shown.
func hideMoveSecrets(c *core.Ctx, hide func(arg int)) {
	for i := 6; i < len(c.Args); i++ {
		switch {
		case c.Is(i, "auth") && i+1 < len(c.Args):
			i++
			hide(i)
		case c.Is(i, "auth2") && i+2 < len(c.Args):
			hide(i + 1)
			hide(i + 2)
			i += 2
		case c.Is(i, "keys"):
			return
		}
	}
}

// migrate is MIGRATE.
func (m *module) migrate(c *core.Ctx) error {
	o, err := parseMigration(c)
	if err != nil {
		return err
	}
	var keys [][]byte
	for _, key := range o.keys {
		if c.Find(key).OK() {
			keys = append(keys, bytes.Clone(key))
		}
	}
	if len(keys) == 0 {
		c.Status("NOKEY")
		return nil
	}
	o.keys, o.secure = keys, m.secure.Load()
	t := &transfer{migration: o, m: m, srv: c.Server, cmd: c.Cmd, from: c.DB.Index()}
	if c.NoBlock || c.Session == nil {
		t.within = c
		if err := t.run(); err != nil {
			return err
		}
		c.OK()
		return nil
	}
	for _, a := range c.Args {
		t.args = append(t.args, bytes.Clone(a))
	}
	release := c.Server.HoldKeys(t.from, keys)
	m.moves.begin(t)
	return c.Block(core.Wait{
		Firm: true,
		Parked: func(end func()) {
			m.moves.jobs.Go(func() {
				t.err = t.run()
				m.moves.end(t)
				release()
				end()
			})
		},
		Expired: func(c *core.Ctx) {
			c.CountChanges(t.deleted)
			switch e, ok := t.err.(core.Error); {
			case t.err == nil:
				c.OK()
			case ok:
				c.Error(e.Error())
			default:
				c.Error("ERR " + t.err.Error())
			}
		},
	})
}
