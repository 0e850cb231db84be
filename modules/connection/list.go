package connection

import (
	"cmp"
	"slices"
	"strings"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/decimal"
)

func info(c *core.Ctx) error {
	c.VerbatimBytes("txt", c.Server.Registry().AppendClientInfo(nil, c.Session, c.Now, c.Args))
	return nil
}

// lineSize is about how long a line is, in bytes.
const lineSize = 350

// listing is the CLIENT LIST of one executor: lines as sessions are visited, and where they are.
type listing struct {
	text  []byte
	lines []line
	size  int // of the text of the one before, in bytes: what there is no room for is copied many times while a long list grows
}

// line is a session's, by its end in the text.
type line struct {
	id       uint64
	from, to int
}

// visit is CLIENT LIST's look at a session.
func (m *module) visit(c *core.Ctx, s *core.Session) {
	l := &m.lists[c.Loop]
	var own [][]byte
	if s == c.Session {
		own = c.Args
	}
	if n := len(c.Args); n == 4 && c.Is(2, "TYPE") {
		if want, err := typeNamed(c.Args[3]); err != nil || typeOf(s) != want {
			return
		}
	} else if n > 3 && !slices.ContainsFunc(c.Args[3:], func(arg []byte) bool { id, ok := decimal.Parse(arg); return ok && uint64(id) == s.ID }) {
		return
	}
	if l.text == nil {
		l.text = make([]byte, 0, lineSize+l.size+l.size/16)
		l.lines = make([]line, 0, cap(l.text)/lineSize)
	}
	from := len(l.text)
	l.text = c.Server.Registry().AppendClientInfo(l.text, s, c.Now, own)
	l.lines = append(l.lines, line{s.ID, from, len(l.text)})
}

// list is CLIENT LIST [TYPE type] or CLIENT LIST ID id ...: it puts the lines into an order, that of age or of the
// arguments.
func (m *module) list(c *core.Ctx) error {
	if !c.Surveyed {
		c.Server.Sessions(func(s *core.Session) bool { m.visit(c, s); return true })
	}
	l := m.lists[c.Loop]
	m.lists[c.Loop] = listing{size: len(l.text)}
	if err := checkList(c); err != nil {
		return err
	}
	slices.SortStableFunc(l.lines, func(a, b line) int { return cmp.Compare(a.id, b.id) })
	l.lines = slices.CompactFunc(l.lines, func(a, b line) bool { return a.id == b.id })
	if len(c.Args) > 3 && c.Is(2, "ID") {
		l.lines = l.inOrderOf(c.Args[3:])
	}
	b := make([]byte, 0, len(l.text))
	for _, x := range l.lines {
		b = append(b, l.text[x.from:x.to]...)
	}
	c.VerbatimBytes("txt", b)
	return nil
}

// checkList finds fault with the arguments.
func checkList(c *core.Ctx) error {
	switch n := len(c.Args); {
	case n == 2:
		return nil
	case n == 4 && c.Is(2, "TYPE"):
		_, err := typeNamed(c.Args[3])
		return err
	case n > 3 && c.Is(2, "ID"):
		for _, arg := range c.Args[3:] {
			if _, ok := decimal.Parse(arg); !ok {
				return core.Err("Invalid client ID")
			}
		}
		return nil
	}
	return core.ErrSyntax
}

// inOrderOf returns the lines of some IDs, whose own are in the order of their IDs, as often as they are named.
func (l *listing) inOrderOf(ids [][]byte) (chosen []line) {
	for _, arg := range ids {
		id, _ := decimal.Parse(arg)
		if i, ok := slices.BinarySearchFunc(l.lines, uint64(id), func(x line, id uint64) int { return cmp.Compare(x.id, id) }); ok {
			chosen = append(chosen, l.lines[i])
		}
	}
	return chosen
}

// sessions returns the sessions that a test accepts, oldest first.
func sessions(server core.Server, accept func(*core.Session) bool) (chosen []*core.Session) {
	server.Sessions(func(s *core.Session) bool {
		if accept(s) {
			chosen = append(chosen, s)
		}
		return true
	})
	slices.SortFunc(chosen, func(a, b *core.Session) int { return cmp.Compare(a.ID, b.ID) })
	return chosen
}

// typeOf is the class of a client; whoever subscribes is a subscriber.
func typeOf(s *core.Session) core.ClientType {
	t := s.Conn.Info().Type
	if t == core.ClientNormal && s.Subscriber {
		return core.ClientPubSub
	}
	return t
}

func typeNamed(name []byte) (core.ClientType, error) {
	switch strings.ToLower(string(name)) {
	case "normal":
		return core.ClientNormal, nil
	case "replica", "slave":
		return core.ClientReplica, nil
	case "pubsub":
		return core.ClientPubSub, nil
	case "master":
		return core.ClientMaster, nil
	}
	return 0, core.Err("Unknown client type '" + core.Shown(name) + "'")
}
