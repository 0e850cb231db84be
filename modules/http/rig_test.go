package http_test

import (
	"bytes"
	"crypto/tls"
	"io"
	nethttp "net/http"
	"strings"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/modules"
)

// rig is a server with an HTTP port.
type rig struct {
	*coretest.Server
	base string
	web  *nethttp.Client
}

// serve starts a server whose port for HTTP is one that was free a moment ago.
func serve(t *testing.T, args ...string) *rig {
	t.Helper()
	port := coretest.FreePort(t)
	args = append([]string{"--http-port", port, "--http-bind", "127.0.0.1"}, args...)
	return newRig(coretest.Serve(t, modules.Full(), args...), "http", port)
}

func newRig(s *coretest.Server, scheme, port string) *rig {
	transport := &nethttp.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	s.T.Cleanup(transport.CloseIdleConnections)
	return &rig{s, scheme + "://127.0.0.1:" + port, &nethttp.Client{Transport: transport, Timeout: 30 * time.Second}}
}

// answer is what came back.
type answer struct {
	code   int
	body   string
	header nethttp.Header
}

// get asks for a page, as a user if one is named ("name:password"), with headers
// ("Name: value").
func (r *rig) get(path, user string, headers ...string) answer {
	return r.send("GET", path, user, "", headers...)
}

func (r *rig) send(method, path, user, body string, headers ...string) answer {
	r.T.Helper()
	req, err := nethttp.NewRequest(method, r.base+path, strings.NewReader(body))
	if err != nil {
		r.T.Fatal(err)
	}
	if name, password, ok := strings.Cut(user, ":"); ok {
		req.SetBasicAuth(name, password)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			req.Host = value
		}
		req.Header.Set(name, value)
	}
	resp, err := r.web.Do(req)
	if err != nil {
		r.T.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		r.T.Fatal(err)
	}
	return answer{resp.StatusCode, string(bytes.TrimSpace(b)), resp.Header}
}

// wantCode compares the code of an answer.
func (r *rig) wantCode(a answer, code int, what string) {
	r.T.Helper()
	if a.code != code {
		r.T.Errorf("%s: %d %s, want %d", what, a.code, a.body, code)
	}
}
