package server

import (
	"net/netip"

	"github.com/ferrousdb/ferrous/core"
)

// isLocal reports whether a client is on this machine: it came through a unix
// socket or from a loopback address. What comes from no connection is local.
func isLocal(s *core.Session) bool {
	if s == nil || s.Conn == nil || s.Conn.Info().UnixSocket {
		return true
	}
	from, err := netip.ParseAddrPort(s.Addr)
	return err == nil && from.Addr().Unmap().IsLoopback()
}
