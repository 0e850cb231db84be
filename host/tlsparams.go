package host

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/ferrousdb/ferrous/core/config"
)

// tlsParams are the parameters of the TLS listener.
type tlsParams struct {
	port               *config.IntVar
	auth               *config.EnumVar
	cert, key, keyPass *config.StringVar
	caFile, caDir      *config.StringVar
	protocols          *config.StringsVar
}

func (p *tlsParams) declare(s *config.Schema) {
	par := func(name, def, doc string, flags config.Flag) config.Param {
		return config.Param{Name: name, Section: "tls", Default: def, Doc: doc, Flags: flags}
	}
	p.port = s.Int(par("tls-port", "0", "TCP port to listen on for TLS; 0 for none.", 0), 0, 65535)
	p.cert = s.Text(par("tls-cert-file", "", "PEM file with the certificate chain of the server.", config.Volatile))
	p.key = s.Text(par("tls-key-file", "", "PEM file with the private key of the certificate.", config.Volatile))
	p.keyPass = s.Text(par("tls-key-file-pass", "", "Password of the private key, if it is encrypted.", config.Volatile|config.Sensitive))
	p.caFile = s.Text(par("tls-ca-cert-file", "", "PEM file with the authorities that clients' certificates are checked against.", config.Volatile))
	p.caDir = s.Text(par("tls-ca-cert-dir", "", "Directory of such files.", config.Volatile))
	p.auth = s.Enum(par("tls-auth-clients", "yes", "Whether clients must show a certificate: yes, no, or optional.", 0),
		config.Choice{Name: "no", Value: int(tls.NoClientCert)}, config.Choice{Name: "yes", Value: int(tls.RequireAndVerifyClientCert)},
		config.Choice{Name: "optional", Value: int(tls.VerifyClientCertIfGiven)})
	p.protocols = s.Strings(par("tls-protocols", "", "Versions of TLS to offer, such as \"TLSv1.2 TLSv1.3\"; empty for both of these.", config.MultiArg|config.Volatile))
	p.protocols.Check(func(v []string) error { _, _, err := tlsVersions(v); return err })
}

// load builds the TLS configuration from the current values.
func (p *tlsParams) load() (*tls.Config, error) {
	cert, err := p.certificate()
	if err != nil {
		return nil, err
	}
	low, high, err := tlsVersions(p.protocols.Load())
	if err != nil {
		return nil, err
	}
	c := &tls.Config{
		Certificates: []tls.Certificate{cert}, MinVersion: low, MaxVersion: high,
		ClientAuth: tls.ClientAuthType(p.auth.Load()),
	}
	if c.ClientCAs, err = p.authorities(); err != nil {
		return nil, err
	}
	if c.ClientCAs == nil && c.ClientAuth == tls.RequireAndVerifyClientCert {
		return nil, errors.New("tls-auth-clients needs tls-ca-cert-file or tls-ca-cert-dir")
	}
	return c, nil
}

func (p *tlsParams) certificate() (tls.Certificate, error) {
	certPEM, err := os.ReadFile(p.cert.Load())
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("tls-cert-file: %w", err)
	}
	keyPEM, err := os.ReadFile(p.key.Load())
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("tls-key-file: %w", err)
	}
	if pass := p.keyPass.Load(); pass != "" {
		block, _ := pem.Decode(keyPEM)
		if block == nil {
			return tls.Certificate{}, errors.New("tls-key-file: no PEM data")
		}
		//nolint:staticcheck // the old PEM encryption is what OpenSSL and Redis users have
		der, err := x509.DecryptPEMBlock(block, []byte(pass))
		if err != nil {
			return tls.Certificate{}, fmt.Errorf("tls-key-file: %w", err)
		}
		keyPEM = pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: der})
	}
	return tls.X509KeyPair(certPEM, keyPEM)
}

func (p *tlsParams) authorities() (*x509.CertPool, error) {
	var files []string
	if f := p.caFile.Load(); f != "" {
		files = append(files, f)
	}
	if d := p.caDir.Load(); d != "" {
		found, err := filepath.Glob(filepath.Join(d, "*"))
		if err != nil || len(found) == 0 {
			return nil, fmt.Errorf("tls-ca-cert-dir: nothing in %s", d)
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		return nil, nil
	}
	pool := x509.NewCertPool()
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		if !pool.AppendCertsFromPEM(data) && f == p.caFile.Load() {
			return nil, fmt.Errorf("tls-ca-cert-file: no certificate in %s", f)
		}
	}
	return pool, nil
}

func tlsVersions(names []string) (low, high uint16, err error) {
	low, high = tls.VersionTLS12, tls.VersionTLS13
	if len(names) == 0 {
		return low, high, nil
	}
	low, high = tls.VersionTLS13, tls.VersionTLS10
	known := map[string]uint16{"tlsv1": tls.VersionTLS10, "tlsv1.1": tls.VersionTLS11, "tlsv1.2": tls.VersionTLS12, "tlsv1.3": tls.VersionTLS13}
	for _, name := range names {
		v, ok := known[strings.ToLower(name)]
		if !ok {
			return 0, 0, fmt.Errorf("unknown version %q: it must be TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3", name)
		}
		low, high = min(low, v), max(high, v)
	}
	return low, high, nil
}
