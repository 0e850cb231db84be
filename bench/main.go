package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

func main() {
	os.Exit(run(os.Args[1:]))
}

// run is main with deferred calls that are executed: 0 is success, 1 a failure, 2 a wrong command line, 130 an interrupt.
func run(args []string) int {
	opts, err := parseOptions(args, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	tmp, err := os.MkdirTemp(opts.dir, "bench-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
	defer os.RemoveAll(tmp)

	b := &bench{opts: opts, launcher: launcher{tmp: tmp}, report: report{Started: time.Now(), Baseline: opts.baseline}}
	err = b.all(ctx)
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		b.report.Error = err.Error()
	}
	if opts.jsonFile != "" { // what was measured before a failure is still worth having
		err = errors.Join(err, b.report.write(opts.jsonFile))
	}
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, "bench:", err)
	if ctx.Err() != nil {
		return 130
	}
	return 1
}

// bench is one invocation.
type bench struct {
	opts     *options
	launcher launcher
	report   report
}

// all does everything, the chosen sections in order.
func (b *bench) all(ctx context.Context) (err error) {
	if b.opts.pin {
		if b.launcher.cpus, err = pin(); err != nil {
			return err
		}
	}
	if err := b.facts(ctx); err != nil {
		return err
	}
	b.report.print(os.Stdout)
	chosen := func(name string) bool { return slices.Contains(b.opts.sections, name) }
	o := b.opts
	for _, section := range []struct {
		wanted bool
		title  string
		run    func(context.Context) error
	}{
		{chosen("throughput"), fmt.Sprintf("throughput: %d clients, %d keys, median of %d rounds", o.clients, o.keyspace, o.rounds),
			b.throughput},
		{chosen("growing"), fmt.Sprintf("growing: commands whose work grows with their data, %d clients, median of %d rounds", growingClients, o.rounds), b.growing},
		{chosen("scripts"), fmt.Sprintf("scripts: %d clients, median of %d rounds", o.clients, o.rounds), b.scripts},
		{chosen("tls"), fmt.Sprintf("tls: %d clients", o.clients), b.overTLS},
		{chosen("churn"), fmt.Sprintf("churn: a new connection for every PING, %d clients at a time", o.clients), b.churn},
		{chosen("connections"), "connections: many clients, each with one request under way", b.connections},
		{chosen("latency1"), fmt.Sprintf("latency1: one client, one command at a time, median of %d rounds", o.rounds*latencySlices),
			b.latency1},
		{chosen("idle"), fmt.Sprintf("idle: %d connections", o.conns), b.idle},
		{chosen("memory") || chosen("overwrite"), b.memoryTitle(chosen("overwrite")),
			func(ctx context.Context) error { return b.memory(ctx, chosen("overwrite")) }},
		{chosen("collections"), fmt.Sprintf("collections: %d elements of each kind", o.elements), b.collections},
		{chosen("large"), fmt.Sprintf("large: values of 10 kB to 1 MB from %d clients, 100 MB from one; then one of %d MB", largeClients, o.large), b.large},
		{chosen("persistence"), b.persistenceTitle(), b.persistence},
		{chosen("sessions"), fmt.Sprintf("sessions: messages of %d bytes to many; commands that somebody follows", publishBytes), b.sessions},
		{chosen("replication"), "replication: SET on a master and on a replica, and how far that is behind", b.replication},
		{chosen("scaling"), "scaling: in one process, without the network", b.scaling},
	} {
		if !section.wanted {
			continue
		}
		fmt.Printf("\n%s\n", section.title)
		if err := section.run(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) memoryTitle(overwrite bool) string {
	title := fmt.Sprintf("memory: %d keys of %d + %d bytes", b.opts.keys, memoryKeySize, memoryValueSize)
	if overwrite {
		title += fmt.Sprintf(", then %d overwrites of %d to %d bytes", b.opts.overwrites, overwriteMin, overwriteMax)
	}
	return title
}

// startAll starts one process of every server, with further arguments. The function it returns stops them all.
func (b *bench) startAll(ctx context.Context, args ...string) ([]*server, func(), error) {
	return b.startEach(ctx, b.launcher.start, args...)
}

// startEach is startAll by one of the launcher's ways to start a server.
func (b *bench) startEach(ctx context.Context, start func(context.Context, serverSpec, ...string) (*server, error), args ...string) ([]*server, func(), error) {
	var servers []*server
	stop := func() {
		for _, s := range servers {
			s.stop()
		}
	}
	for _, spec := range b.opts.servers {
		s, err := start(ctx, spec, args...)
		if err != nil {
			stop()
			return nil, nil, err
		}
		servers = append(servers, s)
	}
	return servers, stop, nil
}
