package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// load is one invocation of redis-benchmark.
type load struct {
	test     test
	clients  int
	pipeline int
	size     int // of values, in bytes
	keys     int // the key space
	requests int // a multiple of pipeline; redis-benchmark would round it up anyway
	threads  int // of redis-benchmark itself; 0 is its classic single-threaded loop
	first    int // requests of the first uncounted run; 0 if they are to follow from the rest

	secure    bool   // through TLS
	reconnect bool   // a new connection for every request
	payload   string // what stands for dumpMark
}

// outcome is what redis-benchmark measured, latencies in microseconds.
type outcome struct {
	rps                float64
	p50, p95, p99, max float64
	busy               float64 // processors that redis-benchmark itself kept busy; near 1 it was the bottleneck
}

// arguments is the command line, options before the command.
func (l load) arguments(port int) []string {
	args := []string{"-h", "127.0.0.1", "-p", strconv.Itoa(port), "--csv",
		"-c", strconv.Itoa(l.clients), "-P", strconv.Itoa(l.pipeline), "-d", strconv.Itoa(l.size),
		"-r", strconv.Itoa(l.keys), "-n", strconv.Itoa(l.requests)}
	if l.threads > 0 {
		args = append(args, "--threads", strconv.Itoa(l.threads))
	}
	if l.secure { // who measures trusts whoever answers on loopback
		args = append(args, "--tls", "--insecure")
	}
	if l.reconnect {
		args = append(args, "-k", "0")
	}
	if l.test.tracking {
		args = append(args, "--enable-tracking")
	}
	if l.test.command == "" {
		return append(args, "-t", l.test.name)
	}
	return append(args, words(l.test.command, l.size)...)
}

// run puts the load on a server. Any error reply or complaint of redis-benchmark makes the run an error.
func (l load) run(ctx context.Context, binary string, s *server) (outcome, error) {
	// redis-benchmark retries for ever when nobody listens; no run is meant to last longer than a few seconds.
	ctx, cancel := context.WithTimeoutCause(ctx, 2*time.Minute, errors.New("redis-benchmark took more than two minutes"))
	defer cancel()
	var stdout, stderr bytes.Buffer
	port := s.port
	if l.secure {
		port = s.securePort
	}
	cmd := exec.CommandContext(ctx, binary, l.arguments(port)...)
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = &stdout, &stderr, childAttributes()
	start := time.Now()
	err := cmd.Run()
	elapsed := time.Since(start)
	if ctx.Err() != nil {
		return outcome{}, s.explain(context.Cause(ctx))
	}
	if err == nil {
		err = complaint(stderr.String())
	}
	if err != nil {
		return outcome{}, s.explain(fmt.Errorf("redis-benchmark %s: %w\n%s", l.test.name, err, stderr.String()))
	}
	o, err := parseCSV(stdout.String())
	if err != nil {
		return o, s.explain(fmt.Errorf("redis-benchmark %s: %w", l.test.name, err))
	}
	o.busy = float64(cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()) / float64(elapsed)
	return o, nil
}

// complaint finds fault with what redis-benchmark wrote to standard error. It asks for two settings to print them, and
// warns when the server does not tell; and it warns of clients that connect anew. That is no fault of the run.
func complaint(stderr string) error {
	for line := range strings.Lines(stderr) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.Contains(line, "Could not fetch server CONFIG") && !strings.Contains(line, "Keepalive disabled") {
			return errors.New(line)
		}
	}
	return nil
}

// parseCSV reads the output of --csv: a header and exactly one line. redis-benchmark does not escape quotes in the
// title of a test, but the title is the first column, so the columns are matched with the header from the right.
func parseCSV(text string) (outcome, error) {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) != 2 {
		return outcome{}, fmt.Errorf("expected a header and one result, got %q", text)
	}
	header, values := csvColumns(lines[0]), csvColumns(lines[1])
	if len(values) < len(header) {
		return outcome{}, fmt.Errorf("expected %d columns, got %q", len(header), lines[1])
	}
	values = values[len(values)-len(header):]
	fields := map[string]float64{}
	for i, name := range header[1:] {
		v, err := strconv.ParseFloat(values[i+1], 64)
		if err != nil {
			return outcome{}, fmt.Errorf("column %s: %w", name, err)
		}
		fields[name] = v
	}
	o := outcome{rps: fields["rps"], p50: 1000 * fields["p50_latency_ms"], p95: 1000 * fields["p95_latency_ms"],
		p99: 1000 * fields["p99_latency_ms"], max: 1000 * fields["max_latency_ms"]}
	if o.rps <= 0 {
		return o, fmt.Errorf("no throughput in %q", text)
	}
	return o, nil
}

func csvColumns(line string) []string {
	return strings.Split(strings.Trim(strings.TrimSpace(line), `"`), `","`)
}
