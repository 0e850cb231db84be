package connection

import (
	"github.com/ferrousdb/ferrous/core"
)

// filter chooses the connections to close. A nil field chooses all.
type filter struct {
	id          uint64 // 0: all
	class       *core.ClientType
	user        []byte
	addr, laddr []byte
	skipMe      bool
}

// killing is what a CLIENT KILL has done.
type killing struct {
	err    error
	closed int64
	user   []byte // of the filter
	named  bool   // there is one
}

// lookForKill makes the look of CLIENT KILL addr, or CLIENT KILL with pairs of a filter's name and value, which
// closes the chosen connections: *killing. The caller's own gets its reply first.
func (m *module) lookForKill(c *core.Ctx) *core.Look {
	k := &killing{}
	var f filter
	if f, k.err = parseFilter(c, m.users); k.err != nil {
		return &core.Look{Only: true, Found: k}
	}
	k.user, k.named = f.user, f.user == nil || m.users != nil || string(f.user) == defaultUser
	return &core.Look{Only: true, Found: k, Session: func(s *core.Session) {
		k.named = k.named || string(f.user) == s.User
		if f.chooses(s) && !(f.skipMe && s == c.Session) {
			s.Conn.Close(s == c.Session, "CLIENT KILL")
			k.closed++
		}
	}}
}

// kill is CLIENT KILL.
func (m *module) kill(c *core.Ctx) error {
	k := c.Looked().Found.(*killing)
	switch {
	case k.err != nil:
		return k.err
	case !k.named:
		return noSuchUser(k.user)
	case len(c.Args) == 3 && k.closed == 0:
		return core.Err("No such client")
	case len(c.Args) == 3:
		c.OK()
	default:
		c.Int(k.closed)
	}
	return nil
}

func parseFilter(c *core.Ctx, users core.Authenticator) (filter, error) {
	if len(c.Args) == 3 {
		return filter{addr: c.Args[2]}, nil
	}
	f := filter{skipMe: true}
	for i := 2; i < len(c.Args); i += 2 {
		if i+1 == len(c.Args) {
			return f, core.ErrSyntax
		}
		value := c.Args[i+1]
		switch {
		case c.Is(i, "ID"):
			id, err := c.ArgInt(i + 1)
			if err != nil || id < 1 {
				return f, core.Err("client-id should be greater than 0")
			}
			f.id = uint64(id)
		case c.Is(i, "TYPE"):
			class, err := typeNamed(value)
			if err != nil {
				return f, err
			}
			f.class = &class
		case c.Is(i, "USER"):
			// Without a module that knows users there are the default one and those that somebody has logged in as:
			// that is found out on the way.
			if users != nil && !users.Exists(value) {
				return f, noSuchUser(value)
			}
			f.user = value
		case c.Is(i, "ADDR"):
			f.addr = value
		case c.Is(i, "LADDR"):
			f.laddr = value
		case c.Is(i, "SKIPME") && c.Is(i+1, "YES"):
			f.skipMe = true
		case c.Is(i, "SKIPME") && c.Is(i+1, "NO"):
			f.skipMe = false
		default:
			return f, core.ErrSyntax
		}
	}
	return f, nil
}

func noSuchUser(name []byte) error { return core.Err("No such user '" + core.Shown(name) + "'") }

func (f *filter) chooses(s *core.Session) bool {
	return (f.id == 0 || f.id == s.ID) &&
		(f.class == nil || *f.class == typeOf(s)) &&
		(f.user == nil || string(f.user) == s.User) &&
		(f.addr == nil || string(f.addr) == s.Addr) &&
		(f.laddr == nil || string(f.laddr) == s.LocalAddr)
}
