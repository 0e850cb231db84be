package acl

import (
	"maps"
	"slices"
	"strings"

	"github.com/ferrousdb/ferrous/core"
)

// Changing users. All of this runs while every event loop stands still.

// names returns the names of all users, sorted.
func (m *module) names() []string { return slices.Sorted(maps.Keys(m.users)) }

// changed is called when users have changed: their sessions learn of it, and
// CONFIG REWRITE will.
func (m *module) changed() {
	m.server.Sessions(func(s *core.Session) bool {
		m.refresh(s)
		return true
	})
	m.restate()
}

// restate makes the directives of CONFIG REWRITE. With a file of their own users
// are not stated, nor is a default user who is just as he would be without.
func (m *module) restate() {
	var lines [][]string
	if m.file.Load() == "" {
		for _, name := range m.names() {
			if u := m.users[name]; u != m.defaultUser || !m.plain(u) {
				lines = append(lines, append([]string{u.name}, u.rules()...))
			}
		}
	}
	m.stated.Store(lines)
}

// plain reports whether a user is what requirepass alone makes of the default one.
func (m *module) plain(u *user) bool {
	like := m.newDefault()
	like.setPassword(m.password)
	return u.line() == like.line()
}

// put replaces the rights of a user, or makes one.
func (m *module) put(c *core.Ctx, name string, r rights) {
	u := m.users[name]
	if u == nil {
		u = &user{m: m, name: name}
		m.users[name] = u
	} else {
		m.dropListeners(c, u, r.selectors)
	}
	u.rights = r
	u.settle()
}

// remove takes a user away and ends his sessions; he must not be in the directory
// any more.
func (m *module) remove(c *core.Ctx, u *user) {
	m.server.Sessions(func(s *core.Session) bool {
		if s.Slots[m.slot] == u {
			// What it may still do before its end is nothing.
			s.Slots[m.slot] = nil
			s.Conn.Close(s == c.Session, "its user was deleted")
		}
		return true
	})
}

// dropListeners ends sessions of a user that listen to what they may not under new
// selectors. If all that was allowed before is allowed still, there are none.
func (m *module) dropListeners(c *core.Ctx, u *user, now []*selector) {
	var allowed []string
	for _, s := range now {
		if s.anyChannel {
			return
		}
		allowed = append(allowed, s.channels...)
	}
	if !slices.ContainsFunc(u.selectors, func(s *selector) bool { return s.anyChannel || !isSubset(s.channels, allowed) }) {
		return
	}
	m.server.Sessions(func(s *core.Session) bool {
		if m.userOf(s) != u || !s.Subscriber {
			return true
		}
		refused := false
		m.registry.Listens(s, func(channel string, pattern bool) bool {
			refused = !mayUse(allowed, channel, pattern)
			return !refused
		})
		if refused {
			s.Conn.Close(c != nil && s == c.Session, "it listens to a channel that its user may no longer use")
		}
		return true
	})
}

func isSubset(some, all []string) bool {
	return !slices.ContainsFunc(some, func(x string) bool { return !slices.Contains(all, x) })
}

// setUser is ACL SETUSER: all rules are applied, or none.
func (m *module) setUser(c *core.Ctx) error {
	name := string(c.Args[2])
	if hasSpaces(name) {
		return core.Err("Usernames can't contain spaces or null characters")
	}
	draft := m.newUser(name)
	if old := m.users[name]; old != nil {
		draft.rights = old.clone()
	}
	if err := draft.applyAll(texts(c.Args[3:])); err != nil {
		return err
	}
	m.put(c, name, draft.rights)
	m.changed()
	c.OK()
	return nil
}

// texts copies arguments.
func texts(args [][]byte) []string {
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = string(a)
	}
	return words
}

// delUser is ACL DELUSER.
func (m *module) delUser(c *core.Ctx) error {
	for _, name := range c.Args[2:] {
		if string(name) == defaultName {
			return core.Err("The 'default' user cannot be removed")
		}
	}
	deleted := int64(0)
	for _, name := range c.Args[2:] {
		if u := m.users[string(name)]; u != nil {
			delete(m.users, u.name)
			m.remove(c, u)
			deleted++
		}
	}
	if deleted > 0 {
		m.changed()
	}
	c.Int(deleted)
	return nil
}

// getUser is ACL GETUSER.
func (m *module) getUser(c *core.Ctx) error {
	u := m.users[string(c.Args[2])]
	if u == nil {
		c.Null()
		return nil
	}
	c.Map(6)
	c.BulkString("flags")
	flags := u.flags()
	c.Set(len(flags))
	for _, f := range flags {
		c.BulkString(f)
	}
	c.BulkString("passwords")
	bulks(c, u.passwords)
	u.selectors[0].write(c)
	c.BulkString("selectors")
	c.Array(len(u.selectors) - 1)
	for _, s := range u.selectors[1:] {
		c.Map(3)
		s.write(c)
	}
	return nil
}

// write answers the three fields of a selector.
func (s *selector) write(c *core.Ctx) {
	field := func(name string, words []string) {
		c.BulkString(name)
		c.BulkString(strings.Join(words, " "))
	}
	field("commands", s.commandRules())
	field("keys", s.keyRules())
	field("channels", s.channelRules())
}

func bulks(c *core.Ctx, all []string) {
	c.Array(len(all))
	for _, s := range all {
		c.BulkString(s)
	}
}

// list is ACL LIST.
func (m *module) list(c *core.Ctx) error {
	var lines []string
	for _, name := range m.names() {
		lines = append(lines, m.users[name].line())
	}
	bulks(c, lines)
	return nil
}
