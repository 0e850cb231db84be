package host

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/logging"
	"github.com/ferrousdb/ferrous/host/engine"
)

// figures are those of the clients, with everything standing still.
func (srv *Server) figures() (f engine.ClientFigures) {
	srv.Standstill(func() { f = srv.eng.SurveyFor(nil).Clients })
	return f
}

// totals are the counts of the engine.
func (srv *Server) totals() (t engine.Totals) {
	srv.Standstill(func() { t = srv.eng.Totals() })
	return t
}

// conns calls fn with each session and its connection, with everything standing still.
func (srv *Server) conns(fn func(s *core.Session, info core.ConnInfo)) {
	srv.Standstill(func() {
		srv.Sessions(func(s *core.Session) bool {
			fn(s, s.Conn.Info())
			return true
		})
	})
}

// logBuffer collects what a server logs.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// says waits for a line with all the given words.
func (l *logBuffer) says(t *testing.T, words ...string) {
	t.Helper()
	defer func() {
		if t.Failed() {
			t.Log(l.String())
		}
	}()
	eventually(t, "the log says "+strings.Join(words, " ... "), func() bool { return l.count(words...) > 0 })
}

// count returns the number of lines with all the given words.
func (l *logBuffer) count(words ...string) (n int) {
lines:
	for line := range strings.Lines(l.String()) {
		for _, w := range words {
			if !strings.Contains(line, w) {
				continue lines
			}
		}
		n++
	}
	return n
}

// loggedServer is testServer with its log, at the level of debug.
func loggedServer(t *testing.T, args ...string) (*Server, *logBuffer) {
	t.Helper()
	log := &logBuffer{}
	srv, err := Start(Options{
		Modules: []core.Module{stack{}, trouble{}},
		Args:    append([]string{"--bind", "127.0.0.1", "--port", freePort(t)}, args...),
		Log:     logging.New(logging.Target{Output: log}),
		Pipes:   1,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	return srv, log
}
