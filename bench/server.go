package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/ferrousdb/ferrous/internal/freeport"
)

// serverSpec is one -server flag: name=path, with arguments after the path if wanted.
type serverSpec struct {
	Name string   `json:"name"`
	Path string   `json:"path"`
	Args []string `json:"args,omitempty"`
}

// parseServerSpec reads "name=path arg arg...".
func parseServerSpec(text string) (serverSpec, error) {
	name, command, ok := strings.Cut(text, "=")
	words := strings.Fields(command)
	if !ok || name == "" || len(words) == 0 {
		return serverSpec{}, fmt.Errorf("%q is not of the form name=path", text)
	}
	return serverSpec{Name: name, Path: words[0], Args: words[1:]}, nil
}

// server is a running process under test. Its owner must call stop.
type server struct {
	serverSpec
	port int
	pid  int

	securePort int // for TLS; 0 if there is none

	dir string // its working directory, where it keeps its files

	cmd     *exec.Cmd
	began   time.Time     // when the process was started
	ready   time.Duration // how long it took from there until it answered PING with PONG
	log     string        // the file with what it printed
	exited  chan struct{} // closed when the process is gone, after which exitErr holds its end
	exitErr error
}

// launcher is where and how servers are started.
type launcher struct {
	tmp  string // every server gets an empty directory below it, which is the caller's to remove
	cpus string // the processors that servers are confined to, as taskset(1) takes them; empty for all
}

// startPatience is how long a server that has nothing to load may take to answer.
const startPatience = 15 * time.Second

// start starts a server on a free port of loopback, without persistence unless args say otherwise, in an empty
// directory, and waits until it answers.
func (l launcher) start(ctx context.Context, spec serverSpec, args ...string) (*server, error) {
	dir, err := os.MkdirTemp(l.tmp, spec.Name+"-")
	if err != nil {
		return nil, err
	}
	return l.startIn(ctx, spec, dir, startPatience, args...)
}

// startIn starts a server as start does, in a directory that may hold the files of another one that has ended.
func (l launcher) startIn(ctx context.Context, spec serverSpec, dir string, patience time.Duration, args ...string) (*server, error) {
	var err error
	// A port that is free when asked for may be gone when the server binds it; that is worth another try.
	for range 3 {
		var s *server
		if s, err = l.launch(spec, dir, args); err != nil {
			return nil, err
		}
		if err = s.awaitReady(ctx, patience); err == nil {
			return s, nil
		}
		s.stop()
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
	return nil, err
}

func (l launcher) launch(spec serverSpec, dir string, more []string) (*server, error) {
	// The server runs in another directory: a relative path must not be looked up there.
	path, err := exec.LookPath(spec.Path)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return nil, fmt.Errorf("server %s: %w", spec.Name, err)
	}
	port, err := freeport.Find()
	if err != nil {
		return nil, err
	}
	s := &server{serverSpec: spec, port: port, dir: dir, log: filepath.Join(dir, "log"), exited: make(chan struct{})}
	out, err := os.Create(s.log)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	args := []string{"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"}
	command := slices.Concat([]string{path}, args, more, spec.Args)
	if l.cpus != "" {
		command = slices.Concat([]string{"taskset", "-c", l.cpus}, command) // which becomes the server, pid and all
	}
	s.cmd = exec.Command(command[0], command[1:]...)
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr, s.cmd.SysProcAttr = dir, out, out, childAttributes()
	s.began = time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("server %s: %w", spec.Name, err)
	}
	s.pid = s.cmd.Process.Pid
	go func() {
		s.exitErr = s.cmd.Wait()
		close(s.exited)
	}()
	return s, nil
}

// awaitReady returns when the server answers PING, which it does not while it loads, and says why if it never will.
func (s *server) awaitReady(ctx context.Context, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-s.exited:
			return fmt.Errorf("server %s ended before it answered (%v): %s", s.Name, s.exitErr, s.logTail())
		case <-ctx.Done():
			return fmt.Errorf("server %s does not answer on port %d: %s", s.Name, s.port, s.logTail())
		case <-tick.C:
			if s.answers(ctx) {
				s.ready = time.Since(s.began)
				return nil
			}
		}
	}
}

// answers tells whether this very process answers; another one may have taken its port.
func (s *server) answers(ctx context.Context) bool {
	c, err := dial(ctx, s.port, nil)
	if err != nil {
		return false
	}
	defer c.Close()
	if pong, err := c.do("PING"); err != nil || pong != "PONG" {
		return false
	}
	info, err := c.do("INFO", "server")
	if err != nil {
		return true // a server need not know INFO to be measured
	}
	pid := parseInfo(info)["process_id"]
	return pid == "" || pid == strconv.Itoa(s.pid)
}

// stop ends the process: politely first, by force after five seconds. It returns when the process is gone, and may be
// called more than once.
func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.exited:
	case <-time.After(5 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.exited
	}
}

func (s *server) logTail() string {
	b, _ := os.ReadFile(s.log)
	b = bytes.TrimSpace(b)
	if len(b) == 0 {
		return "(it printed nothing)"
	}
	return "\n" + string(b[max(0, len(b)-2000):])
}

// do sends one command on a connection of its own.
func (s *server) do(ctx context.Context, args ...string) (string, error) {
	c, err := dial(ctx, s.port, nil)
	if err != nil {
		return "", s.explain(err)
	}
	defer c.Close()
	reply, err := c.do(args...)
	return reply, s.explain(err)
}

// info returns the fields of one section of INFO. A server that does not know INFO has none.
func (s *server) info(ctx context.Context, section string) (map[string]string, error) {
	text, err := s.do(ctx, "INFO", section)
	if _, refused := errors.AsType[replyError](err); refused {
		return nil, nil
	}
	return parseInfo(text), err
}

// explain adds to an error which server it came from, and the server's last words if it has died.
func (s *server) explain(err error) error {
	if err == nil {
		return nil
	}
	select {
	case <-s.exited:
		return fmt.Errorf("server %s has ended (%v): %w: %s", s.Name, s.exitErr, err, s.logTail())
	default:
		return fmt.Errorf("server %s: %w", s.Name, err)
	}
}

// settle waits until the server has nothing left to do, such as freeing what FLUSHALL unlinked, and returns the
// processor time it has used by then. Background work is so charged to the run that caused it and not to the next one.
// A server that is still busy after two seconds is taken to spin by nature: the time at the call is returned.
func (s *server) settle(ctx context.Context) (time.Duration, error) {
	const window = 20 * time.Millisecond
	first, err := processCPU(s.pid)
	if err != nil {
		return 0, err
	}
	last := first
	for range 2 * time.Second / window {
		select {
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		case <-time.After(window):
		}
		now, err := processCPU(s.pid)
		if err != nil {
			return 0, err
		}
		if now-last < window/50 {
			return now, nil
		}
		last = now
	}
	return first, nil
}
