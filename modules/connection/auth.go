package connection

import (
	"crypto/sha256"
	"crypto/subtle"

	"github.com/ferrousdb/ferrous/core"
)

// defaultUser is whom a client is taken for that names nobody. Without access
// control lists there is no other.
const defaultUser = "default"

var errNoPassword = core.Err("AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?")

// opened gives a session the rights of one that has not authenticated.
func (m *module) opened(s *core.Session) {
	s.User = defaultUser
	s.Authenticated = m.password.Load() == ""
}

// passwordChanged lets everybody in when the password is taken away. A new
// password does not concern who is in already. It is called by CONFIG SET,
// while every event loop stands still.
func (m *module) passwordChanged() error {
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
	user, password := []byte(defaultUser), c.Args[1]
	switch len(c.Args) {
	case 2:
		// Clients of old versions would think themselves protected.
		if m.password.Load() == "" {
			return errNoPassword
		}
	case 3:
		user, password = c.Args[1], c.Args[2]
	default:
		return core.ErrSyntax
	}
	if !m.login(c.Session, user, password) {
		return core.ErrWrongPass
	}
	c.OK()
	return nil
}

// login authenticates the session, or reports false and leaves it as it was.
func (m *module) login(s *core.Session, user, password []byte) bool {
	if string(user) != defaultUser || !samePassword(m.password.Load(), password) {
		return false
	}
	s.User, s.Authenticated = defaultUser, true
	return true
}

// samePassword takes the same time whatever the given password has in common
// with the right one, its length included. No password accepts any.
func samePassword(right string, given []byte) bool {
	a, b := sha256.Sum256([]byte(right)), sha256.Sum256(given)
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1 || right == ""
}
