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

// kill is CLIENT KILL addr, or CLIENT KILL with pairs of a filter's name and
// value. It runs with every event loop stopped.
func (m *module) kill(c *core.Ctx) error {
	if len(c.Args) == 3 {
		f := filter{addr: c.Args[2]}
		if f.close(c) == 0 {
			return core.Err("No such client")
		}
		c.OK()
		return nil
	}
	f, err := parseFilter(c, m.users)
	if err != nil {
		return err
	}
	c.Int(f.close(c))
	return nil
}

func parseFilter(c *core.Ctx, users core.Authenticator) (filter, error) {
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
			if !userExists(c.Server, users, value) {
				return f, core.Err("No such user '" + core.Shown(value) + "'")
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

// userExists reports whether there is such a user. Without a module that knows
// them: the default one, or any that has logged in.
func userExists(server core.Server, users core.Authenticator, name []byte) bool {
	if users != nil {
		return users.Exists(name)
	}
	if string(name) == defaultUser {
		return true
	}
	return len(sessions(server, func(s *core.Session) bool { return s.User == string(name) })) > 0
}

// close closes the chosen connections and returns their number. The caller's
// own gets its reply first.
func (f *filter) close(c *core.Ctx) (closed int64) {
	c.Server.Sessions(func(s *core.Session) bool {
		if !f.chooses(s) || f.skipMe && s == c.Session {
			return true
		}
		s.Conn.Close(s == c.Session, "CLIENT KILL")
		closed++
		return true
	})
	return closed
}

func (f *filter) chooses(s *core.Session) bool {
	return (f.id == 0 || f.id == s.ID) &&
		(f.class == nil || *f.class == typeOf(s)) &&
		(f.user == nil || string(f.user) == s.User) &&
		(f.addr == nil || string(f.addr) == s.Addr) &&
		(f.laddr == nil || string(f.laddr) == s.LocalAddr)
}
