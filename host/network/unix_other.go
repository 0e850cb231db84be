//go:build !unix

package network

import (
	"net"
	"os"
)

// listenUnix opens a unix socket, and then runs before.
func listenUnix(path string, _ int, _ os.FileMode, before func() error) (net.Listener, error) {
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := before(); err != nil {
		l.Close()
		_ = os.Remove(path)
		return nil, err
	}
	return l, nil
}
