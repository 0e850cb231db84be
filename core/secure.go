package core

import (
	"context"
	"net"
	"time"

	"github.com/ferrousdb/ferrous/core/config"
)

// Secure is what makes connections secure (TLS). At most one module of a server brings it; a
// server without one has no such connections, neither accepted nor opened.
type Secure interface {
	// Port is the parameter that says where clients connect that want it; 0 for nowhere.
	Port() *config.IntVar
	// Vars are the parameters that Server follows. Their changes are applied by the host: what
	// listens goes on with what Server then returns.
	Vars() []config.Var
	// Server returns what makes an accepted connection secure, as the parameters are now. That
	// takes as long as the other side lets it, up to ctx, and is called from many goroutines.
	// What it returns has a method NetConn, as a tls.Conn has. From then on it is used by one
	// goroutine at a time and must never wait: a Read of conn may fail with
	// os.ErrDeadlineExceeded, which it returns and survives; a Write of conn takes everything.
	Server(log Logger) (func(ctx context.Context, conn net.Conn) (net.Conn, error), error)
	// Users are the names of users in the certificate of who is at the other end of a connection
	// that Server's function has returned, the first to be preferred; only if an authority
	// vouches for it.
	Users(conn net.Conn) []string
	// Reload is every how many seconds to Look whether what Server reads has changed; 0 for
	// never.
	Reload() int64
	// Look returns what tells the files of before from those of now.
	Look() string
	// Certificate returns the file with the server's own certificate, "" if there is none, and
	// when it expires.
	Certificate() (file string, expires time.Time, err error)
	// Client makes a connection secure that was opened from here; with own to the server that
	// the parameters describe, which is trusted whoever has certified it.
	Client(ctx context.Context, conn net.Conn, own bool) (net.Conn, error)
}

// Secure registers what makes connections secure.
func (r *Registry) Secure(s Secure) {
	if r.secure != nil {
		r.fail("another module makes connections secure already")
		return
	}
	r.secure = s
}

// Secure returns what makes connections secure, nil if nothing does.
func (r *Table) Secure() Secure { return r.secure }
