package host

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	bigint "math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core/config"
)

// authority issues certificates for the tests.
type authority struct {
	t    testing.TB
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	n    int64
}

func newAuthority(t testing.TB, name string) *authority {
	t.Helper()
	a := &authority{t: t, dir: t.TempDir(), n: 1}
	a.key, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	template := &x509.Certificate{
		SerialNumber: bigint.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	a.cert, _ = x509.ParseCertificate(der)
	a.write("ca.crt", "CERTIFICATE", der)
	return a
}

func (a *authority) write(name, kind string, der []byte) {
	a.t.Helper()
	data := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	if err := os.WriteFile(a.path(name), data, 0o600); err != nil {
		a.t.Fatal(err)
	}
}

func (a *authority) path(name string) string { return filepath.Join(a.dir, name) }

// issue writes name.crt and name.key, for 127.0.0.1. The key is for RSA, which
// fits every cipher suite but those of ECDSA.
func (a *authority) issue(name string) {
	a.t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		a.t.Fatal(err)
	}
	a.n++
	template := &x509.Certificate{
		SerialNumber: bigint.NewInt(a.n), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	a.write(name+".crt", "CERTIFICATE", der)
	a.write(name+".key", "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key))
}

// client is the configuration of a client that trusts the authority and shows
// the named certificate, if any.
func (a *authority) client(name string) *tls.Config {
	c := &tls.Config{RootCAs: x509.NewCertPool(), ServerName: "127.0.0.1"}
	c.RootCAs.AddCert(a.cert)
	if name != "" {
		cert, err := tls.LoadX509KeyPair(a.path(name+".crt"), a.path(name+".key"))
		if err != nil {
			a.t.Fatal(err)
		}
		c.Certificates = []tls.Certificate{cert}
	}
	return c
}

// secureServer starts a server with TLS beside plain TCP.
func secureServer(t *testing.T, a *authority, args ...string) (*Server, *logBuffer) {
	t.Helper()
	a.issue("server")
	return loggedServer(t, append([]string{
		"--tls-port", freePort(t), "--tls-cert-file", a.path("server.crt"), "--tls-key-file", a.path("server.key"),
		"--tls-ca-cert-file", a.path("ca.crt"),
	}, args...)...)
}

func dialTLS(t *testing.T, srv *Server, config *tls.Config) *client {
	t.Helper()
	c, err := tryTLS(t, srv, config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// tryTLS reports whether a client is served: with TLS 1.3 it learns only when
// it reads that its certificate is refused.
func tryTLS(t *testing.T, srv *Server, config *tls.Config) (*client, error) {
	t.Helper()
	addr := srv.Addr("tls")
	conn, err := tls.Dial(addr.Network(), addr.String(), config)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	c := &client{t, conn, bufio.NewReader(conn)}
	if _, err := fmt.Fprint(conn, "ping\r\n"); err != nil {
		return nil, err
	}
	line, err := c.r.ReadString('\n')
	if err == nil && line != "+PONG\r\n" {
		err = fmt.Errorf("it said %q", line)
	}
	return c, err
}

// set is CONFIG SET, as modules/server runs it: everything stands still.
func (srv *Server) set(pairs ...string) (err error) {
	var list []config.Pair
	for ; len(pairs) > 0; pairs = pairs[2:] {
		list = append(list, config.Pair{Name: pairs[0], Value: pairs[1]})
	}
	srv.Standstill(func() { err = srv.registry.Config.Set(list, config.SetOptions{AllowProtected: true}) })
	return err
}

func (srv *Server) mustSet(t *testing.T, pairs ...string) {
	t.Helper()
	if err := srv.set(pairs...); err != nil {
		t.Fatal(err)
	}
}

func TestTLSAuthenticatesClients(t *testing.T) {
	ours, theirs := newAuthority(t, "ours"), newAuthority(t, "theirs")
	ours.issue("friend")
	theirs.issue("stranger")
	stranger := ours.client("")
	stranger.Certificates = theirs.client("stranger").Certificates
	// A client need not offer a certificate that the server's list of
	// authorities rules out; this one does.
	stranger.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		return &stranger.Certificates[0], nil
	}
	srv, log := secureServer(t, ours)
	for _, test := range []struct{ mode, friend, nobody, stranger string }{
		{"yes", "", "certificate required", "unknown certificate authority"},
		{"optional", "", "", "unknown certificate authority"},
		{"no", "", "", ""},
	} {
		srv.mustSet(t, "tls-auth-clients", test.mode)
		for _, who := range []struct {
			name   string
			config *tls.Config
			fails  string
		}{
			{"friend", ours.client("friend"), test.friend},
			{"nobody", ours.client(""), test.nobody},
			{"stranger", stranger, test.stranger},
		} {
			_, err := tryTLS(t, srv, who.config)
			if who.fails == "" && err != nil || who.fails != "" && (err == nil || !strings.Contains(err.Error(), who.fails)) {
				t.Errorf("tls-auth-clients %s, %s: %v, want %q", test.mode, who.name, err, who.fails)
			}
		}
	}
	log.says(t, "Error accepting a client connection", "certificate signed by unknown authority")
	log.says(t, "Error accepting a client connection", "client didn't provide a certificate")
	if n := srv.net.Failed.Load(); n != 3 {
		t.Errorf("%d failed accepts, want 3", n)
	}
}

func TestTLSPipeline(t *testing.T) {
	a := newAuthority(t, "ours")
	srv, _ := secureServer(t, a, "--tls-auth-clients", "no", "--io-threads", "2")
	c := dialTLS(t, srv, a.client(""))
	const n = 5000
	go func() {
		for i := range n {
			fmt.Fprintf(c.Conn, "push key:%d %d\r\nget key:%d\r\n", i, i, i)
		}
	}()
	for i := range n {
		if got := c.line(); got != "+OK" {
			t.Fatal(got)
		}
		if got := c.line(); got != fmt.Sprint(i) {
			t.Fatalf("%q, want %d", got, i)
		}
	}
	body := strings.Repeat("x", 5<<20)
	fmt.Fprintf(c.Conn, "*3\r\n$4\r\npush\r\n$3\r\nbig\r\n$%d\r\n%s\r\n", len(body), body)
	c.do2("+OK")
	c.do(body, "get big")
}

// do2 reads one line of a reply that was asked for before.
func (c *client) do2(want string) {
	c.t.Helper()
	if got := c.line(); got != want {
		c.t.Fatalf("%q, want %q", got, want)
	}
}

func TestTLSSlowReaderHoldsUpNobody(t *testing.T) {
	a := newAuthority(t, "ours")
	srv, log := secureServer(t, a, "--tls-auth-clients", "no", "--io-threads", "1", "--client-output-buffer-limit", "normal 8mb 0 0")
	lazy, other := dialTLS(t, srv, a.client("")), dialTLS(t, srv, a.client(""))
	for i := range 64 {
		if _, err := fmt.Fprint(lazy.Conn, "big 1000000\r\n"); err != nil {
			break // dropped already
		}
		other.do("+PONG", "ping")
		_ = i
	}
	eventually(t, "it is dropped", func() bool { return srv.eng.Clients() == 2 }) // other and the pipe
	log.says(t, "overcoming of output buffer limits")
	other.do("+PONG", "ping")
	start := time.Now()
	srv.Stop()
	if d := time.Since(start); d > 4*time.Second { // twice what a last write may take
		t.Errorf("the slow reader held the shutdown up for %v", d)
	}
}

func TestTLSSilentHandshake(t *testing.T) {
	a := newAuthority(t, "ours")
	srv, log := secureServer(t, a, "--tls-auth-clients", "no", "--maxclients", "3")
	var mute []net.Conn
	for range 2 { // with the pipe, that is all
		conn, err := net.Dial("tcp", srv.Addr("tls").String())
		if err != nil {
			t.Fatal(err)
		}
		mute = append(mute, conn)
	}
	eventually(t, "they count as clients", func() bool { return srv.eng.Clients() == 3 })
	if _, err := tryTLS(t, srv, a.client("")); err == nil {
		t.Error("a client beyond maxclients was served")
	}
	mute[0].Close()
	eventually(t, "there is room again", func() bool { return srv.eng.Clients() == 2 })
	dialTLS(t, srv, a.client("")).do("+PONG", "ping")
	fmt.Fprint(mute[1], "PING\r\n") // no TLS at all
	log.says(t, "Error accepting a client connection", "first record does not look like a TLS handshake")
	mute[1].Close()

	last, err := net.Dial("tcp", srv.Addr("tls").String())
	if err != nil {
		t.Fatal(err)
	}
	defer last.Close()
	start := time.Now()
	srv.Stop()
	if d := time.Since(start); d > 5*time.Second { // half of what a handshake may take
		t.Errorf("a handshake held the shutdown up for %v", d)
	}
}

func TestTLSCiphersAndProtocols(t *testing.T) {
	a := newAuthority(t, "ours")
	srv, log := secureServer(t, a, "--tls-auth-clients", "no")
	only := func(version uint16, suite uint16) *tls.Config {
		c := a.client("")
		c.MinVersion, c.MaxVersion = version, version
		if suite != 0 {
			c.CipherSuites = []uint16{suite}
		}
		return c
	}
	const rsaSHA256, gcm, chacha = tls.TLS_RSA_WITH_AES_128_CBC_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
	for _, test := range []struct {
		name, value string
		config      *tls.Config
		served      bool
	}{
		{"tls-protocols", "", only(tls.VersionTLS12, 0), true},
		{"tls-protocols", "", only(tls.VersionTLS11, 0), false},
		{"tls-protocols", "TLSv1.3", only(tls.VersionTLS12, 0), false},
		{"tls-protocols", "TLSv1.1 TLSv1.2", only(tls.VersionTLS11, 0), true},
		{"tls-protocols", "TLSv1.2", only(tls.VersionTLS13, 0), false},
		{"tls-ciphers", "", only(tls.VersionTLS12, rsaSHA256), false},
		{"tls-ciphers", "DEFAULT", only(tls.VersionTLS12, rsaSHA256), true},
		{"tls-ciphers", "DEFAULT:-AES128-SHA256", only(tls.VersionTLS12, rsaSHA256), false},
		{"tls-ciphers", "ECDHE-RSA-AES128-GCM-SHA256", only(tls.VersionTLS12, gcm), true},
		{"tls-ciphers", "ECDHE-RSA-AES128-GCM-SHA256", only(tls.VersionTLS12, chacha), false},
		{"tls-ciphers", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", only(tls.VersionTLS12, chacha), true},
	} {
		srv.mustSet(t, test.name, test.value)
		if _, err := tryTLS(t, srv, test.config); (err == nil) != test.served {
			t.Errorf("%s %q: %v, served should be %v", test.name, test.value, err, test.served)
		}
	}
	srv.mustSet(t, "tls-ciphers", "DHE-RSA-AES256-GCM-SHA384:ECDHE+AESGCM")
	log.says(t, "tls-ciphers names what ferrous does not have", "DHE-RSA-AES256-GCM-SHA384")
	err := srv.set("tls-ciphers", "NULL-MD5")
	if want := "CONFIG SET failed (possibly related to argument 'tls-ciphers') - Unable to update TLS configuration. Check server logs."; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if _, err := tryTLS(t, srv, only(tls.VersionTLS12, gcm)); err != nil {
		t.Error("after a refused CONFIG SET: ", err)
	}
}

func TestTLSSessionsAreResumed(t *testing.T) {
	a := newAuthority(t, "ours")
	srv, _ := secureServer(t, a, "--tls-auth-clients", "no")
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		resumed := func(wait time.Duration) bool {
			config := a.client("")
			config.MaxVersion, config.ClientSessionCache = version, tls.NewLRUClientSessionCache(1)
			dialTLS(t, srv, config)
			time.Sleep(wait)
			return dialTLS(t, srv, config).Conn.(*tls.Conn).ConnectionState().DidResume
		}
		srv.mustSet(t, "tls-session-caching", "yes", "tls-session-cache-timeout", "300")
		if !resumed(0) {
			t.Errorf("version %x: not resumed", version)
		}
		srv.mustSet(t, "tls-session-cache-timeout", "1")
		if resumed(1100 * time.Millisecond) {
			t.Errorf("version %x: resumed after the timeout", version)
		}
		srv.mustSet(t, "tls-session-caching", "no")
		if resumed(0) {
			t.Errorf("version %x: resumed without caching", version)
		}
	}
}

func TestTLSCertificatesAreReplaced(t *testing.T) {
	a, other := newAuthority(t, "ours"), newAuthority(t, "others")
	srv, _ := secureServer(t, a, "--tls-auth-clients", "no")
	before := dialTLS(t, srv, a.client(""))
	other.issue("server")
	srv.mustSet(t, "tls-cert-file", other.path("server.crt"), "tls-key-file", other.path("server.key"))
	before.do("+PONG", "ping")
	dialTLS(t, srv, other.client(""))
	if _, err := tryTLS(t, srv, a.client("")); err == nil {
		t.Error("the old certificate is still shown")
	}

	// The same names with new contents, as a renewal leaves them.
	other.issue("server")
	srv.mustSet(t, "tls-cert-file", other.path("server.crt"), "tls-key-file", other.path("server.key"))
	got := dialTLS(t, srv, other.client("")).Conn.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber
	if got.Int64() != other.n {
		t.Errorf("certificate %v is shown, want %d", got, other.n)
	}

	for _, wrong := range [][]string{
		{"tls-cert-file", a.path("server.crt")}, // whose key is another
		{"tls-key-file", "/nonexistent"},
		{"tls-ca-cert-file", a.path("server.key")},
		{"tls-auth-clients", "yes", "tls-ca-cert-file", ""},
	} {
		if err := srv.set(wrong...); err == nil || !strings.Contains(err.Error(), "Unable to update TLS configuration") {
			t.Errorf("CONFIG SET %q: %v", wrong, err)
		}
		dialTLS(t, srv, other.client(""))
	}
}
