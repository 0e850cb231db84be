package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// place is where a server lives from one life to the next.
type place struct {
	bin  string
	home string // its socket and its log
	data string // its files; may be a file system of its own
}

// child is a server process. It is its own process group, for Redis saves in children
// of its own: those have to die with it.
type child struct {
	place
	cmd     *exec.Cmd
	exited  chan struct{} // closed when it is gone
	state   error         // how it ended; valid when exited is closed
	loading bool          // awaitReady was answered LOADING
}

func (p place) addr() string { return filepath.Join(p.home, "socket") }
func (p place) log() string  { return filepath.Join(p.home, "log") }

// launch starts the server and does not wait for it.
func (p place) launch(args ...string) (*child, error) {
	log, err := os.OpenFile(p.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	base := []string{"--port", "0", "--unixsocket", p.addr(), "--dir", p.data, "--enable-debug-command", "yes"}
	// The log comes through a pipe, lest it be among the files that have no room.
	// A file that becomes larger than allowed is to be an error, not the end of the process.
	out := struct{ io.Writer }{log}
	c := &child{place: p, cmd: exec.Command("sh", slices.Concat([]string{"-c", `trap "" XFSZ; exec "$0" "$@"`, p.bin}, base, args)...), exited: make(chan struct{})}
	c.cmd.Dir, c.cmd.Stdout, c.cmd.Stderr = p.home, out, out
	c.cmd.WaitDelay = time.Second
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// ferrous takes FERROUS_... for settings.
	c.cmd.Env = slices.DeleteFunc(os.Environ(), func(kv string) bool { return strings.HasPrefix(kv, "FERROUS_") })
	if err := c.cmd.Start(); err != nil {
		log.Close()
		return nil, err
	}
	go func() {
		c.state = c.cmd.Wait()
		log.Close()
		close(c.exited)
	}()
	return c, nil
}

// start starts the server and waits until it has loaded.
func (p place) start(args ...string) (*child, *client, error) {
	c, err := p.launch(args...)
	if err != nil {
		return nil, nil, err
	}
	conn, err := c.awaitReady(nil)
	if err != nil {
		c.kill()
		return nil, nil, err
	}
	return c, conn, nil
}

// awaitReady returns a connection once the server has loaded its data, or nil when it is
// told to give up.
func (c *child) awaitReady(giveUp <-chan time.Time) (*client, error) {
	for end := time.Now().Add(2 * patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		select {
		case <-c.exited:
			return nil, fmt.Errorf("the server does not start: %v", c.state)
		case <-giveUp:
			return nil, nil
		default:
		}
		conn, err := dial(c.addr())
		if err != nil {
			continue
		}
		v, err := conn.do("PING")
		switch {
		case err != nil:
		case strings.HasPrefix(v.Text, "LOADING"):
			c.loading = true
		default:
			return conn, nil
		}
		conn.close()
	}
	return nil, fmt.Errorf("the server has not loaded within %v", 2*patience)
}

func (c *child) alive() bool {
	select {
	case <-c.exited:
		return false
	default:
		return true
	}
}

// kill ends the process, and what it has forked, at once.
func (c *child) kill() {
	_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL)
	<-c.exited
}

// terminate asks the process to end and returns an error if it does not, or ends badly.
// It asks again and again: as long as the log is being written for the first time, after
// CONFIG SET appendonly yes, the answer is no.
func (c *child) terminate() error {
	for end := time.Now().Add(patience); c.alive(); {
		if time.Now().After(end) {
			c.kill()
			return fmt.Errorf("still there %v after SIGTERM", patience)
		}
		_ = c.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-c.exited:
		case <-time.After(20 * time.Millisecond):
		}
	}
	var exit *exec.ExitError
	if errors.As(c.state, &exit) {
		return fmt.Errorf("ended with %w after SIGTERM", c.state)
	}
	return nil
}

// tail returns the end of the log.
func (p place) tail() string {
	data, err := os.ReadFile(p.log())
	if err != nil {
		return err.Error()
	}
	return string(data[max(0, len(data)-4<<10):])
}
