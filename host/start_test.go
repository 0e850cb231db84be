package host

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/modules/tls"
)

// TestErrorsSayWhatToDo: who asks for what this server is not, or cannot do, is told
// what to do instead; and a file of a retired release is taken.
func TestErrorsSayWhatToDo(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ args, want string }{
		{"--loadmodule /usr/lib/redisbloom.so ERROR_RATE 0.1", "a module of ferrous is a Go package that is linked in"},
		{"--sentinel", "Run redis-sentinel or valkey-sentinel"},
		{"--sentinel monitor mymaster 127.0.0.1 6379 2", "Run redis-sentinel or valkey-sentinel"},
		{"--dir /dev/null", "Not a directory; dir is the directory that the server keeps its files in"},
		{"--dir " + filepath.Join(dir, "none"), "No such file or directory; dir is the directory"},
		{"--port 0 --tls-port 1", "set tls-cert-file and tls-key-file, and tls-ca-cert-file or tls-auth-clients no"},
		{"--port 0 --unixsocket " + dir, "name a file in it, which is to be the socket"},
		{"--import-mode yes", "there is no mode in which a server does not expire keys"},
	} {
		out, ended := &logBuffer{}, make(chan int, 1)
		go func() {
			ended <- run([]core.Module{tls.New()}, arguments{list: strings.Fields(c.args)}, nil, strings.NewReader(""), out, out)
		}()
		select {
		case code := <-ended:
			if code == 0 || !strings.Contains(out.String(), c.want) {
				t.Errorf("%s: %s", c.args, out)
			}
		case <-time.After(time.Minute): // nobody can end it but the process
			t.Fatalf("%s: it has started: %s", c.args, out)
		}
	}
	var out bytes.Buffer
	if run(nil, arguments{list: []string{"--check-config"}}, []string{"FERROUS_VERSION=2"}, strings.NewReader(""), &out, &out) != 0 ||
		!strings.Contains(out.String(), "warning: the environment variable FERROUS_VERSION names no parameter") {
		t.Error(out.String())
	}
}

// TestRetiredDirectives: files have them still, and nobody is shown them.
func TestRetiredDirectives(t *testing.T) {
	srv := testServer(t, "--hz", "1000", "--list-max-ziplist-entries", "512", "--lua-replicate-commands", "yes")
	s := srv.registry.Config
	if s.Find("hz").String() != "500" {
		t.Errorf("hz %s", s.Find("hz"))
	}
	for _, p := range s.Get("*") {
		if p.Name == "list-max-ziplist-entries" || p.Name == "lua-replicate-commands" {
			t.Errorf("CONFIG GET shows %s, which is retired", p.Name)
		}
	}
}
