package tls

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

// clientParams say what it shows to them.
type clientParams struct{ cert, key, keyPass *config.StringVar }

func (p *clientParams) declare(s *config.Schema) {
	par := func(name, doc string, flags config.Flag) config.Param {
		return config.Param{Name: name, Section: "tls", Doc: doc, Flags: config.Volatile | flags}
	}
	p.cert = s.Text(par("tls-client-cert-file", "PEM file with the certificate to show to other servers; empty for that of tls-cert-file.", 0))
	p.key = s.Text(par("tls-client-key-file", "PEM file with the private key of tls-client-cert-file.", 0))
	p.keyPass = s.Text(par("tls-client-key-file-pass", "Password of that key, if it is encrypted.", config.Sensitive))
}

// Client implements core.Secure.
func (m *module) Client(ctx context.Context, raw net.Conn, own bool) (net.Conn, error) {
	c, err := m.config(own)
	if err != nil {
		return nil, err
	}
	conn := tls.Client(raw, c)
	return conn, conn.HandshakeContext(ctx)
}

// config is how the server speaks TLS to others. As in Redis it checks that an
// authority which it trusts has certified the other one, whatever its name. With own the
// server itself is trusted, too.
func (m *module) config(own bool) (*tls.Config, error) {
	roots, err := m.params.authorities()
	if err != nil {
		return nil, err
	}
	if own {
		if roots == nil {
			roots = x509.NewCertPool()
		}
		data, err := os.ReadFile(m.params.cert.Load())
		if err != nil {
			return nil, fmt.Errorf("tls-cert-file: %w", err)
		}
		roots.AppendCertsFromPEM(data)
	}
	if roots == nil {
		return nil, errors.New("connections to other servers by TLS need tls-ca-cert-file or tls-ca-cert-dir")
	}
	low, high, err := tlsVersions(m.params.protocols.Load())
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
	cert, key, pass := m.client.cert, m.client.key, m.client.keyPass
	if cert.Load() == "" {
		cert, key, pass = m.params.cert, m.params.key, m.params.keyPass
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
