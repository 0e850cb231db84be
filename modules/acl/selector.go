package acl

import (
	"maps"
	"slices"
	"strings"

	"github.com/ferrousdb/ferrous/core"
)

// selector is a set of commands, keys and channels that go together: a command is
// allowed if one of the user's selectors allows all of it.
type selector struct {
	// anyCommand, anyKey and anyChannel make the rest of their kind needless.
	anyCommand, anyKey, anyChannel bool

	// commands has a bit for each row of the command table, at its ID.
	commands []uint64
	// future says that the rules began with all commands.
	future bool
	// firstArgs are the first arguments with which a command may be run whose
	// bit is not set, by its ID.
	firstArgs map[int][]string
	// words are the rules about commands that made the bits, without the +@all or
	// -@all that they began with.
	words []string

	keys     []keyPattern
	channels []string
}

// keyPattern is which keys may be touched, and how.
type keyPattern struct {
	access  access
	pattern string
}

// access is what is done to the data of a key.
type access uint8

const (
	reads access = 1 << iota
	writes
)

// accessOf is what key flags mean to permissions.
func accessOf(flags core.KeyFlags) (a access) {
	if flags&core.KeyAccess != 0 {
		a |= reads
	}
	if flags&(core.KeyInsert|core.KeyDelete|core.KeyUpdate) != 0 {
		a |= writes
	}
	return a
}

// String returns the rule.
func (k keyPattern) String() string {
	return [...]string{"", "%R~", "%W~", "~"}[k.access] + k.pattern
}

func (m *module) newSelector() *selector {
	return &selector{commands: make([]uint64, (m.registry.CommandCount()+63)/64), anyChannel: m.openChannels.Load() == 1}
}

func (s *selector) clone() *selector {
	c := *s
	c.commands = slices.Clone(s.commands)
	c.firstArgs = maps.Clone(s.firstArgs)
	for id, args := range c.firstArgs {
		c.firstArgs[id] = slices.Clone(args)
	}
	c.words, c.keys, c.channels = slices.Clone(s.words), slices.Clone(s.keys), slices.Clone(s.channels)
	return &c
}

func (s *selector) has(id int) bool { return s.commands[id/64]&(1<<(id%64)) != 0 }

func (s *selector) set(id int, allow bool) {
	if allow {
		s.commands[id/64] |= 1 << (id % 64)
		return
	}
	s.commands[id/64] &^= 1 << (id % 64)
	s.anyCommand = false
}

// allowAll is +@all; allowNone is -@all.
func (s *selector) allowAll() {
	for i := range s.commands {
		s.commands[i] = ^uint64(0)
	}
	s.anyCommand, s.future, s.words, s.firstArgs = true, true, nil, nil
}

func (s *selector) allowNone() {
	clear(s.commands)
	s.anyCommand, s.future, s.words, s.firstArgs = false, false, nil, nil
}

// command allows or forbids a command, a container with all that is in it.
func (s *selector) command(cmd *core.Command, allow bool) {
	s.set(cmd.ID(), allow)
	delete(s.firstArgs, cmd.ID())
	for i := range cmd.Sub {
		s.set(cmd.Sub[i].ID(), allow)
	}
}

// category allows or forbids all commands of a category.
func (s *selector) category(all []*core.Command, cat core.Category, allow bool) {
	for _, cmd := range all {
		if cmd.Categories()&cat != 0 {
			s.command(cmd, allow)
		}
		for i := range cmd.Sub {
			if sub := &cmd.Sub[i]; sub.Categories()&cat != 0 {
				s.command(sub, allow)
			}
		}
	}
}

// firstArg allows a command with one first argument.
func (s *selector) firstArg(cmd *core.Command, arg string) {
	same := func(a string) bool { return strings.EqualFold(a, arg) }
	if s.firstArgs == nil {
		s.firstArgs = map[int][]string{}
	}
	// In the order of the rules, of which the last of the same counts (remember).
	id := cmd.ID()
	s.firstArgs[id] = append(slices.DeleteFunc(s.firstArgs[id], same), arg)
}

// remember keeps a rule about commands. It makes an earlier one about the same
// needless, and those about subcommands of it.
func (s *selector) remember(what string, allow bool) {
	what = strings.ToLower(what)
	s.words = slices.DeleteFunc(s.words, func(w string) bool {
		return w[1:] == what || strings.HasPrefix(w[1:], what+"|")
	})
	sign := "-"
	if allow {
		sign = "+"
	}
	s.words = append(s.words, sign+what)
}

// key allows a pattern of keys.
func (s *selector) key(k keyPattern) {
	for i := range s.keys {
		if s.keys[i].pattern == k.pattern {
			s.keys[i].access |= k.access
			return
		}
	}
	s.keys = append(s.keys, k)
}

// channel allows a pattern of channels.
func (s *selector) channel(pattern string) {
	if !slices.Contains(s.channels, pattern) {
		s.channels = append(s.channels, pattern)
	}
}

// keyRules are the rules about keys, commandRules those about commands,
// channelRules those about channels.
func (s *selector) keyRules() (words []string) {
	if s.anyKey {
		return []string{"~*"}
	}
	for _, k := range s.keys {
		words = append(words, k.String())
	}
	return words
}

func (s *selector) channelRules() (words []string) {
	if s.anyChannel {
		return []string{"&*"}
	}
	for _, c := range s.channels {
		words = append(words, "&"+c)
	}
	return words
}

func (s *selector) commandRules() []string {
	first := "-@all"
	if s.future {
		first = "+@all"
	}
	return append([]string{first}, s.words...)
}

// rules are the rules that make such a selector.
func (s *selector) rules() []string {
	words := s.keyRules()
	if !s.anyChannel {
		words = append(words, "resetchannels")
	}
	return slices.Concat(words, s.channelRules(), s.commandRules())
}
