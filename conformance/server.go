package conformance

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/ferrousdb/ferrous/conformance/resp"
	"github.com/ferrousdb/ferrous/conformance/script"
	"github.com/ferrousdb/ferrous/internal/freeport"
)

// startTimeout is generous: the machine may be busy building something else.
const startTimeout = time.Minute

// Server is a child process that speaks RESP on a loopback port.
type Server struct {
	Addr string // host:port
	Dir  string // its working directory, which holds its log

	cmd    *exec.Cmd
	exited chan struct{} // closed once the process has been waited for
	state  error         // how it ended; valid after exited is closed
}

// StartServer starts bin with "--port N", a quiet configuration and args, in dir,
// and returns once it answers. The caller ends it with Stop.
func StartServer(bin, dir string, args ...string) (*Server, error) {
	return startServer(bin, dir, args, func(v resp.Value) bool {
		// Any answer but LOADING will do: a password may be required.
		return !v.IsErr() || !strings.HasPrefix(v.Text, "LOADING")
	})
}

// StartLoading is StartServer for one that has much to load: it returns while it does.
func StartLoading(bin, dir string, args ...string) (*Server, error) {
	return startServer(bin, dir, args, func(v resp.Value) bool { return strings.HasPrefix(v.Text, "LOADING") })
}

// startServer starts a server and waits for an answer that will do.
func startServer(bin, dir string, args []string, answered func(resp.Value) bool) (*Server, error) {
	for attempt := 0; ; attempt++ {
		s, err := start(bin, dir, args, answered)
		if err == nil {
			return s, nil
		}
		// Someone else may have taken the port since it was probed.
		if attempt == 2 || !strings.Contains(strings.ToLower(err.Error()), "address already in use") {
			return nil, err
		}
	}
}

func start(bin, dir string, args []string, answered func(resp.Value) bool) (*Server, error) {
	port, err := freeport.Find()
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "server.log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	s := &Server{
		Addr:   net.JoinHostPort("127.0.0.1", strconv.Itoa(port)),
		Dir:    dir,
		exited: make(chan struct{}),
	}
	base := []string{
		"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "",
		"--enable-debug-command", "yes", "--enable-protected-configs", "yes",
	}
	s.cmd = exec.Command(bin, append(base, args...)...)
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = dir, log, log
	// ferrous takes FERROUS_... for settings; FERROUS_BIN is ours and none of them.
	s.cmd.Env = slices.DeleteFunc(os.Environ(), func(kv string) bool { return strings.HasPrefix(kv, "FERROUS_") })
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		s.state = s.cmd.Wait()
		close(s.exited)
	}()
	if err := s.await(answered); err != nil {
		s.Stop()
		return nil, fmt.Errorf("%s: %w\n%s", bin, err, s.Log())
	}
	return s, nil
}

func (s *Server) await(answered func(resp.Value) bool) error {
	deadline := time.Now().Add(startTimeout)
	for time.Now().Before(deadline) {
		if !s.Alive() {
			return fmt.Errorf("ended while starting: %v", s.state)
		}
		c, err := Dial(s.Addr)
		if err == nil {
			var v resp.Value
			v, err = c.Do("PING")
			c.Close()
			if err == nil && answered(v) {
				return nil
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	return errors.New("not ready in time")
}

// Alive reports whether the process still runs.
func (s *Server) Alive() bool {
	select {
	case <-s.exited:
		return false
	default:
		return true
	}
}

// Stop ends the process: SIGTERM, and SIGKILL if that takes more than a minute.
func (s *Server) Stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.exited:
	case <-time.After(startTimeout):
		_ = s.cmd.Process.Kill()
		<-s.exited
	}
}

// Kill ends the process as kill -9 does.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill()
	<-s.exited
}

// Log returns the end of what the server printed, for reports.
func (s *Server) Log() string {
	data, err := os.ReadFile(filepath.Join(s.Dir, "server.log"))
	if err != nil {
		return err.Error()
	}
	const tail = 4 << 10
	return string(data[max(0, len(data)-tail):])
}

// BinaryVersion asks an executable for its version ("v=7.0.15" in --version).
func BinaryVersion(bin string) (script.Version, error) {
	out, err := exec.Command(bin, "--version").Output()
	if err != nil {
		return script.Version{}, err
	}
	var a, b, c int
	if _, err := fmt.Sscanf(string(out), "Redis server v=%d.%d.%d", &a, &b, &c); err != nil {
		return script.Version{}, fmt.Errorf("%s --version: %q", bin, out)
	}
	return script.Version{a, b, c}, nil
}
