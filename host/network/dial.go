package network

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/ferrousdb/ferrous/core/config"
)

// Connections that the server opens itself, to other servers.

// dialParams say how.
type dialParams struct {
	source             *config.StringVar
	cert, key, keyPass *config.StringVar
}

func (p *dialParams) declare(s *config.Schema) {
	tls := func(name, doc string, flags config.Flag) config.Param {
		return config.Param{Name: name, Section: "tls", Doc: doc, Flags: config.Volatile | flags}
	}
	p.source = s.Text(config.Param{Name: "bind-source-addr", Section: "network",
		Doc: "The address from which connections to other servers are opened; empty for the system's choice."})
	p.cert = s.Text(tls("tls-client-cert-file", "PEM file with the certificate to show to other servers; empty for that of tls-cert-file.", 0))
	p.key = s.Text(tls("tls-client-key-file", "PEM file with the private key of tls-client-cert-file.", 0))
	p.keyPass = s.Text(tls("tls-client-key-file-pass", "Password of that key, if it is encrypted.", config.Sensitive))
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
	return n.params.shakeHands(ctx, conn, false)
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
	host, port, err := net.SplitHostPort(all[0].addr)
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
	return n.params.shakeHands(ctx, conn, true)
}

// shakeHands puts TLS over a connection, or closes it.
func (p *Params) shakeHands(ctx context.Context, conn net.Conn, own bool) (net.Conn, error) {
	c, err := p.clientTLS(own)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	client := tls.Client(conn, c)
	if err := client.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return client, nil
}

// Descriptor returns the number of a connection's descriptor, for people, and whether it
// is by TLS. A nil one has none.
func Descriptor(conn net.Conn) (fd int, secure bool) {
	if c, ok := conn.(*tls.Conn); ok {
		conn, secure = c.NetConn(), true
	}
	return descriptor(conn), secure
}

// clientTLS is how the server speaks TLS to others. As in Redis it checks that an
// authority which it trusts has certified the other one, whatever its name. With own the
// server itself is trusted, too.
func (p *Params) clientTLS(own bool) (*tls.Config, error) {
	roots, err := p.tls.authorities()
	if err != nil {
		return nil, err
	}
	if own {
		if roots == nil {
			roots = x509.NewCertPool()
		}
		data, err := os.ReadFile(p.tls.cert.Load())
		if err != nil {
			return nil, fmt.Errorf("tls-cert-file: %w", err)
		}
		roots.AppendCertsFromPEM(data)
	}
	if roots == nil {
		return nil, errors.New("connections to other servers by TLS need tls-ca-cert-file or tls-ca-cert-dir")
	}
	low, high, err := tlsVersions(p.tls.protocols.Load())
	if err != nil {
		return nil, err
	}
	c := &tls.Config{MinVersion: low, MaxVersion: high, InsecureSkipVerify: true, VerifyConnection: func(s tls.ConnectionState) error {
		o := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
		for _, cert := range s.PeerCertificates[1:] {
			o.Intermediates.AddCert(cert)
		}
		_, err := s.PeerCertificates[0].Verify(o)
		return err
	}}
	cert, key, pass := p.dial.cert, p.dial.key, p.dial.keyPass
	if cert.Load() == "" {
		cert, key, pass = p.tls.cert, p.tls.key, p.tls.keyPass
	}
	if cert.Load() != "" {
		own, err := readCertificate(cert, key, pass)
		if err != nil {
			return nil, err
		}
		c.Certificates = []tls.Certificate{own}
	}
	return c, nil
}

// readCertificate reads a certificate chain and its key from the files that
// parameters name.
func readCertificate(cert, key, pass *config.StringVar) (tls.Certificate, error) {
	certPEM, err := os.ReadFile(cert.Load())
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("%s: %w", cert.Param().Name, err)
	}
	keyPEM, err := os.ReadFile(key.Load())
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("%s: %w", key.Param().Name, err)
	}
	if p := pass.Load(); p != "" {
		if keyPEM, err = decryptKey(keyPEM, []byte(p)); err != nil {
			return tls.Certificate{}, fmt.Errorf("%s: %w", key.Param().Name, err)
		}
	}
	return tls.X509KeyPair(certPEM, keyPEM)
}
