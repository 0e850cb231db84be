package acl

import "github.com/ferrousdb/ferrous/core"

// The slot of a session holds the *user that it has authenticated as. Without one
// it is the default user's, who may have to authenticate.

var _ core.Authenticator = (*module)(nil)

var errNoPassword = core.Err("AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?")

// Opened implements core.Authenticator.
func (m *module) Opened(s *core.Session) {
	s.Slots[m.slot] = nil
	if u := m.certified(s); u != nil {
		s.Slots[m.slot] = u
	} else if m.defaultUser.open() {
		s.Slots[m.slot] = m.defaultUser
	}
	m.refresh(s)
}

// certified returns the user that a session's certificate names, nil if there is none, or
// none that may log in.
func (m *module) certified(s *core.Session) *user {
	for _, name := range s.Names {
		if u := m.users[name]; u != nil && u.enabled {
			return u
		}
	}
	return nil
}

// userOf returns the user of a session.
func (m *module) userOf(s *core.Session) *user {
	if u, ok := s.Slots[m.slot].(*user); ok {
		return u
	}
	return m.defaultUser
}

// refresh tells the session what its user may do.
func (m *module) refresh(s *core.Session) {
	u := m.userOf(s)
	s.User, s.Perms = u.name, u.perms
	// Who is not asked for a password needs none, even if that was so only later.
	s.Authenticated = s.Slots[m.slot] != nil || m.defaultUser.open()
}

// Login implements core.Authenticator.
func (m *module) Login(c *core.Ctx, name, password []byte) error {
	if name == nil {
		if m.defaultUser.noPass {
			return errNoPassword
		}
		name = []byte(defaultName)
	}
	u := m.users[string(name)]
	if u == nil || !u.accepts(password) {
		where := core.TopLevel
		if c.Session.InMulti {
			where = core.InMulti
		}
		m.log.record(c, &entry{reason: byAuth, context: contextOf(where), object: string(c.Args[0]), user: string(name)}, where)
		return core.ErrWrongPass
	}
	c.Session.Slots[m.slot] = u
	m.refresh(c.Session)
	return nil
}

// Exists implements core.Authenticator.
func (m *module) Exists(name []byte) bool { return m.users[string(name)] != nil }

// PasswordChanged implements core.Authenticator: requirepass is the password of the
// default user. At the start, Start looks for itself.
func (m *module) PasswordChanged(password string) {
	hash := optionalHash(password)
	if m.server == nil || hash == m.password {
		return
	}
	m.password = hash
	m.defaultUser.setPassword(hash)
	m.changed()
}

// optionalHash is the hash of a password, "" if there is none.
func optionalHash(password string) string {
	if password == "" {
		return ""
	}
	return hashOf(password)
}
