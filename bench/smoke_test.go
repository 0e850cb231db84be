package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func needRedis(t *testing.T) {
	for _, program := range []string{"redis-server", "redis-benchmark"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed: the smoke test needs a server to measure", program)
		}
	}
	if _, err := processCPU(os.Getpid()); err != nil {
		t.Skip(err)
	}
}

func TestServerStartsAndStops(t *testing.T) {
	needRedis(t)
	s, err := launcher{tmp: t.TempDir()}.start(t.Context(), serverSpec{Name: "redis", Path: "redis-server"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	if info, err := s.info(t.Context(), "server"); err != nil || info["redis_version"] == "" {
		t.Errorf("%v, %v", info, err)
	}
	if _, err := s.do(t.Context(), "GET"); !errors.As(err, new(replyError)) {
		t.Errorf("expected an error reply, got %v", err)
	}
	s.stop()
	if err := syscall.Kill(s.pid, 0); err != syscall.ESRCH {
		t.Errorf("the process is still there: %v", err)
	}
	s.stop() // again
	if _, err := s.do(t.Context(), "PING"); err == nil {
		t.Error("a stopped server answers")
	}
}

func TestServerThatEndsAtOnce(t *testing.T) {
	if _, err := (launcher{tmp: t.TempDir()}).start(t.Context(), serverSpec{Name: "x", Path: "/bin/sh", Args: []string{"-c"}}); err == nil {
		t.Error("no error")
	}
}

// measure runs the program and returns what it reports, and that as it was written.
func measure(t *testing.T, args ...string) (r report, text []byte) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "out.json")
	if code := run(append(args, "-json", file)); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return r, text
}

// TestSmoke runs the whole program on Redis against itself, as small as it gets.
func TestSmoke(t *testing.T) {
	needRedis(t)
	r, text := measure(t, "-server", "a=redis-server", "-server", "redis=redis-server", "-only", "throughput,latency1",
		"-t", "get,lpop", "-P", "16", "-d", "3", "-r", "1000", "-seconds", "0.1", "-rounds", "1")
	if len(r.Servers) != 2 || len(r.Throughput) != 2 || len(r.Latency1) != 3 || r.Error != "" {
		t.Fatalf("%s", text)
	}
	for _, c := range append(r.Throughput, r.Latency1...) {
		for name, rounds := range c.Rounds {
			for _, s := range rounds {
				if s.RPS <= 0 || s.CPU <= 0 || s.P99 <= 0 || s.Max < s.P99 || s.P99 < s.P50 {
					t.Errorf("%s on %s: %+v", c.Test, name, s)
				}
			}
		}
		if c.Ratios["a"].CPU.Median <= 0 {
			t.Errorf("%s: ratios %+v", c.Test, c.Ratios)
		}
	}
}

// TestSmokePersistence runs the persistence section on Redis against itself, as small as it gets.
func TestSmokePersistence(t *testing.T) {
	needRedis(t)
	// 100 us for each key make jobs last long enough to be looked at.
	r, text := measure(t, "-server", "a=redis-server --rdb-key-save-delay 100", "-server", "redis=redis-server --rdb-key-save-delay 100",
		"-only", "persistence", "-dir", t.TempDir(),
		"-keys", "2000", "-writers", "3", "-data", "strings,zsets", "-clients", "5", "-r", "100",
		"-seconds", "0.1", "-rounds", "1")
	p := r.Persistence
	if len(p.Background) != 3 || len(p.Saves) != 2 || len(p.Loads) != 2 || len(p.AOF) != 7 || r.Error != "" {
		t.Fatalf("%s", text)
	}
	for command, rounds := range p.Background {
		for _, name := range []string{"a", "redis"} {
			run := rounds[name][0]
			for _, s := range []service{run.Before, run.During} {
				if s.RPS <= 0 || s.CPU <= 0 || s.Probe.Count == 0 || s.Writers.Count <= s.Probe.Count {
					t.Errorf("%s on %s: %+v", command, name, s)
				}
			}
			// A writer that overwrites while a child saves makes the kernel copy a page at least.
			if run.Seconds <= 0 || run.Extra <= 0 || run.Resident < 1e6 || run.Fork == nil || (run.Copied == nil) != (command == fullSync.command) {
				t.Errorf("%s on %s: %+v", command, name, run)
			}
		}
	}
	for kind, rounds := range p.Saves {
		load := p.Loads[kind]["a"][0]
		for _, run := range []*fileRun{rounds["a"][0], load} {
			if run.Seconds <= 0 || run.CPU <= 0 || run.Bytes < 2000*16 {
				t.Errorf("%s: %+v", kind, run)
			}
		}
	}
	for _, c := range p.AOF {
		if c.Rounds["a"][0].RPS <= 0 || c.Ratios["a"].Throughput.Median <= 0 {
			t.Errorf("%+v", c)
		}
	}
}

func TestWritersEndAtAnErrorReply(t *testing.T) {
	needRedis(t)
	s, err := launcher{tmp: t.TempDir()}.start(t.Context(), serverSpec{Name: "redis", Path: "redis-server"}, "--maxmemory", "1")
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	w, err := startWriters(t.Context(), s, 2, 10)
	if err != nil {
		t.Fatal(err)
	}
	<-w.done
	if err := w.finish(); err == nil || !strings.Contains(err.Error(), "OOM") {
		t.Errorf("a refused write went unnoticed: %v", err)
	}
}

// TestStartInWaitsForLoading looks whether a server that restarts has its data when it is said to be ready.
func TestStartInWaitsForLoading(t *testing.T) {
	needRedis(t)
	l := launcher{tmp: t.TempDir()}
	spec := serverSpec{Name: "redis", Path: "redis-server"}
	s, err := l.start(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	if err := datasets[0].load(t.Context(), s, 1000); err != nil {
		t.Fatal(err)
	}
	if _, err := s.do(t.Context(), "SAVE"); err != nil {
		t.Fatal(err)
	}
	s.stop()
	// 100 us for each key.
	again, err := l.startIn(t.Context(), spec, s.dir, loadPatience, "--key-load-delay", "100")
	if err != nil {
		t.Fatal(err)
	}
	defer again.stop()
	if n, err := again.do(t.Context(), "DBSIZE"); err != nil || n != "1000" || again.ready < 100*time.Millisecond {
		t.Errorf("%s keys after %v, error %v", n, again.ready, err)
	}
}

// TestSmokeLarge runs the large section on Redis against itself, as small as it gets.
func TestSmokeLarge(t *testing.T) {
	needRedis(t)
	r, text := measure(t, "-server", "redis=redis-server", "-only", "large", "-dir", t.TempDir(),
		"-large", "2", "-rest", "0", "-seconds", "0.1", "-rounds", "1")
	if len(r.Large) != 2*len(largeSizes)+2 || len(r.LargeStalls["redis"]) < 23 || r.Error != "" {
		t.Fatalf("%s", text)
	}
	for _, run := range r.LargeStalls["redis"] {
		if run.Seconds > 0 && run.Worst <= 0 {
			t.Errorf("%+v", run)
		}
	}
}

// TestSmokeRows runs the sections about growing commands and about connections on Redis against itself, as small as they get.
func TestSmokeRows(t *testing.T) {
	needRedis(t)
	r, text := measure(t, "-server", "a=redis-server", "-server", "redis=redis-server", "-only", "growing,scripts,tls,churn,connections", "-scripts", "get,job", "-P", "1",
		"-g", "mget_100,del_100,restore_hash,linsert_lrem", "-r", "2000", "-clients", "5", "-active", "60,40", "-seconds", "0.1", "-rounds", "1")
	if len(r.Growing) != 4 || len(r.Scripts) != 2 || len(r.TLS) != 4 || len(r.Churn) != 1 || len(r.Connections) != 2 || r.Error != "" {
		t.Fatalf("%s", text)
	}
	if c := r.Connections[1]; c.Clients != 60 {
		t.Errorf("%d clients in the last case", c.Clients)
	}
	if c := r.Growing[1]; c.Test != "del_100" || c.Requests > 20 {
		t.Errorf("%s with %d requests of 100, though there are 2000 keys", c.Test, c.Requests)
	}
	for _, c := range slices.Concat(r.Growing, r.Scripts, r.TLS, r.Churn, r.Connections) {
		for name, rounds := range c.Rounds {
			if s := rounds[0]; s.RPS <= 0 || s.CPU <= 0 || s.P99 <= 0 {
				t.Errorf("%s on %s: %+v", c.Test, name, s)
			}
		}
	}
}

// TestScriptRows has every script answered once, by what it is meant to answer.
func TestScriptRows(t *testing.T) {
	needRedis(t)
	s, err := launcher{tmp: t.TempDir()}.start(t.Context(), serverSpec{Name: "redis", Path: "redis-server"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	for i, want := range []string{"1", strings.Repeat("x", 64), "5", "1", "", "1", "972", "24", "", "10100", "500500"} {
		row := scriptRows[i]
		if err := fillAll(t.Context(), s, row.fill, 1, 10, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := s.do(t.Context(), "SCRIPT", "LOAD", row.source); err != nil {
			t.Fatal(err)
		}
		x := row.test()
		got, err := s.do(t.Context(), words(strings.ReplaceAll(x.command, randomMark, "000000000001"), 1)...)
		if err != nil || want != "" && got != want {
			t.Errorf("%s: %q, %v", row.name, got, err)
		}
	}
}

// TestGrowingRows has every row of the growing section answered once: an error reply would end it.
func TestGrowingRows(t *testing.T) {
	needRedis(t)
	s, err := launcher{tmp: t.TempDir()}.start(t.Context(), serverSpec{Name: "redis", Path: "redis-server"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	if err := fillAll(t.Context(), s, growingData, 1, 1000, 0); err != nil {
		t.Fatal(err)
	}
	state := func() (all string) {
		t.Helper()
		for _, key := range []string{"set:1", "set:2", "zset:1", "zset:100k", "hash:1000", "places", "bits:1", "hll:1", "stream"} {
			text, err := s.do(t.Context(), "DUMP", key)
			if err != nil {
				t.Fatal(err)
			}
			all += text
		}
		return all
	}
	before := state()
	for _, x := range growingTests {
		if err := fillAll(t.Context(), s, x.fill, 1, 1000, 0); err != nil {
			t.Fatalf("%s: %v", x.name, err)
		}
		if _, err := (load{test: x, clients: 1, pipeline: 1, size: 1, keys: 1000, requests: 1}).runGroups(t.Context(), s); err != nil {
			t.Errorf("%s: %v", x.name, err)
		}
	}
	if state() != before {
		t.Error("the data set is another one afterwards")
	}
	if n, err := s.do(t.Context(), "LLEN", "list:1000"); n != "1000" || err != nil {
		t.Errorf("the list has %s elements afterwards, error %v", n, err)
	}
}
