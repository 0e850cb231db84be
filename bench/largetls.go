package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/ferrousdb/ferrous/internal/freeport"
)

// The same over TLS: a server that listens on a second port, with a certificate of its own making.

// tlsArgs makes a certificate in dir and returns the arguments that have a server listen with it on a port.
func tlsArgs(dir string) (args []string, port int, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, 0, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, 0, err
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, 0, err
	}
	cert, private := filepath.Join(dir, "bench.crt"), filepath.Join(dir, "bench.key")
	if err := os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		return nil, 0, err
	}
	if err := os.WriteFile(private, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: secret}), 0o600); err != nil {
		return nil, 0, err
	}
	if port, err = freeport.Find(); err != nil {
		return nil, 0, err
	}
	return []string{"--tls-port", strconv.Itoa(port), "--tls-cert-file", cert, "--tls-key-file", private, "--tls-ca-cert-file", cert,
		"--tls-auth-clients", "no"}, port, nil
}

// startTLS starts a server as start does, with a second port for TLS.
func (l launcher) startTLS(ctx context.Context, spec serverSpec, args ...string) (*server, error) {
	dir, err := os.MkdirTemp(l.tmp, "tls-")
	if err != nil {
		return nil, err
	}
	secure, port, err := tlsArgs(dir)
	if err != nil {
		return nil, err
	}
	s, err := l.start(ctx, spec, append(secure, args...)...)
	if err == nil {
		s.securePort = port
	}
	return s, err
}

// dialLargeTLS is dialLarge for a port with TLS.
func dialLargeTLS(ctx context.Context, s *server, port int) (*largeClient, error) {
	c, err := dial(ctx, port, nil)
	if err != nil {
		return nil, s.explain(err)
	}
	// Who measures trusts whoever answers on loopback.
	c.Conn = tls.Client(c.Conn, &tls.Config{InsecureSkipVerify: true})
	return newLargeClient(c), nil
}

// secure has one string sent and taken over TLS.
func (x *largeSteps) secure(port int) error {
	l, err := dialLargeTLS(x.ctx, x.s, port)
	if err != nil {
		return err
	}
	defer l.Close()
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"SET, TLS", func() error { return l.set("big", x.size) }},
		{"GET, TLS", func() error { _, err := l.drain("GET", "big"); return err }},
		{"DEL, TLS", func() error { _, err := l.drain("DEL", "big"); return err }},
	} {
		if err := x.step(step.name, step.do); err != nil {
			return err
		}
	}
	return nil
}
