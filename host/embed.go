package host

import (
	"io"
	"net"

	"github.com/hashicorp/go-hclog"

	"github.com/ferrousdb/ferrous/core"
	hostconfig "github.com/ferrousdb/ferrous/host/config"
)

// Options describe a server inside another program, a test for example.
type Options struct {
	Modules []core.Module
	// Args configure the server as a command line does: "--port", "0", ...
	Args []string
	// Log is where the server logs; nil for nowhere.
	Log hclog.Logger
	// Pipes is how many connections without a network can be had; see Pipe.
	Pipes int
}

// Start runs a server; Stop it when it has served. The environment, files and
// signals of the process do not concern it.
func Start(o Options) (*Server, error) {
	srv, err := newServer(o.Modules)
	if err != nil {
		return nil, err
	}
	loaded, err := hostconfig.Load(srv.registry.Config, o.Args, nil, eof{})
	if err != nil {
		return nil, err
	}
	srv.file = loaded.File
	if o.Log != nil {
		srv.log = lineLogger{o.Log}
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

// Pipe is a connection without a network: requests go in and replies come out
// on the caller's own goroutine. It is what the scaling benchmark and fuzzers
// drive the server through. It cannot block on keys. Not safe for concurrent
// use; several pipes are.
type Pipe struct {
	w    *worker
	s    *session
	sent []byte
}

// Pipe returns pipe i, below Options.Pipes.
func (srv *Server) Pipe(i int) *Pipe { return srv.pipeEnds[i] }

func (srv *Server) startPipes() {
	for range srv.pipes {
		w := srv.newWorker()
		w.wake = func() {}
		s, _ := srv.newSession("unix", "pipe:0", "pipe:0")
		if s == nil {
			return
		}
		p := &Pipe{w: w, s: s}
		s.worker, s.link = w, p
		w.enter()
		w.begin(s)
		w.leave()
		srv.pipeEnds = append(srv.pipeEnds, p)
	}
}

// Exchange executes the requests and appends their replies to dst.
func (p *Pipe) Exchange(dst, requests []byte) []byte {
	p.w.enter()
	defer p.w.leave()
	p.sent = dst
	p.execute(requests)
	dst, p.sent = p.sent, nil
	return dst
}

func (p *Pipe) execute(requests []byte) {
	defer p.w.rescue()
	p.w.tick()
	p.w.arrived(p.s, requests)
	p.w.finish(p.s)
	p.w.settle()
	for len(p.w.making) > 0 {
		p.w.settle()
	}
	p.w.flushAll(p.s)
}

// Closed reports whether the server has ended the connection.
func (p *Pipe) Closed() bool {
	p.w.enter()
	defer p.w.leave()
	return p.s.closing == closed
}

func (p *Pipe) stop() {
	p.w.enter()
	defer p.w.leave()
	defer p.w.rescue()
	p.w.endAll()
}

// Write implements network.Link.
func (p *Pipe) Write(b []byte) (int, error) {
	p.sent = append(p.sent, b...)
	return len(b), nil
}

// WantWrite implements network.Link.
func (p *Pipe) WantWrite(bool) {}

// WantRead implements network.Link.
func (p *Pipe) WantRead(bool) {}

// Close implements network.Link.
func (p *Pipe) Close() {}
