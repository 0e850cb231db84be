package main

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ferrousdb/ferrous/conformance"
	"github.com/ferrousdb/ferrous/conformance/tool"
)

// server is the server of the moment. Those who use it find out by an error that it has
// died, and dial the next.
type server struct {
	bin  string
	dir  string
	args []string

	mu      sync.Mutex // held while it is replaced
	now     *conformance.Server
	addr    atomic.Pointer[string] // nil while there is none
	crashed int
}

// begin starts the server, in a directory that keeps its log from crash to crash.
func begin(o options) (*server, error) {
	s := &server{bin: o.server, dir: o.dir, args: []string{
		"--appendonly", "yes", "--appendfsync", "always", "--maxclients", strconv.Itoa(o.consumers*3/2 + 100),
		"--auto-aof-rewrite-min-size", "1mb", "--io-threads", strconv.Itoa(o.loops),
	}}
	if s.bin == "" {
		var err error
		if s.bin, err = tool.Self(); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s, s.start()
}

func (s *server) start() (err error) {
	if s.now, err = conformance.StartServer(s.bin, s.dir, s.args...); err != nil {
		return fmt.Errorf("it does not start: %w", err)
	}
	s.addr.Store(&s.now.Addr)
	return nil
}

// crash kills the server and starts it again; in the middle of a rewrite of its log, if
// that is wanted.
func (s *server) crash(rewriting bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if rewriting {
		if c, err := conformance.Dial(s.now.Addr); err == nil {
			_, _ = c.Do("BGREWRITEAOF")
			c.Close()
			time.Sleep(time.Duration(s.crashed) * 3 * time.Millisecond) // another moment each time
		}
	}
	if !s.now.Alive() {
		return errors.New("the server has ended by itself:\n" + s.now.Log())
	}
	s.addr.Store(nil)
	s.now.Kill()
	s.crashed++
	return s.start()
}

func (s *server) crashes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.crashed
}

func (s *server) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addr.Store(nil)
	if s.now != nil {
		s.now.Kill()
	}
}

// dial connects to the server that there is, nil while there is none.
func (s *server) dial() *conformance.Conn {
	addr := s.addr.Load()
	if addr == nil {
		return nil
	}
	c, err := conformance.Dial(*addr)
	if err != nil {
		return nil
	}
	return c
}
