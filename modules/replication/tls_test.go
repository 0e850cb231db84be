package replication_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core/coretest"
)

// certificate writes a certificate that is its own authority, and returns the parameters by which
// a server shows it, to its clients and to its master, and trusts it.
func certificate(t *testing.T) []string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	save := func(name, kind string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	public := save("cert.pem", "CERTIFICATE", der)
	return []string{"--tls-cert-file", public, "--tls-key-file", save("key.pem", "EC PRIVATE KEY", secret), "--tls-ca-cert-file", public, "--tls-replication", "yes"}
}

// TestTLS: a master by TLS, its replica, and one behind it; and a look at it beforehand.
func TestTLS(t *testing.T) {
	trust := certificate(t)
	serve := func(more ...string) (*server, string) {
		port := coretest.FreePort(t)
		return start(t, append(append([]string{"--bind", "127.0.0.1", "--tls-port", port}, trust...), more...)...), port
	}
	m, port := serve()
	master := m.client()
	master.fill("1")
	r, next := serve("--replicaof", "127.0.0.1 "+port)
	replica := r.client()
	follows(t, replica, master)
	last, _ := serve("--replicaof", "127.0.0.1 "+next)
	master.fill("2")
	follows(t, last.client(), master)
	if !strings.Contains(master.Info("slave0"), "port="+next) { // the one by which it can be reached
		t.Errorf("the replica is %s", master.Info("slave0"))
	}
	master.want("CLIENT KILL TYPE replica", "1")
	master.fill("3")
	follows(t, last.client(), master)
	if got := master.Info("sync_partial_ok"); got != "1" {
		t.Errorf("%s partial syncs", got)
	}
	plain := start(t, "--replicaof", "127.0.0.1 "+port)
	coretest.Eventually(t, "it is told that this is no way in", func() bool { return strings.Contains(plain.Log.String(), "MASTER") })
	if got := plain.client().Info("master_link_status"); got != "down" {
		t.Errorf("without TLS the link is %s", got)
	}

	var out strings.Builder
	if err := m.Registry().Importer().Preview(context.Background(), "rediss://127.0.0.1:"+port, m.Registry(), m.Dial, &out); err != nil || !strings.Contains(out.String(), "All of it would come.") {
		t.Errorf("%v\n%s", err, out.String())
	}
}
