package acl

import (
	"strings"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/glob"
)

// reason is why something is refused. Of several the greatest is told.
type reason uint8

// The reasons.
const (
	granted reason = iota
	byCommand
	byKey
	byAuth
	byChannel
)

// String names the reason as ACL LOG does.
func (r reason) String() string {
	return [...]string{"", "command", "key", "auth", "channel"}[r]
}

// call is what is to be allowed: a command with its arguments, and the keys among
// them.
type call struct {
	cmd  *core.Command
	args [][]byte
	keys []core.KeyRef
}

// usualKeys is how many keys of a call are found without allocating.
const usualKeys = 8

// refusal is a reason with the argument that it is about, 0 for the command.
type refusal struct {
	reason reason
	at     int
}

// Allow implements core.Permissions.
func (u *user) Allow(c *core.Ctx, cmd *core.Command, args [][]byte, where core.Where) error {
	r := u.check(cmd, args)
	if r.reason == granted {
		return nil
	}
	u.m.log.refused(c, u.name, r, cmd, args, where)
	return u.explain(r, cmd, where)
}

// Allows implements core.Permissions.
func (u *user) Allows(cmd *core.Command, args [][]byte) bool {
	return u.check(cmd, args).reason == granted
}

// AllKeys implements core.Permissions: one selector has to allow both the command
// and every key.
func (u *user) AllKeys(c *core.Ctx, flags core.KeyFlags) bool {
	var room [usualKeys]core.KeyRef
	call := call{c.Cmd, c.Args, u.keysOf(room[:0], c.Cmd, c.Args)}
	for _, s := range u.selectors {
		if s.check(&call).reason == granted && s.everyKey(accessOf(flags)) {
			return true
		}
	}
	return false
}

// check asks one selector after the other. If none allows the call, the refusal
// that got furthest is told.
func (u *user) check(cmd *core.Command, args [][]byte) refusal {
	var room [usualKeys]core.KeyRef
	call := call{cmd, args, u.keysOf(room[:0], cmd, args)}
	worst := refusal{reason: byCommand}
	for _, s := range u.selectors {
		r := s.check(&call)
		if r.reason == granted {
			return r
		}
		if r.reason > worst.reason || r.reason == worst.reason && r.at > worst.at {
			worst = r
		}
	}
	return worst
}

// keysOf finds the keys of a call, if some selector asks. If the arguments have not
// the shape that the command declares, the handler will refuse them; the keys found
// so far count all the same.
func (u *user) keysOf(room []core.KeyRef, cmd *core.Command, args [][]byte) []core.KeyRef {
	if u.anyKey || len(cmd.Keys) == 0 && cmd.FindKeys == nil {
		return nil
	}
	keys, _ := cmd.AppendKeys(room, args)
	return keys
}

func (s *selector) check(c *call) refusal {
	cmd := c.cmd
	if !s.anyCommand && cmd.Flags&core.NoAuth == 0 && !s.has(cmd.ID()) && !s.hasFirstArg(c) {
		return refusal{reason: byCommand}
	}
	if !s.anyKey {
		if at := s.refusedKey(c); at > 0 {
			return refusal{byKey, at}
		}
	}
	if ch := &cmd.Channels; !s.anyChannel && (ch.Use == core.Publishes || ch.Use == core.Subscribes) {
		if at := s.refusedChannel(c); at > 0 {
			return refusal{byChannel, at}
		}
	}
	return refusal{}
}

// hasFirstArg reports whether the command may be run with its first argument,
// which comes after both names of a subcommand.
func (s *selector) hasFirstArg(c *call) bool {
	at := 1
	if c.cmd.Container() != nil {
		at = 2
	}
	if at >= len(c.args) {
		return false
	}
	for _, arg := range s.firstArgs[c.cmd.ID()] {
		if strings.EqualFold(arg, string(c.args[at])) {
			return true
		}
	}
	return false
}

// refusedKey returns the position of a key that may not be touched, 0 for none.
func (s *selector) refusedKey(c *call) int {
	for _, k := range c.keys {
		if !s.mayTouch(c.args[k.Index], accessOf(k.Flags)) {
			return k.Index
		}
	}
	return 0
}

func (s *selector) mayTouch(key []byte, a access) bool {
	for i := range s.keys {
		if k := &s.keys[i]; k.access&a == a && glob.Match(k.pattern, key) {
			return true
		}
	}
	return false
}

// everyKey reports whether every key may be touched.
func (s *selector) everyKey(a access) bool {
	for _, k := range s.keys {
		if k.access&a == a && k.pattern == "*" {
			return true
		}
	}
	return s.anyKey
}

func (s *selector) refusedChannel(c *call) int {
	ch := &c.cmd.Channels
	end := ch.First + 1
	if ch.Rest {
		end = len(c.args)
	}
	for at := ch.First; at < end && at < len(c.args); at++ {
		if !mayUse(s.channels, c.args[at], ch.Pattern) {
			return at
		}
	}
	return 0
}

// mayUse reports whether one of the allowed patterns permits a channel. A pattern
// that is to be subscribed to has to be allowed literally: whether one pattern
// covers another is not worked out.
func mayUse[S string | []byte](allowed []string, channel S, isPattern bool) bool {
	for _, p := range allowed {
		if isPattern && p == string(channel) || !isPattern && glob.Match(p, channel) {
			return true
		}
	}
	return false
}

// explain is the error for a refusal.
func (u *user) explain(r refusal, cmd *core.Command, where core.Where) error {
	switch where {
	case core.InExec:
		return core.Error{Code: "NOPERM", Text: "ACLs rules changed between the moment the transaction was accumulated and the EXEC call. " +
			"This command is no longer allowed for the following reason: " + map[reason]string{
			byCommand: "no permission to execute the command or subcommand",
			byKey:     "no permission to touch the specified keys",
			byChannel: "no permission to access one of the channels used as arguments",
		}[r.reason]}
	case core.InScript:
		return core.Err("ACL failure in script: " + u.describe(r, cmd, nil))
	}
	return core.Error{Code: "NOPERM", Text: u.describe(r, cmd, nil)}
}

// describe tells a refusal; with what is refused, if args are given.
func (u *user) describe(r refusal, cmd *core.Command, args [][]byte) string {
	switch {
	case r.reason == byCommand:
		// Since 7.2 the user is named.
		return "User " + u.name + " has no permissions to run the '" + cmd.FullName() + "' command"
	case args == nil:
		return "No permissions to access a " + r.reason.String()
	}
	return "User " + u.name + " has no permissions to access the '" + string(args[r.at]) + "' " + r.reason.String()
}
