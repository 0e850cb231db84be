package connection

import (
	"slices"

	"github.com/ferrousdb/ferrous/core"
)

// defaultUser is whom a client is taken for that names nobody. Without access
// control lists there is no other.
const defaultUser = "default"

var errNoPassword = core.Err("AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?")

// opened gives a session the rights of one that has not authenticated.
func (m *module) opened(s *core.Session) {
	if a := m.users; a != nil {
		a.Opened(s)
		return
	}
	s.User = defaultUser
	s.Authenticated = m.password.Load() == "" || slices.Contains(s.Names, defaultUser)
}

// passwordChanged lets everybody in when the password is taken away. A new
// password does not concern who is in already. It is called by CONFIG SET,
// while every event loop stands still.
func (m *module) passwordChanged() error {
	if m.users != nil {
		m.users.PasswordChanged(m.password.Load())
		return nil
	}
	if m.password.Load() != "" || m.server == nil {
		return nil
	}
	m.server.Sessions(func(s *core.Session) bool {
		s.Authenticated = true
		return true
	})
	return nil
}

func (m *module) auth(c *core.Ctx) error {
	var user []byte
	password := c.Args[1]
	switch len(c.Args) {
	case 2:
	case 3:
		user, password = c.Args[1], c.Args[2]
	default:
		return core.ErrSyntax
	}
	if err := m.login(c, user, password); err != nil {
		return err
	}
	c.OK()
	return nil
}

// login authenticates the session, or leaves it as it was and returns an error.
// user is nil if the client has named none.
func (m *module) login(c *core.Ctx, user, password []byte) error {
	if m.users != nil {
		return m.users.Login(c, user, password)
	}
	// Clients of old versions would think themselves protected.
	if user == nil && m.password.Load() == "" {
		return errNoPassword
	}
	if user != nil && string(user) != defaultUser || !samePassword(m.password.Load(), password) {
		return core.ErrWrongPass
	}
	c.Session.User, c.Session.Authenticated = defaultUser, true
	return nil
}

// samePassword takes the same time whatever the given password has in common
// with the right one, its length included. No password accepts any.
func samePassword(right string, given []byte) bool {
	if right == "" {
		return true
	}
	different, at := len(right)^len(given), 0
	for _, b := range given {
		different |= int(b ^ right[at])
		at++
		at &= (at - len(right)) >> 63 // begins again at the end, without a branch
	}
	return different == 0
}
