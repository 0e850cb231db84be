package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// report is everything one invocation measured, as -json writes it.
type report struct {
	Started time.Time     `json:"started"`
	Machine machine       `json:"machine"`
	Servers []serverFacts `json:"servers"`
	// Baseline is the server that the others are divided by; empty if there was only one.
	Baseline   string        `json:"baseline"`
	Throughput []*comparison `json:"throughput,omitempty"`
	Growing    []*comparison `json:"growing,omitempty"`
	Scripts    []*comparison `json:"scripts,omitempty"`
	TLS        []*comparison `json:"tls,omitempty"`
	Churn      []*comparison `json:"churn,omitempty"`
	// Connections has a case for each number of clients.
	Connections []*comparison            `json:"connections,omitempty"`
	Latency1    []*comparison            `json:"latency1,omitempty"`
	Idle        map[string]*idleResult   `json:"idle,omitempty"`
	Memory      map[string]*memoryResult `json:"memory,omitempty"`
	// Collections are by kind, then by server.
	Collections map[string]map[string]*collectionResult `json:"collections,omitempty"`
	Large       []*comparison                           `json:"large,omitempty"`
	LargeStalls map[string][]*largeRun                  `json:"large_stalls,omitempty"`
	Persistence *persistenceResult                      `json:"persistence,omitempty"`
	Sessions    []*comparison                           `json:"sessions,omitempty"`
	Replication []*comparison                           `json:"replication,omitempty"`
	Scaling     json.RawMessage                         `json:"scaling,omitempty"`
	// Error tells why the report is incomplete.
	Error string `json:"error,omitempty"`
}

// machine is what the figures depend on and what cannot be read off them.
type machine struct {
	Cores     int    `json:"cores"`
	CPU       string `json:"cpu"`
	Kernel    string `json:"kernel"`
	MemoryMB  int64  `json:"memory_mb"`
	Pinned    string `json:"servers_pinned_to,omitempty"`
	LoadAvg   string `json:"load_average"` // at the start: others at work make every throughput doubtful
	Benchmark string `json:"load_generator"`
}

// serverFacts says which program stood behind a name.
type serverFacts struct {
	serverSpec
	Version string `json:"version"`
}

func machineFacts(ctx context.Context, redisBenchmark string) machine {
	m := machine{Cores: runtime.NumCPU(), CPU: "unknown CPU", Kernel: "unknown kernel", Benchmark: redisBenchmark}
	cpuinfo, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(cpuinfo)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			m.CPU = strings.TrimSpace(value)
			break
		}
	}
	if b, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = runtime.GOOS + " " + strings.TrimSpace(string(b)) + " " + runtime.GOARCH
	}
	if fields, err := kilobyteFields("/proc/meminfo"); err == nil {
		m.MemoryMB = fields["MemTotal"] / 1e6
	}
	if b, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.LoadAvg = strings.Join(strings.Fields(string(b))[:3], " ")
	}
	if out, err := exec.CommandContext(ctx, redisBenchmark, "--version").Output(); err == nil {
		m.Benchmark = strings.TrimSpace(string(out))
	}
	return m
}

// busy tells whether others were using more than a quarter of the machine during the last minute.
func (m machine) busy() bool {
	lastMinute, _, _ := strings.Cut(m.LoadAvg, " ")
	running, err := strconv.ParseFloat(lastMinute, 64)
	return err == nil && running > float64(m.Cores)/4
}

// facts starts every server once to ask for its version, so that a wrong path fails now and not after ten minutes.
func (b *bench) facts(ctx context.Context) error {
	b.report.Machine = machineFacts(ctx, b.opts.redisBenchmark)
	b.report.Machine.Pinned = b.launcher.cpus
	for _, spec := range b.opts.servers {
		s, err := b.launcher.start(ctx, spec)
		if err != nil {
			return err
		}
		info, err := s.info(ctx, "server")
		s.stop()
		if err != nil {
			return err
		}
		b.report.Servers = append(b.report.Servers, serverFacts{spec, versionText(info)})
	}
	return nil
}

// versionText gathers whatever INFO calls a version: Redis's own, and the names that relatives of it add.
func versionText(info map[string]string) string {
	var parts []string
	for name, value := range info {
		if strings.HasSuffix(name, "_version") && name != "gcc_version" {
			parts = append(parts, name+" "+value)
		}
	}
	slices.Sort(parts)
	for _, name := range []string{"redis_build_id", "multiplexing_api"} {
		if info[name] != "" {
			parts = append(parts, name+" "+info[name])
		}
	}
	if len(parts) == 0 {
		return "unknown version"
	}
	return strings.Join(parts, ", ")
}

// print writes the head of the human report.
func (r *report) print(w io.Writer) {
	m := r.Machine
	fmt.Fprintf(w, "machine   %d cores (%s), %d MB, %s, load average %s\n", m.Cores, m.CPU, m.MemoryMB, m.Kernel, m.LoadAvg)
	if m.busy() {
		fmt.Fprintln(w, "warning   others keep this machine busy: take throughput, high percentiles and worst latencies for noise")
	}
	fmt.Fprintf(w, "load      %s\n", m.Benchmark)
	if m.Pinned != "" {
		fmt.Fprintf(w, "pinned    servers to processors %s, load to the others\n", m.Pinned)
	}
	for _, s := range r.Servers {
		role := ""
		if s.Name == r.Baseline {
			role = " (baseline)"
		}
		fmt.Fprintf(w, "server    %s%s: %s: %s\n", s.Name, role, strings.Join(append([]string{s.Path}, s.Args...), " "), s.Version)
	}
}

// write puts the report into a file as JSON.
func (r *report) write(path string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
