package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// portsPerJob is the range of ports that one unit's servers may use.
const portsPerJob = 500

// tools are the programs beside the server that the suite calls as src/NAME.
var tools = []string{"redis-cli", "redis-benchmark", "redis-check-aof", "redis-check-rdb"}

// runner runs units, each in a process and a directory of its own.
type runner struct {
	suite    string // the unpacked suite, which is only read
	server   string
	tmp      string
	skips    skipList
	known    func(command string) bool // whether Redis has such a command
	timeout  time.Duration
	baseport int
	jobs     int
}

// runAll runs the units and hands over their results as they come, one at a time.
func (r runner) runAll(ctx context.Context, units []string, done func(result)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	work := make(chan string)
	results := make(chan result)
	errs := make(chan error, r.jobs)
	var wg sync.WaitGroup
	for job := range r.jobs {
		wg.Go(func() {
			for unit := range work {
				res, err := r.runUnit(ctx, unit, r.baseport+job*portsPerJob)
				if err != nil {
					errs <- fmt.Errorf("%s: %w", unit, err)
					cancel() // the others' errors follow this one
					return
				}
				results <- res
			}
		})
	}
	go func() {
		defer close(work)
		for _, unit := range units {
			select {
			case work <- unit:
			case <-ctx.Done():
				return
			}
		}
	}()
	go func() {
		wg.Wait()
		close(results)
	}()
	for res := range results {
		done(res)
	}
	select {
	case err := <-errs:
		return err
	default:
		return context.Cause(ctx)
	}
}

// runUnit runs one unit. Only trouble in running it is an error; what the tests find is
// in the result.
func (r runner) runUnit(ctx context.Context, unit string, baseport int) (result, error) {
	skips := r.skips[unit]
	if i := slices.IndexFunc(skips, func(s skip) bool { return s.test == wholeUnit }); i >= 0 {
		return result{unit: unit, omitted: true, note: skips[i].reason}, nil
	}
	root, err := os.MkdirTemp(r.tmp, "unit-")
	if err != nil {
		return result{}, err
	}
	defer os.RemoveAll(root)
	layOut, harness := r.layOut, r.runtest
	if isSentinel(unit) {
		layOut, harness = r.layOutSentinel, r.runtestSentinel
	}
	if err := layOut(root, skips); err != nil {
		return result{}, err
	}
	start := time.Now()
	out, runErr := harness(ctx, root, unit, baseport)
	if ctx.Err() != nil {
		return result{}, ctx.Err()
	}
	res := parse(unit, out)
	res.took = time.Since(start)
	res.sort(r.known)
	switch {
	case errors.Is(runErr, context.DeadlineExceeded):
		res.note = fmt.Sprintf("killed after %v", r.timeout)
	case !res.finished && res.note == "":
		res.note = "did not finish"
	}
	if res.note != "" && len(res.failures) == 0 {
		// Nothing else would tell what went wrong.
		res.failures = append(res.failures, failure{name: res.note, detail: tail(out, 40)})
		res.failed++
	}
	return res, nil
}

// layOut makes the directory that the harness takes for a built source tree. The tests
// are links; tests/tmp, where servers run, is the unit's own.
func (r runner) layOut(root string, skips []skip) error {
	for _, dir := range []string{"src", "tests/tmp"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			return err
		}
	}
	entries, err := os.ReadDir(filepath.Join(r.suite, "tests"))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == "tmp" {
			continue
		}
		if err := os.Symlink(filepath.Join(r.suite, "tests", e.Name()), filepath.Join(root, "tests", e.Name())); err != nil {
			return err
		}
	}
	return r.layOutPrograms(root, "runtest", skips)
}

// layOutPrograms lays out what is no test: the harness's starter, and the programs.
func (r runner) layOutPrograms(root, starter string, skips []skip) error {
	if err := os.Symlink(filepath.Join(r.suite, starter), filepath.Join(root, starter)); err != nil {
		return err
	}
	for _, tool := range tools {
		path, err := exec.LookPath(tool)
		if err != nil {
			return fmt.Errorf("%w (it is in Debian's redis-tools or redis-server)", err)
		}
		if err := os.Symlink(path, filepath.Join(root, "src", tool)); err != nil {
			return err
		}
	}
	// The harness waits two minutes for a log line with the process id, also when the
	// server refuses its configuration and has ended long ago. Saying it beforehand brings
	// it to look for the server at once. exec, for it signals the process that it started.
	wrapper := "#!/bin/sh\necho \"### PID: $$\"\nexec '" + strings.ReplaceAll(r.server, "'", `'\''`) + "' \"$@\"\n"
	if err := os.WriteFile(filepath.Join(root, "src/redis-server"), []byte(wrapper), 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, "skipfile"), skipfile(skips), 0o644)
}

// runtest runs the harness and returns its output.
func (r runner) runtest(ctx context.Context, root, unit string, baseport int) (string, error) {
	return r.start(ctx, root, "./runtest",
		// Without --durable the first unknown command would end everything.
		"--clients", "1", "--durable", "--single", unit, "--skipfile", "skipfile",
		"--baseport", strconv.Itoa(baseport), "--portcount", strconv.Itoa(portsPerJob-50))
}

// start runs a program and returns its output. Whatever it leaves running is killed.
func (r runner) start(ctx context.Context, root, program string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = root
	// ferrous takes FERROUS_... for settings; only the tests' own are wanted.
	cmd.Env = slices.DeleteFunc(os.Environ(), func(kv string) bool { return strings.HasPrefix(kv, "FERROUS_") })
	// The suite is 7.0's, in which no set but one of integers is packed.
	cmd.Env = append(cmd.Env, "TERM=dumb", "FERROUS_SET_MAX_LISTPACK_ENTRIES=0")
	// Servers inherit the harness's group, so that one signal ends them all.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	killGroup := func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.Cancel = killGroup
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	if cmd.Process != nil {
		if kerr := killGroup(); kerr != nil && !errors.Is(kerr, syscall.ESRCH) {
			return string(out), kerr
		}
	}
	if ctx.Err() != nil {
		return string(out), ctx.Err()
	}
	return string(out), err
}

func tail(s string, lines int) string {
	all := strings.Split(strings.TrimRight(s, "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
