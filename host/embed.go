package host

import (
	"io"
	"net"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/logging"
	hostconfig "github.com/ferrousdb/ferrous/host/config"
	"github.com/ferrousdb/ferrous/host/engine"
)

// Options describe a server inside another program, a test for example.
type Options struct {
	Modules []core.Module
	// Args configure the server as a command line does: "--port", "0", ...
	Args []string
	// Log is where the server logs, everything until loglevel is changed; nil for nowhere.
	Log core.Logger
	// Pipes is how many connections without a network can be had; see Pipe.
	Pipes int
}

// Start runs a server; Stop it when it has served. The environment, files and
// signals of the process do not concern it.
func Start(o Options) (*Server, error) {
	srv, err := newServer(o.Modules, hostconfig.Peek(disableModules(), o.Args, nil, eof{}))
	if err != nil {
		return nil, err
	}
	loaded, err := hostconfig.Load(srv.registry.Config, o.Args, nil, eof{})
	if err != nil {
		return nil, err
	}
	srv.process.file = loaded.File
	if o.Log != nil {
		srv.log = newLineLogger(o.Log, logging.Trace)
	}
	srv.pipes = o.Pipes
	if err := srv.begin(); err != nil {
		return nil, err
	}
	go func() { _ = srv.Wait() }()
	return srv, nil
}

type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }

// Addr returns the address of the first listener of a kind ("tcp", "tls",
// "unix"), nil if there is none. With the port 0 in an address nothing listens.
func (srv *Server) Addr(kind string) net.Addr { return srv.net.Addr(kind) }

// Pipe is a connection without a network.
type Pipe = engine.Pipe

// Pipe returns pipe i, below Options.Pipes.
func (srv *Server) Pipe(i int) *Pipe { return srv.eng.Pipe(i) }

// Command does what the program of these modules does with arguments, and returns the exit
// status: for the tools above all, since a server that it runs is ended by signals.
func Command(modules []core.Module, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return run(modules, arguments{list: args}, environ, stdin, stdout, stderr)
}

// Connect returns a connection that no socket is needed for, as of a client on a unix socket;
// its owner closes it. Unlike a Pipe it may block, and is for any client library.
func (srv *Server) Connect() (net.Conn, error) { return srv.net.Join() }

// FastForward puts the server's clock ahead of the machine's, for tests that do not wait for
// keys to expire.
func (srv *Server) FastForward(d time.Duration) { srv.eng.FastForward(d) }
