package coretest

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/logging"
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/internal/freeport"
)

// Options describe a Server.
type Options struct {
	Modules []core.Module
	// Args configure it as a command line does, after what every Server has: no port, a
	// socket, poisoned memory (but in benchmarks), no save points, DEBUG and protected parameters
	// allowed.
	Args []string
	// File, if not empty, is a configuration file, which all of those overrule.
	File string
	// SavePoints leaves it the save points that a server has by default.
	SavePoints bool
	// Dir is where its files are; a temporary directory if empty.
	Dir string
	// Pipes is how many there are, see Pipe.
	Pipes int
}

// Server is a whole server in the test's process, which ends with the test.
type Server struct {
	*host.Server
	Dir string // of its files
	Log *Log

	T testing.TB

	modules []core.Module
	pipes   int
}

// Start starts a server that has to come up.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := Try(t, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Serve is Start with modules and arguments alone.
func Serve(t testing.TB, modules []core.Module, args ...string) *Server {
	t.Helper()
	return Start(t, Options{Modules: modules, Args: args})
}

// Try starts a server that need not come up: with an error there is its Log.
func Try(t testing.TB, o Options) (*Server, error) {
	t.Helper()
	s := &Server{Dir: o.Dir, Log: &Log{}, T: t, modules: o.Modules, pipes: o.Pipes}
	if s.Dir == "" {
		s.Dir = t.TempDir()
	}
	args := []string{
		"--port", "0", "--unixsocket", Socket(t), "--dir", s.Dir,
		"--enable-debug-command", "yes", "--enable-protected-configs", "yes",
	}
	if _, bench := t.(*testing.B); !bench {
		args = append(args, "--arena-poison", "yes")
	}
	if !o.SavePoints && s.has("rdb") {
		args = append(args, "--save", "")
	}
	if o.File != "" {
		args = append([]string{o.File}, args...)
	}
	srv, err := host.Start(host.Options{
		Modules: o.Modules, Args: append(args, o.Args...), Pipes: o.Pipes,
		Log: logging.New(logging.Target{Output: s.Log}),
	})
	if err != nil {
		return s, err
	}
	s.Server = srv
	t.Cleanup(srv.Stop)
	return s, nil
}

// FreePort returns a port of this machine that nobody listens on.
func FreePort(t testing.TB) string {
	t.Helper()
	port, err := freeport.Find()
	if err != nil {
		t.Fatal(err)
	}
	return strconv.Itoa(port)
}

// Socket returns the path of a socket, which has to be short.
func Socket(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "s")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

// Dial opens a connection to the socket of a server in another process, once there is one.
func Dial(t testing.TB, socket string) *Client {
	t.Helper()
	var conn net.Conn
	Eventually(t, "a connection to "+socket, func() bool {
		var err error
		conn, err = net.Dial("unix", socket)
		return err == nil
	})
	return NewClient(t, conn)
}

// Client opens a connection, which is closed at the end of the test.
func (s *Server) Client() *Client {
	s.T.Helper()
	conn, err := net.Dial("unix", s.Addr("unix").String())
	if err != nil {
		s.T.Fatal(err)
	}
	return NewClient(s.T, conn)
}

// Module returns one of the server's modules.
func (s *Server) Module(name string) core.Module {
	s.T.Helper()
	i := s.index(name)
	if i < 0 {
		s.T.Fatalf("no module %s", name)
	}
	return s.modules[i]
}

func (s *Server) has(name string) bool { return s.index(name) >= 0 }

func (s *Server) index(name string) int {
	return slices.IndexFunc(s.modules, func(m core.Module) bool { return m.Name() == name })
}

// File returns the path of a file in the server's directory.
func (s *Server) File(name string) string { return filepath.Join(s.Dir, name) }

// Freeze begins a snapshot, as BGSAVE does; End it.
func (s *Server) Freeze() *keyspace.Snapshot { return s.Keyspace().Capture() }

// UsedMemory returns the bytes of all data.
func (s *Server) UsedMemory() int64 {
	ks := s.Keyspace()
	ks.Lock(keyspace.AllShards)
	defer ks.Unlock(keyspace.AllShards)
	return ks.ExactMemory()
}

// Log is what a server has logged, or a process has written: it may be read meanwhile.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Module is a module of a test: what it registers.
type Module func(r *core.Registry)

// Name implements core.Module.
func (Module) Name() string { return "test" }

// Register implements core.Module.
func (m Module) Register(r *core.Registry) error { m(r); return nil }

// Feed is a module of a test that hears what logs and replicas would, and the events of keys.
type Feed struct {
	mu     sync.Mutex
	fed    []string
	args   [][]string
	events []string
}

// Name implements core.Module.
func (*Feed) Name() string { return "feed" }

// Register implements core.Module.
func (f *Feed) Register(r *core.Registry) error {
	r.OnFeed(func(fed core.Fed) {
		var words []string
		for _, a := range fed.Args {
			words = append(words, string(a))
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.fed = append(f.fed, strings.Join(words, " "))
		f.args = append(f.args, words)
	}).Set(true)
	r.OnChange(func(_ *core.Ctx, ch core.Change) {
		if !ch.Only() {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.events = append(f.events, ch.Name+" "+string(ch.Key))
		}
	}).Set(true)
	return nil
}

// Take returns what has been fed and which events there were since the last call, joined by ", ".
func (f *Feed) Take() (fed, events string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fed, events = strings.Join(f.fed, ", "), strings.Join(f.events, ", ")
	f.fed, f.args, f.events = nil, nil, nil
	return fed, events
}

// takeArgs is Take for who repeats the commands.
func (f *Feed) takeArgs() [][]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := f.args
	f.fed, f.args, f.events = nil, nil, nil
	return all
}
