// Package tls is the module of secure connections: what the server accepts on tls-port, and
// what it opens itself to others. It knows the certificates and the parameters; what is said
// over the connections is not its business, and what is done with them neither (core.Secure).
package tls

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
)

// New makes the module.
func New() core.Module { return &module{} }

type module struct {
	params
	client clientParams
}

// Name implements core.Module.
func (*module) Name() string { return "tls" }

// Register implements core.Module.
func (m *module) Register(r *core.Registry) error {
	m.params.declare(r.Config)
	m.client.declare(r.Config)
	r.Secure(m)
	return nil
}

// Port implements core.Secure.
func (m *module) Port() *config.IntVar { return m.port }

// Server implements core.Secure.
func (m *module) Server(log core.Logger) (func(ctx context.Context, conn net.Conn) (net.Conn, error), error) {
	c, err := m.load(log)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, raw net.Conn) (net.Conn, error) {
		conn := tls.Server(raw, c)
		return conn, conn.HandshakeContext(ctx)
	}, nil
}

// params are the parameters of what is accepted.
type params struct {
	port               *config.IntVar
	auth               *config.EnumVar
	cert, key, keyPass *config.StringVar
	caFile, caDir      *config.StringVar
	protocols          *config.StringsVar
	ciphers            *config.StringVar
	caching            *config.BoolVar
	cacheSeconds       *config.IntVar
	user               *config.EnumVar
	reload             *config.IntVar
}

func (p *params) declare(s *config.Schema) {
	par := func(name, def, doc string, flags config.Flag) config.Param {
		return config.Param{Name: name, Section: "tls", Default: def, Doc: doc, Flags: flags}
	}
	p.port = s.Int(par("tls-port", "0", "TCP port to listen on for TLS; 0 for none.", config.Needed), 0, 65535)
	p.cert = s.Text(par("tls-cert-file", "", "PEM file with the certificate chain of the server.", config.Volatile))
	p.key = s.Text(par("tls-key-file", "", "PEM file with the private key of the certificate.", config.Volatile))
	p.keyPass = s.Text(par("tls-key-file-pass", "", "Password of the private key, if it is encrypted.", config.Volatile|config.Sensitive))
	p.caFile = s.Text(par("tls-ca-cert-file", "", "PEM file with the authorities that clients' certificates are checked against.", config.Volatile))
	p.caDir = s.Text(par("tls-ca-cert-dir", "", "Directory of such files.", config.Volatile))
	p.auth = s.Enum(par("tls-auth-clients", "yes", "Whether clients must show a certificate: yes, no, or optional.", 0),
		config.Choice{Name: "no", Value: int(tls.NoClientCert)}, config.Choice{Name: "yes", Value: int(tls.RequireAndVerifyClientCert)},
		config.Choice{Name: "optional", Value: int(tls.VerifyClientCertIfGiven)})
	p.user = s.Enum(par("tls-auth-clients-user", "off", "Which name in a client's certificate is that of its user, who is then logged in without a password: the common name of the subject (CN), or the URI, the DNS name or the mail address among the alternative names, the first that is a user. Only certificates that an authority of tls-ca-cert-file has signed count.", 0),
		config.Choice{Name: "off", Value: userOff}, config.Choice{Name: "CN", Value: userCN}, config.Choice{Name: "URI", Value: userURI},
		config.Choice{Name: "DNS", Value: userDNS}, config.Choice{Name: "email", Value: userMail})
	p.reload = s.Int(par("tls-auto-reload-interval", "0", "Every how many seconds to look whether the files of certificates, keys and authorities have changed, and to read them again if so; 0 for only when CONFIG SET names one again. Connections that are open stay as they are.", 0), 0, math.MaxInt32)
	p.protocols = s.Strings(par("tls-protocols", "", "Versions of TLS to offer, such as \"TLSv1.2 TLSv1.3\"; empty for both of these.", config.MultiArg|config.Volatile))
	p.protocols.Check(func(v []string) error { _, _, err := tlsVersions(v); return err })
	p.ciphers = s.Text(par("tls-ciphers", "", "Cipher suites to offer with TLS 1.2 and older, as OpenSSL's cipher list or by their IANA names; empty for Go's choice of safe ones. The order does not matter.", config.Volatile))
	p.caching = s.Bool(par("tls-session-caching", "yes", "Let clients resume a TLS session without a whole handshake, by tickets that they keep.", 0))
	p.cacheSeconds = s.Int(par("tls-session-cache-timeout", "300", "Seconds for which a TLS session can be resumed; 0 for as long as TLS allows.", 0), 0, math.MaxInt32)
}

// Vars implements core.Secure.
func (p *params) Vars() []config.Var {
	return []config.Var{p.cert, p.key, p.keyPass, p.caFile, p.caDir, p.auth, p.protocols, p.ciphers, p.caching, p.cacheSeconds}
}

// load builds the TLS configuration from the current values.
func (p *params) load(log core.Logger) (*tls.Config, error) {
	if p.cert.Load() == "" {
		return nil, errors.New("tls-port needs a certificate: set tls-cert-file and tls-key-file, and tls-ca-cert-file or tls-auth-clients no")
	}
	cert, err := readCertificate(p.cert, p.key, p.keyPass)
	if err != nil {
		return nil, err
	}
	low, high, err := tlsVersions(p.protocols.Load())
	if err != nil {
		return nil, err
	}
	c := &tls.Config{
		Certificates: []tls.Certificate{cert}, MinVersion: low, MaxVersion: high,
		ClientAuth: tls.ClientAuthType(p.auth.Load()), SessionTicketsDisabled: !p.caching.Load(),
	}
	if list := p.ciphers.Load(); list != "" {
		suites, unknown := cipherSuites(list)
		if len(unknown) > 0 {
			log.Warn("tls-ciphers names what ferrous does not have", "names", strings.Join(unknown, " "))
		}
		if len(suites) == 0 {
			return nil, errors.New("tls-ciphers: no cipher suite is left")
		}
		c.CipherSuites = suites
	}
	if seconds := p.cacheSeconds.Load(); seconds > 0 {
		limitTickets(c, time.Duration(seconds)*time.Second)
	}
	if c.ClientCAs, err = p.authorities(); err != nil {
		return nil, err
	}
	if c.ClientCAs == nil && c.ClientAuth != tls.NoClientCert {
		return nil, errors.New("tls-auth-clients needs tls-ca-cert-file or tls-ca-cert-dir, or no")
	}
	return c, nil
}

// limitTickets lets a client resume a session only for some time: crypto/tls
// itself would accept tickets for a week.
func limitTickets(c *tls.Config, life time.Duration) {
	const size = 8
	c.WrapSession = func(cs tls.ConnectionState, ss *tls.SessionState) ([]byte, error) {
		ss.Extra = append(ss.Extra, binary.BigEndian.AppendUint64(nil, uint64(time.Now().UnixMilli())))
		return c.EncryptTicket(cs, ss)
	}
	c.UnwrapSession = func(identity []byte, cs tls.ConnectionState) (*tls.SessionState, error) {
		ss, err := c.DecryptTicket(identity, cs)
		if err != nil || ss == nil {
			return nil, err
		}
		for _, extra := range ss.Extra {
			if len(extra) == size && time.Since(time.UnixMilli(int64(binary.BigEndian.Uint64(extra)))) < life {
				return ss, nil
			}
		}
		return nil, nil // a whole handshake, then
	}
}

func (p *params) authorities() (*x509.CertPool, error) {
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
			if f != p.caFile.Load() && errors.Is(err, syscall.EISDIR) {
				continue
			}
			return nil, fmt.Errorf("authorities: %w", err)
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
