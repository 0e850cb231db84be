package connection

import (
	"cmp"
	"slices"
	"strings"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/decimal"
)

func info(c *core.Ctx) error {
	c.Verbatim("txt", string(c.Server.Registry().AppendClientInfo(nil, c.Session, c.Now, c.Args)))
	return nil
}

// list is CLIENT LIST [TYPE type] or CLIENT LIST ID id ...; it runs with every
// event loop stopped.
func list(c *core.Ctx) error {
	chosen, err := chooseListed(c)
	if err != nil {
		return err
	}
	b := make([]byte, 0, lineSize*(len(chosen)+1))
	for _, s := range chosen {
		var own [][]byte
		if s == c.Session {
			own = c.Args
		}
		b = c.Server.Registry().AppendClientInfo(b, s, c.Now, own)
	}
	c.Verbatim("txt", string(b))
	return nil
}

// lineSize is about how long a line is, in bytes: what there is no room for would be
// copied many times while a long list grows.
const lineSize = 350

func chooseListed(c *core.Ctx) ([]*core.Session, error) {
	switch n := len(c.Args); {
	case n == 2:
		return sessions(c.Server, func(*core.Session) bool { return true }), nil
	case n == 4 && c.Is(2, "TYPE"):
		want, err := typeNamed(c.Args[3])
		if err != nil {
			return nil, err
		}
		return sessions(c.Server, func(s *core.Session) bool { return typeOf(s) == want }), nil
	case n > 3 && c.Is(2, "ID"):
		return sessionsByID(c, c.Args[3:])
	}
	return nil, core.ErrSyntax
}

func sessionsByID(c *core.Ctx, ids [][]byte) (chosen []*core.Session, err error) {
	for _, arg := range ids {
		id, ok := decimal.Parse(arg)
		if !ok {
			return nil, core.Err("Invalid client ID")
		}
		if s := c.Server.Session(uint64(id)); s != nil {
			chosen = append(chosen, s)
		}
	}
	return chosen, nil
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
	return 0, core.Err("Unknown client type '" + string(name) + "'")
}
