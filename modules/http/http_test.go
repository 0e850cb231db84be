package http_test

import (
	"bufio"
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
	"strings"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/modules"
)

// TestUsers: who is nobody, gives a wrong password, or lacks the permission, sees nothing,
// and what he may see is decided by the permissions for commands.
func TestUsers(t *testing.T) {
	r := serve(t)
	c := r.Client()
	c.Must("ACL SETUSER prometheus on >scrape +info +slowlog|len")
	c.Must("ACL SETUSER reader on >r ~* +@read")
	c.Must("ACL SETUSER ops on >o +@all ~* &*")
	c.Must("ACL SETUSER default on >secret")
	for _, x := range []struct {
		path, user string
		code       int
	}{
		{"/healthz", "", 200}, {"/readyz", "", 200}, // they tell nothing
		{"/metrics", "", 401}, {"/metrics", "prometheus:wrong", 401}, {"/metrics", "nobody:x", 401},
		{"/metrics", "reader:r", 403}, {"/metrics", "prometheus:scrape", 200}, {"/metrics", "default:secret", 200},
		{"/debug/pprof/", "", 401}, {"/debug/pprof/", "prometheus:scrape", 403}, {"/debug/pprof/", "ops:o", 200},
		{"/debug/pprof/goroutine?debug=1", "ops:o", 200}, {"/debug/pprof/cmdline", "reader:r", 403},
		{"/nothing", "ops:o", 404},
	} {
		a := r.get(x.path, x.user)
		r.wantCode(a, x.code, x.path+" as "+x.user)
		if challenge := a.header.Get("WWW-Authenticate"); (challenge != "") != (a.code == 401) {
			t.Errorf("%s as %s: %d with the challenge %q", x.path, x.user, a.code, challenge)
		}
	}
	if a := r.get("/metrics", "prometheus:scrape"); !strings.Contains(a.body, "redis_slowlog_length ") || strings.Contains(a.body, "redis_slowlog_last_id") {
		t.Error("of the slow log is told what the user may see")
	}
	admin := r.Client()
	admin.Must("AUTH secret")
	if got := admin.Do("ACL LOG"); !strings.Contains(got, "nobody") || !strings.Contains(got, "127.0.0.1") {
		t.Errorf("refused logins are not in the log: %s", got)
	}
	admin.AwaitInfo("connected_clients", "2") // sessions end with their requests
	r.wantCode(r.send("POST", "/metrics", "ops:o", ""), 405, "POST")
}

// TestReady: a server is not ready while it loads, nor a replica out of step.
func TestReady(t *testing.T) {
	r := serve(t)
	c := r.Client()
	r.wantCode(r.get("/readyz", ""), 200, "a master")
	c.Must("REPLICAOF 127.0.0.1 1")
	a := r.get("/readyz", "")
	r.wantCode(a, 503, "a replica without its master")
	if !strings.Contains(a.body, "master") {
		t.Errorf("it is not said why: %s", a.body)
	}
	r.wantCode(r.get("/healthz", ""), 200, "a replica without its master")
	c.Must("REPLICAOF NO ONE")
	r.wantCode(r.get("/readyz", ""), 200, "a master again")

	master := coretest.Serve(t, modules.Full(), "--port", coretest.FreePort(t), "--bind", "127.0.0.1")
	_, port, _ := net.SplitHostPort(master.Addr("tcp").String())
	c.Must("REPLICAOF 127.0.0.1 %s", port)
	coretest.Eventually(t, "a replica in step is ready", func() bool { return r.get("/readyz", "").code == 200 })
}

// TestLoading: while data are loaded the server is alive and not ready.
func TestLoading(t *testing.T) {
	release := make(chan struct{})
	held := coretest.Module(func(r *core.Registry) {
		r.OnLoad(func() (bool, error) { <-release; return false, nil })
	})
	type started struct {
		s   *coretest.Server
		err error
	}
	port := coretest.FreePort(t)
	up := make(chan started, 1)
	all := append([]core.Module{held}, modules.Full()...)
	go func() {
		s, err := coretest.Try(t, coretest.Options{Modules: all, Args: []string{"--http-port", port, "--http-bind", "127.0.0.1"}})
		up <- started{s, err}
	}()
	coretest.Eventually(t, "a listener", func() bool {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	r := newRig(&coretest.Server{T: t}, "http", port)
	r.wantCode(r.get("/healthz", ""), 200, "alive while it loads")
	a := r.get("/readyz", "")
	r.wantCode(a, 503, "while it loads")
	if !strings.HasPrefix(a.body, "LOADING") {
		t.Errorf("it is not said why: %s", a.body)
	}
	close(release)
	if x := <-up; x.err != nil {
		t.Fatal(x.err)
	}
	r.wantCode(r.get("/readyz", ""), 200, "loaded")
}

// TestForeignPages: what a page of another site makes a browser send is refused.
func TestForeignPages(t *testing.T) {
	r := serve(t)
	r.wantCode(r.get("/debug/pprof/cmdline", ""), 200, "nobody's page, no password")
	r.wantCode(r.get("/debug/pprof/cmdline", "", "Origin: http://evil.example"), 403, "another origin")
	r.wantCode(r.get("/debug/pprof/cmdline", "", "Sec-Fetch-Site: cross-site"), 403, "another site")
	r.wantCode(r.get("/debug/pprof/cmdline", "", "Host: evil.example"), 403, "a name that leads here")
	r.wantCode(r.get("/debug/pprof/cmdline", "", "Host: localhost:1"), 200, "localhost")
	r.wantCode(r.get("/metrics", "", "Host: ferrous.prod.example:9121"), 200, "figures, by a name")
}

// TestAddresses: a session has the addresses of its request, which CLIENT LIST shows and
// protected mode looks at.
func TestAddresses(t *testing.T) {
	r := serve(t)
	var seen string
	c := r.Client()
	coretest.Eventually(t, "the session of a request in CLIENT LIST", func() bool {
		done := make(chan struct{})
		go func() { defer close(done); r.get("/debug/pprof/profile?seconds=1", "") }()
		coretest.Eventually(t, "a guest", func() bool {
			seen = c.Do("CLIENT LIST")
			return strings.Contains(seen, "name=http ")
		})
		<-done
		return true
	})
	for line := range strings.Lines(seen) {
		if strings.Contains(line, "name=http ") && (!strings.Contains(line, " addr=127.0.0.1:") || !strings.Contains(line, " laddr="+strings.TrimPrefix(r.base, "http://"))) {
			t.Errorf("a session without its addresses: %s", line)
		}
	}
}

// TestBadInput: what is no request, or too much of one, ends the connection and nothing
// else.
func TestBadInput(t *testing.T) {
	r := serve(t)
	for what, input := range map[string]string{
		"no HTTP":         "\x16\x03\x01 garbage\r\n\r\n",
		"a huge header":   "GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("x", 64<<10) + "\r\n\r\n",
		"a bad login":     "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic !!!!\r\nConnection: close\r\n\r\n",
		"a bad host":      "GET /metrics HTTP/1.1\r\nConnection: close\r\n\r\n",
		"RESP":            "*1\r\n$4\r\nPING\r\n",
		"a path upwards":  "GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
		"a huge password": "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic " + strings.Repeat("QUFB", 2000) + "\r\nConnection: close\r\n\r\n",
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(r.base, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
		_, _ = conn.Write([]byte(input))
		line, _ := bufio.NewReader(conn).ReadString('\n')
		if strings.Contains(line, "root:") || strings.Contains(line, " 200 ") {
			t.Errorf("%s: %q", what, line)
		}
		conn.Close()
	}
	r.wantCode(r.get("/healthz", ""), 200, "after all that")
}

// TestSlowLoris: who does not send his request is not waited for, and in the meantime
// others are served.
func TestSlowLoris(t *testing.T) {
	t.Parallel() // it waits for a time limit of seconds
	r := serve(t)
	var slow []net.Conn
	for range 20 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(r.base, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, _ = conn.Write([]byte("GET /metrics HTTP/1.1\r\nHost:"))
		slow = append(slow, conn)
	}
	r.wantCode(r.get("/healthz", ""), 200, "beside slow ones")
	for _, conn := range slow {
		_ = conn.SetReadDeadline(time.Now().Add(30 * time.Second))
		b := make([]byte, 512)
		for {
			if _, err := conn.Read(b); err != nil {
				if e, ok := err.(net.Error); ok && e.Timeout() {
					t.Error("a client that does not go on is kept")
				}
				break
			}
		}
	}
}

// TestCertificates: HTTPS by the server's own certificate, or another; a renewed one is
// shown without a restart, and a broken one is not.
func TestCertificates(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "c.pem"), filepath.Join(dir, "k.pem")
	certify(t, cert, key, 1)
	for _, prefix := range []string{"--tls-", "--http-tls-"} {
		certify(t, cert, key, 1)
		port := coretest.FreePort(t)
		s := coretest.Serve(t, modules.Full(), "--http-port", port, "--http-bind", "127.0.0.1", "--http-tls", "yes",
			prefix+"cert-file", cert, prefix+"key-file", key)
		r := newRig(s, "https", port)
		r.wantCode(r.get("/healthz", ""), 200, "HTTPS with "+prefix)
		if got := shown(t, port); got != 1 {
			t.Fatalf("certificate %d", got)
		}
		certify(t, cert, key, 2)
		coretest.Eventually(t, "the new certificate", func() bool { return shown(t, port) == 2 })
		if err := os.WriteFile(cert, []byte("no certificate"), 0o600); err != nil {
			t.Fatal(err)
		}
		coretest.Eventually(t, "a warning", func() bool {
			return shown(t, port) == 2 && strings.Contains(s.Log.String(), "the old one is shown on")
		})
	}
	for _, args := range [][]string{{}, {"--http-tls-cert-file", cert}, {"--http-tls-cert-file", "missing", "--http-tls-key-file", key}} {
		args = append([]string{"--http-port", coretest.FreePort(t), "--http-bind", "127.0.0.1", "--http-tls", "yes"}, args...)
		if _, err := coretest.Try(t, coretest.Options{Modules: modules.Full(), Args: args}); err == nil || !strings.Contains(err.Error(), "http-tls") {
			t.Errorf("%v: %v", args, err)
		}
	}
}

// shown returns the serial number of the certificate that a port shows.
func shown(t *testing.T, port string) int64 {
	t.Helper()
	conn, err := tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}

// certify writes a certificate with a serial number, and its key.
func certify(t *testing.T, cert, key string, serial int64) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOff: without a port nothing listens, and a port that is taken is an error.
func TestOff(t *testing.T) {
	s := coretest.Serve(t, modules.Full())
	if strings.Contains(s.Log.String(), "Serving HTTP") {
		t.Error("something listens")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	_, err = coretest.Try(t, coretest.Options{Modules: modules.Full(), Args: []string{"--http-port", port, "--http-bind", "127.0.0.1"}})
	if err == nil || !strings.Contains(err.Error(), "http-port") {
		t.Errorf("a port that is taken: %v", err)
	}
}
