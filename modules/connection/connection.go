// Package connection brings the commands about the connection itself: PING,
// ECHO, HELLO, AUTH, SELECT, QUIT, RESET and CLIENT.
//
// It owns the parameter requirepass and decides whether a new session has to
// authenticate. It knows no keys, and nothing of other modules: what those put
// on a session (subscriptions, a transaction, tracking) it sees as fields of
// core.Session, and RESET asks them by core.Hooks.Reset to give it up.
//
// It is linked in by New; nothing else of it is exported.
package connection

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
)

// New makes the module.
func New() core.Module { return &module{} }

type module struct {
	password *config.StringVar
	server   core.Server
	users    core.Authenticator // nil if no module knows users
	sizes    []int              // of the latest CLIENT LIST of each executor, bytes: what there is no room for is copied many times
}

// Name implements core.Module.
func (*module) Name() string { return "connection" }

// Register implements core.Module.
func (m *module) Register(r *core.Registry) error {
	m.password = r.Config.Text(config.Param{
		Name: "requirepass", Section: "security", Flags: config.Sensitive,
		Doc: "The password that clients must give by AUTH or HELLO before anything else. Empty: none is asked for.",
	})
	r.Config.Apply(m.passwordChanged, m.password)
	r.OnSession(m.opened, nil)
	r.Commands(m.rows()...)
	return nil
}

// Start implements core.Starter.
func (m *module) Start(s core.Server) error {
	m.server = s
	m.sizes = make([]int, s.Executors())
	if m.users = s.Registry().Authenticator(); m.users != nil {
		m.users.PasswordChanged(m.password.Load())
	}
	return nil
}
