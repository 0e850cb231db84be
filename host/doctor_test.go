package host

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core"
)

// TestDoctor: the tool looks, answers for people and for programs, and its status is the
// worst that it has found.
func TestDoctor(t *testing.T) {
	srv := testServer(t)
	port := fmt.Sprint(srv.Addr("tcp").(*net.TCPAddr).Port)
	examine := func(args ...string) (int, string) {
		var out bytes.Buffer
		status := run([]core.Module{stack{}}, arguments{list: append([]string{"doctor"}, args...)}, nil, strings.NewReader(""), &out, &out)
		return status, out.String()
	}
	status, text := examine("--json", "--bind", "*", "--protected-mode", "no", "--port", port)
	var told struct {
		Worst    string
		Findings []struct{ Rule, Level, What, Do string }
	}
	if err := json.Unmarshal([]byte(text), &told); err != nil || status != 2 || told.Worst != "danger" || told.Findings[0].Rule != "open-to-all" {
		t.Errorf("%d, %v: %s", status, err, text)
	}
	for _, f := range told.Findings {
		// It was asked: this server has no INFO.
		if f.Rule == "not-running" && !strings.Contains(f.What, "unknown command 'INFO'") {
			t.Error(f.What)
		}
	}
	status, text = examine("--bind", "127.0.0.1", "--port", freePort(t))
	if status > 1 || !strings.Contains(text, "not-running") {
		t.Errorf("%d: %s", status, text)
	}
	if status, text = examine("--port", "x"); status != 3 {
		t.Errorf("%d: %s", status, text)
	}
}

// TestOpenDoorsAreTold: a server says at its start what is open to the world.
func TestOpenDoorsAreTold(t *testing.T) {
	for _, c := range []struct {
		args []string
		want bool
	}{
		{[]string{"--bind", "0.0.0.0", "--protected-mode", "no"}, true},
		{[]string{"--bind", "0.0.0.0"}, false},
		{[]string{"--bind", "127.0.0.1", "--protected-mode", "no"}, false},
	} {
		srv, log := loggedServer(t, c.args...)
		srv.warnOfOpenDoors()
		if got := log.count("Whoever reaches", "may read, change and delete everything") > 0; got != c.want {
			t.Errorf("%q: %v", c.args, got)
		}
	}
}

// TestCertificatesAreRenewed: files that change come into use by themselves; what cannot be
// used leaves the old ones in force.
func TestCertificatesAreRenewed(t *testing.T) {
	a := newAuthority(t, "authority")
	srv, log := secureServer(t, a, "--tls-auth-clients", "no", "--tls-auto-reload-interval", "1")
	serial := func() int64 {
		return dialTLS(t, srv, a.client("")).Conn.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	if got := serial(); got != a.n {
		t.Fatalf("certificate %d", got)
	}
	// Of a new pair the certificate comes first, without its key.
	before := a.n
	a.issue("next")
	put := func(from, to string) {
		t.Helper()
		data, err := os.ReadFile(a.path(from))
		if err == nil {
			err = os.WriteFile(a.path(to), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	put("next.crt", "server.crt")
	log.says(t, "cannot be used: those of before stay in force")
	if got := serial(); got != before {
		t.Errorf("certificate %d", got)
	}
	put("next.key", "server.key")
	eventually(t, "the new certificate is shown", func() bool { return serial() == a.n })
	log.says(t, "have changed and are in force")

	// As in Kubernetes: a link that leads elsewhere.
	if err := os.Rename(a.path("server.crt"), a.path("one.crt")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("one.crt", a.path("server.crt")); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(a.dir, "one.crt"), later, later); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is read again", func() bool { return log.count("have changed and are in force") >= 2 })
	srv.mustSet(t, "tls-auto-reload-interval", "0")
}
