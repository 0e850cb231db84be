package acl

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"strings"

	"github.com/ferrousdb/ferrous/core"
)

func (m *module) userNames(c *core.Ctx) error {
	bulks(c, m.names())
	return nil
}

func whoAmI(c *core.Ctx) error {
	c.BulkString(c.Session.User)
	return nil
}

// cat is ACL CAT [category].
func (m *module) cat(c *core.Ctx) error {
	switch len(c.Args) {
	case 2:
		bulks(c, core.Categories())
		return nil
	case 3:
	default:
		return core.ErrSubcommand("acl", c.Args[1])
	}
	cat := core.CategoryByName(strings.ToLower(string(c.Args[2])))
	if cat == 0 {
		return core.Err("Unknown category '" + core.Clip(c.Args[2], 128) + "'")
	}
	var names []string
	for _, cmd := range m.registry.All() {
		if cmd.Categories()&cat != 0 {
			names = append(names, cmd.FullName())
		}
		for i := range cmd.Sub {
			if sub := &cmd.Sub[i]; sub.Categories()&cat != 0 {
				names = append(names, sub.FullName())
			}
		}
	}
	bulks(c, names)
	return nil
}

// maxBits is how many bits of randomness ACL GENPASS gives at most.
const maxBits = 4096

// genPass is ACL GENPASS [bits]: random hexadecimal digits, as many as have room
// for the bits.
func genPass(c *core.Ctx) error {
	bits := int64(256)
	switch len(c.Args) {
	case 2:
	case 3:
		var err error
		if bits, err = c.ArgInt(2); err != nil {
			return err
		}
	default:
		return core.ErrSubcommand("acl", c.Args[1])
	}
	if bits <= 0 || bits > maxBits {
		return core.Err("ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096")
	}
	var random [maxBits / 8]byte
	_, _ = rand.Read(random[:]) // never fails
	c.BulkString(hex.EncodeToString(random[:])[:(bits+3)/4])
	return nil
}

// showLog is ACL LOG [count | RESET].
func (m *module) showLog(c *core.Ctx) error {
	n := int64(10)
	switch {
	case len(c.Args) > 3:
		return core.ErrSubcommand("acl", c.Args[1])
	case len(c.Args) == 3 && c.Is(2, "reset"):
		m.log.clear()
		c.OK()
		return nil
	case len(c.Args) == 3:
		var err error
		if n, err = c.ArgInt(2); err != nil {
			return err
		}
	}
	entries := m.log.latest(n)
	c.Array(len(entries))
	for i := range entries {
		entries[i].write(c)
	}
	return nil
}

// dryRun is ACL DRYRUN user command [argument ...].
func (m *module) dryRun(c *core.Ctx) error {
	u := m.users[string(c.Args[2])]
	if u == nil {
		return core.Err("User '" + core.Shown(c.Args[2]) + "' not found")
	}
	args := c.Args[3:]
	cmd := m.registry.FindCallable(string(args[0]))
	if cmd != nil && len(cmd.Sub) > 0 && len(args) > 1 {
		cmd = cmd.Subcommand(args[1])
	}
	if cmd == nil || bytes.IndexByte(args[0], '|') >= 0 { // "config|get" is no word of a request
		return core.Err("Command '" + core.Shown(args[0]) + "' not found")
	}
	if !cmd.ArityOK(len(args)) {
		return core.ErrArity(cmd.FullName())
	}
	if r := u.check(cmd, args); r.reason != granted {
		c.BulkString(u.describe(r, cmd, args))
		return nil
	}
	c.OK()
	return nil
}
