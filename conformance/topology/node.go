package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

// node is a server: its files and its place among the others outlive its processes.
type node struct {
	name  string // a letter for its program and a number: f0, r1
	bin   string
	dir   string
	port  int
	door  *door // by which the others replicate from it
	args  []string
	cmd   *exec.Cmd
	ended chan struct{} // closed when the process is gone
}

// start starts a process, as a replica of a node unless that is nil, and does not wait for it.
func (n *node) start(above *node) error {
	log, err := os.OpenFile(n.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	args := append([]string{
		"--port", strconv.Itoa(n.port), "--bind", "127.0.0.1", "--dir", n.dir, "--enable-debug-command", "yes", "--save", "",
		"--replica-announce-ip", "127.0.0.1", "--replica-announce-port", strconv.Itoa(n.door.port),
		"--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1", "--repl-timeout", "20", "--loglevel", "verbose",
	}, n.args...)
	if above != nil {
		args = append(args, "--replicaof", "127.0.0.1", strconv.Itoa(above.door.port))
	}
	cmd := exec.Command(n.bin, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = n.dir, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Redis saves in children
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "FERROUS_") { // which would be settings
			cmd.Env = append(cmd.Env, kv)
		}
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	n.cmd, n.ended = cmd, make(chan struct{})
	go func(ended chan struct{}) {
		_ = cmd.Wait()
		close(ended)
	}(n.ended)
	return nil
}

func (n *node) log() string { return filepath.Join(n.dir, "log") }

// tail returns the end of the node's log.
func (n *node) tail() string {
	data, err := os.ReadFile(n.log())
	if err != nil {
		return err.Error()
	}
	return string(data[max(0, len(data)-3<<10):])
}

// signal sends a signal to the process and what it has forked.
func (n *node) signal(s syscall.Signal) { _ = syscall.Kill(-n.cmd.Process.Pid, s) }

// kill ends the process at once.
func (n *node) kill() {
	n.signal(syscall.SIGKILL)
	<-n.ended
}

// running reports whether the process is there.
func (n *node) running() bool {
	select {
	case <-n.ended:
		return false
	default:
		return true
	}
}

func (n *node) dial() (*client, error) { return dial("127.0.0.1:" + strconv.Itoa(n.port)) }

// do sends a command on a connection of its own.
func (n *node) do(words ...string) (resp.Value, error) {
	c, err := n.dial()
	if err != nil {
		return resp.Value{}, err
	}
	defer c.close()
	return c.do(words...)
}

// ask is do that tries again while the node starts or loads.
func (n *node) ask(words ...string) (v resp.Value, err error) {
	for range looks {
		if !n.running() {
			return v, fmt.Errorf("%s has ended:\n%s", n.name, n.tail())
		}
		v, err = n.do(words...)
		if err == nil && !strings.HasPrefix(v.Text, "LOADING") {
			return v, nil
		}
		time.Sleep(between)
	}
	return v, fmt.Errorf("%s does not answer %v: %v %v", n.name, words, v, err)
}

// info returns all fields of INFO.
func (n *node) info() (map[string]string, error) {
	v, err := n.ask("INFO", "everything")
	if err != nil {
		return nil, err
	}
	fields := map[string]string{}
	for line := range strings.Lines(v.Text) {
		if name, x, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			fields[name] = x
		}
	}
	return fields, nil
}

// follow makes the node a replica of another one, or a master.
func (n *node) follow(above *node) error {
	words := []string{"REPLICAOF", "NO", "ONE"}
	if above != nil {
		words = []string{"REPLICAOF", "127.0.0.1", strconv.Itoa(above.door.port)}
	}
	v, err := n.ask(words...)
	if err == nil && v.IsErr() {
		err = fmt.Errorf("%s: %v: %s", n.name, words, v.Text)
	}
	return err
}
