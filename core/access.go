package core

// Who may do what. Without a module for it every session that has given the
// right password may do everything: a session's Perms are nil, which costs one
// branch per batch of commands.

// Permissions is what a user may do. It belongs to the module that knows users;
// a session's is changed by commands with AllSessions, or on the session's loop.
type Permissions interface {
	// Allow returns the error to answer (NOPERM) if a session with these
	// permissions may not run a command with these arguments, whose arity is
	// right. It takes no locks but leaves.
	Allow(c *Ctx, cmd *Command, args [][]byte, where Where) error
	// Allows is Allow for whoever only wants to know: nothing is logged.
	Allows(cmd *Command, args [][]byte) bool
	// AllKeys reports whether c's command may do what flags say to any key: what
	// reads keys that nobody could declare asks (SORT with BY).
	AllKeys(c *Ctx, flags KeyFlags) bool
}

// Where says how a command came to be run, for the log of refusals.
type Where uint8

// The places.
const (
	TopLevel Where = iota
	InMulti        // to be queued
	InExec         // run by EXEC
	InScript       // called by a script; the error says so
	// Retried is for a command that had blocked and is run again. That may be on
	// another loop than the session's, and it is not to be touched.
	Retried
)

// Permit asks the session's permissions whether a command may run.
func (c *Ctx) Permit(cmd *Command, args [][]byte, where Where) error {
	if c.Session == nil || c.Session.Perms == nil {
		return nil
	}
	return c.Session.Perms.Allow(c, cmd, args, where)
}

// MayUseAllKeys asks the session's permissions whether the command may do what
// flags say to every key.
func (c *Ctx) MayUseAllKeys(flags KeyFlags) bool {
	return c.Session == nil || c.Session.Perms == nil || c.Session.Perms.AllKeys(c, flags)
}

// Authenticator knows users and their passwords. There is at most one; without it
// the only user is "default", and the parameter requirepass is its password.
type Authenticator interface {
	// Opened gives a new session, or one after RESET, the rights of a client that
	// has not authenticated, or of the user that its certificate names (Session.Names):
	// user, Authenticated, Perms.
	Opened(s *Session)
	// Login gives the session the rights of a user, or returns the error to
	// answer and leaves it as it was. user is nil for AUTH with a password only,
	// which means the default user, and is an error if that has none. The slices
	// are valid during the call.
	Login(c *Ctx, user, password []byte) error
	// Exists reports whether there is such a user.
	Exists(user []byte) bool
	// PasswordChanged is told of requirepass, at the start and when CONFIG SET
	// changes it (everything is stopped then); "" is none.
	PasswordChanged(password string)
}

// Authenticate registers the authenticator.
func (r *Registry) Authenticate(a Authenticator) {
	if r.auth != nil {
		r.fail("there is an authenticator already")
		return
	}
	r.auth = a
}

// Authenticator returns the authenticator, nil if there is none.
func (r *Table) Authenticator() Authenticator { return r.auth }

// Listening registers who knows what a session listens to: each calls fn for its
// channels and patterns, those of shards included, until fn returns false. It is
// called on the session's loop, or by commands with AllSessions.
func (r *Registry) Listening(each func(s *Session, fn func(channel string, pattern bool) bool)) {
	r.listening = append(r.listening, each)
}

// Listens calls fn for the channels and patterns that a session listens to, until
// fn returns false; under the same conditions.
func (r *Table) Listens(s *Session, fn func(channel string, pattern bool) bool) {
	for _, each := range r.listening {
		each(s, fn)
	}
}
