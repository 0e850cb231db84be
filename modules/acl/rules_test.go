package acl

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/coretest"
)

// others are the commands of another module.
type others struct{}

func (others) Name() string { return "others" }

func (others) Register(r *core.Registry) error {
	run := func(*core.Ctx) error { return nil }
	channel := func(use core.ChannelUse) core.Channels {
		return core.Channels{First: 1, Rest: use == core.Subscribes, Use: use}
	}
	r.Commands(
		core.Command{Name: "get", Run: run, Arity: 2, Flags: core.ReadOnly | core.Fast, ACL: core.CatString, Keys: core.FirstKey(core.KeyRO | core.KeyAccess)},
		core.Command{Name: "set", Run: run, Arity: -3, Flags: core.Write, ACL: core.CatString, Keys: core.FirstKey(core.KeyOW | core.KeyUpdate)},
		core.Command{Name: "del", Run: run, Arity: -2, Flags: core.Write, ACL: core.CatKeyspace,
			Keys: []core.KeySpec{core.KeyRange(1, -1, 1, core.KeyRM|core.KeyDelete)}},
		core.Command{Name: "exists", Run: run, Arity: 2, Flags: core.ReadOnly | core.Fast, Keys: core.FirstKey(core.KeyRO)},
		core.Command{Name: "select", Run: run, Arity: 2, Flags: core.Fast},
		core.Command{Name: "publish", Run: run, Arity: 3, Flags: core.PubSub | core.Fast, Channels: channel(core.Publishes)},
		core.Command{Name: "subscribe", Run: run, Arity: -2, Flags: core.PubSub, Channels: channel(core.Subscribes)},
		core.Command{Name: "config", Arity: -2, Sub: []core.Command{
			{Name: "get", Run: run, Arity: -3, Flags: core.Admin},
			{Name: "set", Run: run, Arity: -4, Flags: core.Admin},
		}},
	)
	return nil
}

// newModule is the module with other commands, which is not started.
func newModule(t coretest.T) *module {
	m := &module{}
	r := core.NewRegistry(config.NewSchema())
	r.Add(m)
	r.Add(others{})
	if _, err := r.Freeze(); err != nil {
		t.Fatalf("%v", err)
	}
	return m
}

var someCommands = []string{"get", "set", "del", "exists", "select", "publish", "subscribe", "config", "config|get", "config|set", "acl|list"}

// commandRule draws a valid rule about commands.
func commandRule(t *rapid.T) string {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"+@all", "-@all", "allcommands", "nocommands"}),
		rapid.Map(rapid.SampledFrom(someCommands), func(c string) string { return "+" + c }),
		rapid.Map(rapid.SampledFrom(someCommands), func(c string) string { return "-" + c }),
		rapid.Map(rapid.SampledFrom(core.Categories()), func(c string) string { return "+@" + c }),
		rapid.Map(rapid.SampledFrom(core.Categories()), func(c string) string { return "-@" + c }),
		rapid.SampledFrom([]string{"+select|0", "+select|1", "+get|k"}),
	).Draw(t, "rule about commands")
}

// selectorRule draws a rule of a selector; patterns behind one for everything are
// errors.
func selectorRule(t *rapid.T) string {
	if rapid.Bool().Draw(t, "about commands") {
		return commandRule(t)
	}
	return rapid.SampledFrom([]string{
		"~a*", "%R~b*", "%W~b*", "%RW~c", "~*", "allkeys", "resetkeys", "&x", "&y*", "&*", "allchannels", "resetchannels",
	}).Draw(t, "rule about keys or channels")
}

func userRule(t *rapid.T) string {
	switch rapid.IntRange(0, 5).Draw(t, "kind") {
	case 0:
		return rapid.SampledFrom([]string{
			"on", "off", "nopass", "resetpass", ">secret", ">other", "<secret", "reset", "clearselectors", "sanitize-payload", "skip-sanitize-payload",
		}).Draw(t, "rule about the user")
	case 1:
		var words []string
		for range rapid.IntRange(0, 4).Draw(t, "rules of a selector") {
			words = append(words, selectorRule(t))
		}
		return "(" + strings.Join(words, " ") + ")"
	}
	return selectorRule(t)
}

// TestDescribed: the rules that describe a user make the same user, whatever rules
// have made him.
func TestDescribed(t *testing.T) {
	m := newModule(t)
	rapid.Check(t, func(t *rapid.T) {
		u := m.newUser("u")
		for range rapid.IntRange(0, 12).Draw(t, "rules") {
			_ = u.apply(userRule(t)) // what is refused changes nothing
		}
		u.settle()
		sameAfterDescribing(t, m, u)
	})
}

func sameAfterDescribing(t coretest.T, m *module, u *user) {
	again := m.newUser(u.name)
	if err := again.applyAll(u.rules()); err != nil {
		t.Fatalf("%s: %v", u.line(), err)
	}
	if got, want := again.line(), u.line(); got != want {
		t.Fatalf("%s\nbecame\n%s", want, got)
	}
	for i, s := range u.selectors {
		o := again.selectors[i]
		if !slices.Equal(s.commands, o.commands) || s.future != o.future || len(s.firstArgs)+len(o.firstArgs) > 0 && !reflect.DeepEqual(s.firstArgs, o.firstArgs) {
			t.Fatalf("%s: selector %d allows other commands", u.line(), i)
		}
	}
	if (u.perms == nil) != (again.perms == nil) {
		t.Fatalf("%s: one may do everything, the other not", u.line())
	}
}

// TestCommandRules compares the bits with a model that knows only names.
func TestCommandRules(t *testing.T) {
	m := newModule(t)
	var all []*core.Command
	for _, cmd := range m.registry.All() {
		all = append(all, cmd)
		for i := range cmd.Sub {
			all = append(all, &cmd.Sub[i])
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s, model := m.newSelector(), map[string]bool{}
		for range rapid.IntRange(0, 15).Draw(t, "rules") {
			rule := commandRule(t)
			if err := s.apply(m.registry, rule); err != nil {
				t.Fatalf("%s: %v", rule, err)
			}
			word := map[string]string{"allcommands": "+@all", "nocommands": "-@all"}[rule]
			if word == "" {
				word = rule
			}
			for _, cmd := range all {
				name := cmd.FullName()
				container, _, _ := strings.Cut(name, "|")
				cat := core.CategoryByName(strings.TrimPrefix(word[1:], "@"))
				byCategory := strings.HasPrefix(word[1:], "@") && (cmd.Categories()&cat != 0 || m.registry.Find(container).Categories()&cat != 0)
				if word[1:] == "@all" || word[1:] == name || word[1:] == container || byCategory {
					model[name] = word[0] == '+'
				}
			}
		}
		for _, cmd := range all {
			if got := s.has(cmd.ID()); got != model[cmd.FullName()] {
				t.Fatalf("%v: %s allowed: %t", s.commandRules(), cmd.FullName(), got)
			}
		}
	})
}

// TestAllOrNothing: rules that do not all hold leave nothing behind, and a clone
// shares nothing with what it was made of.
func TestAllOrNothing(t *testing.T) {
	m := newModule(t)
	rapid.Check(t, func(t *rapid.T) {
		u := m.newUser("u")
		for range rapid.IntRange(0, 8).Draw(t, "rules") {
			_ = u.apply(userRule(t))
		}
		before := u.line()
		draft := &user{m: m, name: "u", rights: u.clone()}
		for range rapid.IntRange(0, 8).Draw(t, "more rules") {
			_ = draft.apply(userRule(t))
		}
		if u.line() != before {
			t.Fatalf("%s\nbecame\n%s", before, u.line())
		}
	})
}

// FuzzRules: whatever rules say, they are refused or describe a user.
func FuzzRules(f *testing.F) {
	for _, seed := range []string{
		"on >pw ~a* &b +get -@all (+set ~b) clearselectors", "%R~a %RW~b %W~", "(~a (+get) )", "+config|get|x +get| -| +", "()", "(\"a b\" +get)", "#00 <x !y reset", `("~a\"b" "%R~c'd" "+get|\"" &\)`,
	} {
		f.Add(seed)
	}
	m := newModule(f)
	f.Fuzz(func(t *testing.T, text string) {
		u := m.newUser("u")
		if err := u.applyAll(strings.Split(text, " ")); err == nil {
			sameAfterDescribing(t, m, u)
		}
	})
}

// FuzzFile: a file of users is refused, or can be written and read again.
func FuzzFile(f *testing.F) {
	f.Add("user default on nopass ~* &* +@all\n\nuser alice on #aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa (+get ~a)\n")
	f.Add("user a (\"~a)\" +get) (\"~b\\\"\" &'c')")
	f.Add("user a off (+get\r\nuser  b\nuser a\nother\n# user x\n")
	m := newModule(f)
	f.Fuzz(func(t *testing.T, text string) {
		users, wrong := m.parseFile("users.acl", text)
		if wrong != "" {
			return
		}
		var b strings.Builder
		for _, u := range users {
			b.WriteString(u.line() + "\n")
		}
		again, wrong := m.parseFile("users.acl", b.String())
		if wrong != "" || len(again) != len(users) {
			t.Fatalf("%q: %s", b.String(), wrong)
		}
		for name, u := range users {
			if again[name].line() != u.line() {
				t.Fatalf("%q became %q", u.line(), again[name].line())
			}
		}
	})
}
