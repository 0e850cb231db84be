// Programs runs real programs that live on Redis (job queues, locks, rate limiters,
// session stores, message buses, proxies, redis-cli's own modes), each against
// redis-server and against ferrous, and compares what the programs see.
//
//	go run ./conformance/programs                  everything that is installed
//	go run ./conformance/programs node go/asynq    a language, a program, a pattern
//	go run ./conformance/programs -server BIN      another server in ferrous's place
//
// A program is a file below node, python, ruby, php or tools, or a directory below go. It
// gets the server in the environment (programs.go says how), and prints a line for each of
// its cases. A case that comes out otherwise with ferrous is ferrous's fault and ends the
// run with an error; one that fails with both is the program's, and is only told.
//
// What the programs need is pinned by node/package-lock.json and go/go.mod; the rest are
// Debian's packages. README.md has the list. Nothing of that is part of `make test`.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ferrousdb/ferrous/conformance/tool"
)

// options say what to run with what.
type options struct {
	server, oracle string // binaries
	dir            string // of the programs
	jobs           int    // programs at a time
	timeout        time.Duration
	verbose        bool
	patterns       []string
}

func main() {
	var o options
	flag.StringVar(&o.server, "server", "", "the server under test (default: build ./cmd/ferrous)")
	flag.StringVar(&o.oracle, "oracle", "redis-server", "the server that it is compared with")
	flag.StringVar(&o.dir, "dir", "conformance/programs", "directory of the programs")
	flag.IntVar(&o.jobs, "j", 2, "programs at a time")
	flag.DurationVar(&o.timeout, "timeout", 2*time.Minute, "time a program may take with one server")
	flag.BoolVar(&o.verbose, "v", false, "every case, and what the programs print beside")
	flag.Parse()
	o.patterns = flag.Args()
	tool.Main("programs", func(ctx context.Context) error { return run(ctx, o) })
}

func run(ctx context.Context, o options) error {
	tmp, err := os.MkdirTemp("", "ferrous-programs-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if o.server, err = serverBinary(ctx, o.server, tmp); err != nil {
		return err
	}
	if o.oracle, err = exec.LookPath(o.oracle); err != nil {
		return fmt.Errorf("there is nothing to compare with: %w", err)
	}
	all, err := discover(ctx, o.dir, tmp)
	if err != nil {
		return err
	}
	chosen, err := choose(all, o.patterns)
	if err != nil {
		return err
	}
	reports := make([]report, len(chosen))
	var wg sync.WaitGroup
	slots := make(chan struct{}, o.jobs)
	for i, p := range chosen {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			reports[i] = try(ctx, o, p, filepath.Join(tmp, strings.ReplaceAll(p.name, "/", "-")))
			fmt.Fprintf(os.Stderr, "%s: %s\n", p.name, reports[i].verdict())
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	return summarize(os.Stdout, reports, o.verbose)
}

// serverBinary returns the absolute path of a binary; "" builds ferrous.
func serverBinary(ctx context.Context, bin, tmp string) (string, error) {
	if bin != "" {
		found, err := exec.LookPath(bin)
		if err != nil {
			return "", err
		}
		return filepath.Abs(found)
	}
	bin = filepath.Join(tmp, "ferrous")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", bin, "./cmd/ferrous")
	cmd.Stderr = os.Stderr
	return bin, cmd.Run()
}

// choose returns the programs that a pattern names: node, go/asynq, */*lock*.
func choose(all []program, patterns []string) ([]program, error) {
	if len(patterns) == 0 {
		return all, nil
	}
	var chosen []program
	for _, p := range all {
		if slices.ContainsFunc(patterns, func(pattern string) bool {
			ok, _ := path.Match(pattern, p.name)
			return ok || strings.HasPrefix(p.name, pattern+"/")
		}) {
			chosen = append(chosen, p)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("no program is called %s", strings.Join(patterns, " or "))
	}
	return chosen, nil
}
