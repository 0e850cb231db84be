package pubsub

import (
	"slices"
	"strings"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/resp"
)

// subscriber is what one session listens to. While it listens to anything it
// stands before the session's commands: a subscriber of the older protocol may
// run few of them, since it could not tell their replies from messages.
type subscriber struct {
	channels map[string]struct{}
	shards   map[string]struct{}
	patterns []string // in the order in which they came
}

// perName is what a name takes beside its bytes: here and in a directory, about.
const perName = 128

// of returns the session's subscriber, a new one if it has none.
func (m *module) of(s *core.Session) *subscriber {
	sub, _ := s.Slots[m.slot].(*subscriber)
	if sub == nil {
		sub = &subscriber{channels: map[string]struct{}{}, shards: map[string]struct{}{}}
		s.Slots[m.slot] = sub
	}
	return sub
}

// count tells the session what it listens to, which makes it a subscriber or ends
// that.
func (sub *subscriber) count(s *core.Session) {
	before := s.Subscriber
	s.Subscriber = len(sub.channels)+len(sub.patterns)+len(sub.shards) > 0
	switch now := s.Subscriber; {
	case now && !before:
		s.Push(sub)
		s.Conn.SetType(core.ClientPubSub)
	case before && !now:
		s.Pop(sub)
		s.Conn.SetType(core.ClientNormal)
	}
}

// Command implements core.Interceptor.
func (sub *subscriber) Command(c *core.Ctx) (done bool, err error) {
	if c.RESP3() || c.Cmd.Flags&core.WhileSubscribed != 0 {
		return false, nil
	}
	return true, core.Err("Can't execute '" + c.Cmd.FullName() +
		"': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context")
}

// Refused implements core.Interceptor.
func (*subscriber) Refused(*core.Ctx, error) {}

// kind is one of the three ways to listen.
type kind struct {
	word string // "subscribe"
	// alone: it cannot begin within a transaction, where the others can.
	alone bool
	// add and remove change what a session listens to, and report whether they
	// did. left is the number that the reply tells.
	add, remove func(m *module, s *core.Session, sub *subscriber, name string) bool
	names       func(sub *subscriber) []string
	left        func(sub *subscriber) int
}

func keys(set map[string]struct{}) []string {
	names := make([]string, 0, len(set))
	for name := range set {
		names = append(names, name)
	}
	return names
}

// member makes the functions of a kind that is kept in a set and a directory.
func member(set func(*subscriber) map[string]struct{}, dir func(*module) *directory) (add, remove func(*module, *core.Session, *subscriber, string) bool) {
	add = func(m *module, s *core.Session, sub *subscriber, name string) bool {
		if _, ok := set(sub)[name]; ok {
			return false
		}
		set(sub)[name] = struct{}{}
		dir(m).add(name, s)
		return true
	}
	remove = func(m *module, s *core.Session, sub *subscriber, name string) bool {
		if _, ok := set(sub)[name]; !ok {
			return false
		}
		delete(set(sub), name)
		dir(m).remove(name, s)
		return true
	}
	return add, remove
}

// all is the number that replies about channels and patterns tell.
func all(sub *subscriber) int { return len(sub.channels) + len(sub.patterns) }

func channelKind() *kind {
	set := func(sub *subscriber) map[string]struct{} { return sub.channels }
	add, remove := member(set, func(m *module) *directory { return &m.channels })
	return &kind{word: "subscribe", add: add, remove: remove, left: all,
		names: func(sub *subscriber) []string { return keys(sub.channels) }}
}

func shardKind() *kind {
	set := func(sub *subscriber) map[string]struct{} { return sub.shards }
	add, remove := member(set, func(m *module) *directory { return &m.shards })
	return &kind{word: "ssubscribe", alone: true, add: add, remove: remove,
		names: func(sub *subscriber) []string { return keys(sub.shards) },
		left:  func(sub *subscriber) int { return len(sub.shards) }}
}

func patternKind() *kind {
	return &kind{
		word: "psubscribe",
		add: func(m *module, s *core.Session, sub *subscriber, text string) bool {
			if slices.Contains(sub.patterns, text) {
				return false
			}
			sub.patterns = append(sub.patterns, text)
			m.patterns.add(text, s)
			return true
		},
		remove: func(m *module, s *core.Session, sub *subscriber, text string) bool {
			i := slices.Index(sub.patterns, text)
			if i < 0 {
				return false
			}
			sub.patterns = slices.Delete(sub.patterns, i, i+1)
			m.patterns.remove(text, s)
			return true
		},
		names: func(sub *subscriber) []string { return slices.Clone(sub.patterns) },
		left:  all,
	}
}

// subscribe makes the handler of SUBSCRIBE, PSUBSCRIBE or SSUBSCRIBE.
func (m *module) subscribe(k *kind) core.Handler {
	return core.ForClient(func(c *core.Ctx) error {
		if k.alone && c.NoBlock {
			return core.Err(strings.ToUpper(k.word) + " isn't allowed for a DENY BLOCKING client")
		}
		s, sub := c.Session, m.of(c.Session)
		for _, arg := range c.Args[1:] {
			name := string(arg)
			if k.add(m, s, sub, name) {
				s.HeldBytes += len(name) + perName
			}
			sub.count(s)
			confirm(c, k.word, arg, k.left(sub))
		}
		return nil
	})
}

// unsubscribe makes the handler of UNSUBSCRIBE, PUNSUBSCRIBE or SUNSUBSCRIBE:
// without names, of all.
func (m *module) unsubscribe(k *kind) core.Handler {
	word := strings.Replace(k.word, "subscribe", "unsubscribe", 1)
	return core.ForClient(func(c *core.Ctx) error {
		s, sub := c.Session, m.of(c.Session)
		names := k.names(sub)
		if len(c.Args) > 1 {
			names = names[:0]
			for _, arg := range c.Args[1:] {
				names = append(names, string(arg))
			}
		}
		// One after the other, so that each confirmation is the last that is heard of
		// its name.
		for _, name := range names {
			if k.remove(m, s, sub, name) {
				s.HeldBytes -= len(name) + perName
				c.TakeMessages()
			}
			sub.count(s)
			confirm(c, word, []byte(name), k.left(sub))
		}
		if len(names) == 0 {
			confirm(c, word, nil, k.left(sub))
		}
		return nil
	})
}

// confirm tells the session what it listens to. It is a message, which also a
// session gets that wants no replies; name nil is null.
func confirm(c *core.Ctx, word string, name []byte, left int) {
	w := c.Writer
	quiet := c.Session.Quiet()
	if quiet {
		w = &resp.Writer{Proto: c.Session.Proto}
	}
	w.Push(3)
	w.BulkString(word)
	if name == nil {
		w.Null()
	} else {
		w.Bulk(name)
	}
	w.Int(int64(left))
	if quiet {
		c.Session.Conn.Deliver(w.Buf)
	}
}
