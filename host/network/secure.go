package network

import (
	"context"
	"errors"
	"net"

	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/logging"
)

// Secure makes connections secure. The network knows nothing of how: a module brings TLS, or
// there is none. It is core.Secure, which this package does not import.
type Secure interface {
	// Port is where those connect that want it; 0 for nowhere.
	Port() *config.IntVar
	// Vars are the parameters that Server follows, and that Port is not among.
	Vars() []config.Var
	// Server returns what makes an accepted connection secure, as the parameters are now. A
	// connection it returns an error for is closed by who called.
	Server(log logging.Logger) (func(ctx context.Context, conn net.Conn) (net.Conn, error), error)
	// Users are the names of users in the certificate of who is at the other end.
	Users(conn net.Conn) []string
	// Reload is every how many seconds to Look whether what Server reads has changed; 0 for
	// never.
	Reload() int64
	// Look returns what tells the files of before from those of now.
	Look() string
	// Client makes a connection secure that was opened from here; with own to the server that
	// the parameters describe, which is trusted.
	Client(ctx context.Context, conn net.Conn, own bool) (net.Conn, error)
}

// wrap is what Secure.Server returns.
type wrap = func(ctx context.Context, conn net.Conn) (net.Conn, error)

// Secure has a module make connections secure; nil for none. It is for before Watch.
func (n *Net) Secure(s Secure) { n.secure = s }

// securePort is the port that connections are secure on, 0 for none.
func (n *Net) securePort() int64 {
	if n.secure == nil {
		return 0
	}
	return n.secure.Port().Load()
}

// shakeHands makes a connection secure that was opened from here, or closes it.
func (n *Net) shakeHands(ctx context.Context, conn net.Conn, own bool) (net.Conn, error) {
	if n.secure == nil {
		return nil, errors.Join(errors.New("this server has no TLS: the module tls is not there"), conn.Close())
	}
	secured, err := n.secure.Client(ctx, conn, own)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return secured, nil
}

// Descriptor returns the number of a connection's descriptor, for people, and whether it
// is secure. A nil one has none.
func Descriptor(conn net.Conn) (fd int, secure bool) {
	if c, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn, secure = c.NetConn(), true
	}
	return descriptor(conn), secure
}
