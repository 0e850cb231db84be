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

// listing is a CLIENT LIST: lines as sessions are visited, and where they are.
type listing struct {
	err   error // of the arguments
	text  []byte
	lines []line
}

// line is a session's, by its end in the text.
type line struct {
	id       uint64
	from, to int
}

// lookForList makes the look of CLIENT LIST [TYPE type] or CLIENT LIST ID id ...: *listing.
func (m *module) lookForList(c *core.Ctx) *core.Look {
	chosen, err := listed(c)
	if err != nil {
		return &core.Look{Only: true, Found: &listing{err: err}}
	}
	size := m.sizes[c.Loop]
	l := &listing{text: make([]byte, 0, lineSize+size+size/16)}
	l.lines = make([]line, 0, cap(l.text)/lineSize)
	return &core.Look{Only: true, Found: l, Session: func(s *core.Session) {
		if !chosen(s) {
			return
		}
		var own [][]byte
		if s == c.Session {
			own = c.Args
		}
		from := len(l.text)
		l.text = c.Server.Registry().AppendClientInfo(l.text, s, c.Now, own)
		l.lines = append(l.lines, line{s.ID, from, len(l.text)})
	}}
}

// list is CLIENT LIST: it puts the lines into an order, that of age or of the arguments.
func (m *module) list(c *core.Ctx) error {
	l := c.Looked().Found.(*listing)
	if l.err != nil {
		return l.err
	}
	m.sizes[c.Loop] = len(l.text)
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

// listed returns which sessions the arguments choose, or finds fault with them.
func listed(c *core.Ctx) (func(s *core.Session) bool, error) {
	switch n := len(c.Args); {
	case n == 2:
		return func(*core.Session) bool { return true }, nil
	case n == 4 && c.Is(2, "TYPE"):
		want, err := typeNamed(c.Args[3])
		return func(s *core.Session) bool { return typeOf(s) == want }, err
	case n > 3 && c.Is(2, "ID"):
		ids := make(map[uint64]bool, n-3)
		for _, arg := range c.Args[3:] {
			id, ok := decimal.Parse(arg)
			if !ok {
				return nil, core.Err("Invalid client ID")
			}
			ids[uint64(id)] = true
		}
		return func(s *core.Session) bool { return ids[s.ID] }, nil
	}
	return nil, core.ErrSyntax
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
