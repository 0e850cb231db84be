package config

import (
	"errors"
	"net"
	"strconv"
	"strings"
	"syscall"
)

// Address is what a TCP listener is opened for: Network and Addr are those of net.Listen.
type Address struct {
	Network, Addr string
	optional      bool
}

// ParseAddress reads an address in the manner of the parameter bind. A dash before it means
// that the machine may lack it; * and ::* are all of the machine's.
func ParseAddress(host string, port int64) Address {
	a := Address{Network: "tcp4"}
	host, a.optional = strings.CutPrefix(host, "-")
	switch {
	case host == "*":
		host = "0.0.0.0"
	case host == "::*":
		host, a.Network = "::", "tcp6"
	case strings.Contains(host, ":"):
		a.Network = "tcp6"
	}
	a.Addr = net.JoinHostPort(host, strconv.FormatInt(port, 10))
	return a
}

// Forgives reports whether an error of listening says no more than that the machine lacks
// the address, or its family, and it may lack it.
func (a Address) Forgives(err error) bool {
	return a.optional && (errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT) || errors.Is(err, syscall.EPROTONOSUPPORT))
}
