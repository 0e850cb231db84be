package acl_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	bigint "math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/host"
	secure "github.com/ferrousdb/ferrous/modules/tls"
)

// signer issues certificates.
type signer struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	n    int64
}

// issue makes a certificate that the signer vouches for, or one that vouches for itself.
func (s *signer) issue(template x509.Certificate) tls.Certificate {
	s.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	s.n++
	template.SerialNumber, template.NotAfter = bigint.NewInt(s.n), time.Now().Add(time.Hour)
	template.KeyUsage |= x509.KeyUsageDigitalSignature
	parent, by := s.cert, s.key
	if parent == nil {
		parent, by = &template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, parent, &key.PublicKey, by)
	if err != nil {
		s.t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		s.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func writePEM(t *testing.T, path string, c tls.Certificate) {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]})
	text = append(text, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestUserOfCertificate: who shows a certificate is the user whose name is in it, if there
// is one that may log in; else he is who he would be without.
func TestUserOfCertificate(t *testing.T) {
	s := &signer{t: t}
	ca := s.issue(x509.Certificate{Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	s.cert, s.key = ca.Leaf, ca.PrivateKey.(*ecdsa.PrivateKey)
	dir := t.TempDir()
	caFile, certFile := filepath.Join(dir, "ca"), filepath.Join(dir, "server")
	writePEM(t, caFile, ca)
	writePEM(t, certFile, s.issue(x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}))
	port := coretest.FreePort(t)
	srv, err := host.Start(host.Options{Modules: append(modules(), secure.New()), Pipes: 1, Args: []string{
		"--port", "0", "--bind", "127.0.0.1", "--tls-port", port, "--tls-cert-file", certFile, "--tls-key-file", certFile,
		"--tls-ca-cert-file", caFile, "--tls-auth-clients", "optional", "--requirepass", "secret",
		"--user", "alice", "on", "+@all", "~a:*", "--user", "bob", "off", "+@all", "--user", "spiffe://x/alice", "on", "+acl",
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	admin := &client{t, srv.Pipe(0)}
	admin.want("auth secret", "OK")

	connect := func(cert tls.Certificate) func(command, want string) {
		t.Helper()
		config := &tls.Config{InsecureSkipVerify: true}
		if cert.Leaf != nil {
			config.Certificates = []tls.Certificate{cert}
		}
		conn, err := tls.Dial("tcp", fmt.Sprint("127.0.0.1:", port), config)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		_ = conn.SetDeadline(time.Now().Add(time.Minute))
		r := bufio.NewReader(conn)
		return func(command, want string) {
			t.Helper()
			if _, err := fmt.Fprint(conn, command+"\r\n"); err != nil {
				t.Fatal(err)
			}
			line, err := r.ReadString('\n')
			if strings.HasPrefix(line, "$") {
				line, err = r.ReadString('\n')
			}
			if err != nil || !strings.HasPrefix(line, want) {
				t.Errorf("%s: %q, %v, want %q", command, line, err, want)
			}
		}
	}
	named := func(cn string, uris ...string) tls.Certificate {
		template := x509.Certificate{Subject: pkix.Name{CommonName: cn}, DNSNames: []string{"x.example", "alice"}, EmailAddresses: []string{"alice"}}
		for _, text := range uris {
			u, err := url.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			template.URIs = append(template.URIs, u)
		}
		return s.issue(template)
	}
	alice := named("alice", "spiffe://x/nobody", "spiffe://x/alice")

	connect(alice)("acl whoami", "-NOAUTH") // tls-auth-clients-user is off
	admin.want("config set tls-auth-clients-user CN", "OK")
	do := connect(alice)
	do("acl whoami", "alice")
	do("set a:1 x", "+OK")
	do("set b:1 x", "-NOPERM")
	do("reset", "+RESET")
	do("acl whoami", "alice") // as on a new connection
	do("auth secret", "+OK")
	do("acl whoami", "default")
	connect(named("bob"))("acl whoami", "-NOAUTH")     // may not log in
	connect(named("mallory"))("acl whoami", "-NOAUTH") // is no user
	connect(tls.Certificate{})("acl whoami", "-NOAUTH")
	connect(named("default"))("acl whoami", "default")

	admin.want("config set tls-auth-clients-user URI", "OK")
	connect(alice)("acl whoami", "spiffe://x/alice") // the first that is a user
	for _, kind := range []string{"DNS", "email"} {
		admin.want("config set tls-auth-clients-user "+kind, "OK")
		connect(named("mallory"))("acl whoami", "alice")
	}
	// Nobody vouches for this one, which TLS itself lets in only if it need not ask.
	admin.want("config set tls-auth-clients no", "OK")
	connect(alice)("acl whoami", "-NOAUTH")
}
