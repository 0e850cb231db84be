package network

import (
	"math"

	"github.com/ferrousdb/ferrous/core/config"
)

// Params are the parameters of the network.
type Params struct {
	Bind       *config.StringsVar
	Port       *config.IntVar
	UnixSocket *config.StringVar

	backlog   *config.IntVar
	unixPerm  *config.IntVar
	unixGroup *config.StringVar
	keepAlive *config.IntVar
	probes    *config.IntVar
	dial      dialParams
}

// Declare declares the parameters.
func Declare(s *config.Schema) *Params {
	par := func(name, def, doc string, flags config.Flag) config.Param {
		return config.Param{Name: name, Section: "network", Default: def, Doc: doc, Flags: flags}
	}
	p := &Params{}
	p.Bind = s.Strings(par("bind", "* -::*", "Addresses to listen on. A dash before an address means that it may be missing on this machine; * is every IPv4 address and ::* every IPv6 one.", config.MultiArg))
	p.Port = s.Int(par("port", "6379", "TCP port to listen on; 0 for none.", 0), 0, 65535)
	p.backlog = s.Int(par("tcp-backlog", "511", "How many connections may wait to be accepted. The kernel's own limit (net.core.somaxconn) applies too.", config.Immutable), 0, math.MaxInt32)
	p.UnixSocket = s.Text(par("unixsocket", "", "Path of a unix socket to listen on; empty for none.", config.Immutable))
	p.unixPerm = s.Octal(par("unixsocketperm", "0", "Permissions of the unix socket, in octal; 0 leaves them to the umask.", config.Immutable), 0, 0o777)
	p.unixGroup = s.Text(par("unixsocketgroup", "", "Name of the group that the unix socket belongs to; empty leaves it to the system.", config.Immutable))
	p.keepAlive = s.Int(par("tcp-keepalive", "300", "Seconds between TCP keep-alive probes to clients; 0 for none.", 0), 0, math.MaxInt32)
	p.probes = s.Int(par("tcp-keepalive-probes", "3", "How many of these probes may stay without an answer before the client is given up.", 0), 1, math.MaxInt32)
	p.dial.declare(s)
	return p
}
