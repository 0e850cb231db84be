package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
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

// TestSmoke runs the whole program on Redis against itself, as small as it gets.
func TestSmoke(t *testing.T) {
	needRedis(t)
	file := filepath.Join(t.TempDir(), "out.json")
	code := run([]string{"-server", "a=redis-server", "-server", "redis=redis-server", "-only", "throughput,latency1",
		"-t", "get,lpop", "-P", "16", "-d", "3", "-r", "1000", "-seconds", "0.1", "-rounds", "1", "-json", file})
	if code != 0 {
		t.Fatalf("exit code %d", code)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
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
