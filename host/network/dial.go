package network

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/ferrousdb/ferrous/core/config"
)

// Connections that the server opens itself, to other servers.

// dialParams say how.
type dialParams struct {
	source *config.StringVar
}

func (p *dialParams) declare(s *config.Schema) {
	p.source = s.Text(config.Param{Name: "bind-source-addr", Section: "network",
		Doc: "The address from which connections to other servers are opened; empty for the system's choice."})
}

// Dial opens a connection to another server, by TLS if it is to be secure. ctx bounds it
// all.
func (n *Net) Dial(ctx context.Context, address string, secure bool) (net.Conn, error) {
	var d net.Dialer
	if source := n.params.dial.source.Load(); source != "" {
		ip := net.ParseIP(source)
		if ip == nil {
			return nil, fmt.Errorf("bind-source-addr: %q is no address", source)
		}
		d.LocalAddr = &net.TCPAddr{IP: ip}
	}
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil || !secure {
		return conn, err
	}
	return n.shakeHands(ctx, conn, false)
}

// DialOwn opens a connection to the server that the parameters themselves describe, from its
// machine: by TCP, by TLS if there is only that, or else by the unix socket at a path. The
// server's own certificate is trusted.
func (n *Net) DialOwn(ctx context.Context, path string) (net.Conn, error) {
	all := n.endpoints() // plain TCP first
	if len(all) == 0 && path == "" {
		return nil, errors.New("the configuration has neither port nor tls-port nor unixsocket")
	}
	var d net.Dialer
	if len(all) == 0 {
		return d.DialContext(ctx, "unix", path)
	}
	host, port, err := net.SplitHostPort(all[0].Addr)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip.To4() == nil {
			host = "::1"
		}
	}
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil || all[0].kind != "tls" {
		return conn, err
	}
	return n.shakeHands(ctx, conn, true)
}
