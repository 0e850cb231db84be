package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/ferrousdb/ferrous/conformance"
)

// outcome is what a program saw of a server.
type outcome struct {
	names   []string          // of the cases, in the order in which they were told
	results map[string]string // by name
	said    string            // everything it printed
	log     string            // the end of the servers' logs
	took    time.Duration
}

// try runs a program against both servers, at the same time.
func try(ctx context.Context, o options, p program, dir string) report {
	r := report{program: p}
	if p.lacks != "" {
		return r
	}
	var wg sync.WaitGroup
	for _, side := range []struct {
		name, bin string
		into      *outcome
	}{{"redis", o.oracle, &r.redis}, {"ferrous", o.server, &r.ferrous}} {
		wg.Go(func() { *side.into = runWith(ctx, o, p, side.bin, filepath.Join(dir, side.name)) })
	}
	wg.Wait()
	r.compare()
	return r
}

// runWith runs a program with servers of its own, which end with it. What prevents that is
// a case of its own, since it may be a server's fault.
func runWith(ctx context.Context, o options, p program, bin, dir string) (out outcome) {
	begun := time.Now()
	out.results = map[string]string{}
	defer func() { out.took = time.Since(begun) }()
	var ports []string
	for i := range p.servers {
		home := filepath.Join(dir, fmt.Sprint("server", i))
		if err := os.MkdirAll(home, 0o700); err != nil {
			out.set("(start)", "FAILED "+err.Error())
			return out
		}
		srv, err := conformance.StartServer(bin, home)
		if err != nil {
			out.set("(start)", "FAILED "+err.Error())
			return out
		}
		defer func() {
			if !srv.Alive() {
				out.set("(server)", "FAILED the server has ended")
			}
			srv.Stop()
			out.log += srv.Log()
		}()
		_, port, err := net.SplitHostPort(srv.Addr)
		if err != nil {
			out.set("(start)", "FAILED "+err.Error())
			return out
		}
		ports = append(ports, port)
	}
	out.execute(ctx, o.timeout, p, ports, dir)
	return out
}

// execute runs the program itself, in a process group that is ended after it: what it
// has started and left ends too.
func (out *outcome) execute(ctx context.Context, limit time.Duration, p program, ports []string, dir string) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, p.command[0], p.command[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, environment(ports, dir), &said, &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 2 * time.Second // somebody whom it left behind may hold its output open
	err := cmd.Run()
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
	out.said = said.String()
	for line := range strings.Lines(out.said) {
		if f := strings.SplitN(strings.TrimRight(line, "\r\n"), "\t", 3); len(f) == 3 && f[0] == "case" {
			out.set(f[1], f[2])
		}
	}
	switch {
	case ctx.Err() != nil:
		out.set("(end)", fmt.Sprintf("FAILED it takes longer than %v", limit))
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		out.set("(end)", "FAILED "+err.Error())
	}
}

func (out *outcome) set(name, result string) {
	if _, twice := out.results[name]; !twice {
		out.names = append(out.names, name)
	}
	out.results[name] = result
}
