// Package freeport finds ports for servers of tests and measurements. Nothing that is
// shipped uses it.
package freeport

import (
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports are looked for below those that the system gives to outgoing connections (from 32768
// on, on Linux): one of these may have a client by the time when the server wants it, as port
// 0 would have it. The bus of a cluster, 10000 above, fits as well.
const (
	lowest  = 11000
	highest = 22000
)

// Find returns a port of the loopback address that nobody listens on now.
func Find() (int, error) {
	for range 100 {
		port := lowest + rand.IntN(highest-lowest)
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, l.Close()
		}
	}
	return 0, errors.New("no free port between " + strconv.Itoa(lowest) + " and " + strconv.Itoa(highest))
}
