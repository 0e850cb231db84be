//go:build !linux

package network

import "net"

// under returns what a connection is to be made secure over.
func under(raw net.Conn) net.Conn { return raw }

// handOver would give a secure connection to an event loop.
func (n *Net) handOver(Session, net.Conn, net.Conn) bool { return false }
