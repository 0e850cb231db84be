package clients

import (
	"context"
	"flag"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

var record = flag.Bool("record", false, "write testdata anew, from the redis-server in PATH")

// start runs the server to test, on a port of its own, and returns its address.
func start(t *testing.T, args ...string) string {
	t.Helper()
	bin := os.Getenv("FERROUS_BIN")
	if bin == "" {
		bin = filepath.Join("..", "..", "bin", "ferrous")
	}
	if *record {
		bin = "redis-server"
	}
	bin, err := exec.LookPath(bin)
	if err != nil {
		t.Skipf("no server to test: %v (make build)", err)
	}
	if bin, err = filepath.Abs(bin); err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	cmd := exec.Command(bin, append([]string{"--port", port, "--bind", "127.0.0.1", "--save", ""}, args...)...)
	cmd.Dir = t.TempDir()
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "FERROUS_") { // those are parameters to ferrous
			cmd.Env = append(cmd.Env, v)
		}
	}
	var log strings.Builder
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	addr := "127.0.0.1:" + port
	waitFor(t, addr)
	return addr
}

func freePort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

func waitFor(t *testing.T, addr string) {
	for deadline := time.Now().Add(10 * time.Second); ; {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the server does not answer: %v", err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// commandsOf returns the full names of the commands that a server has.
func commandsOf(t *testing.T, addr string) map[string]bool {
	c := redis.NewClient(&redis.Options{Addr: addr})
	defer c.Close()
	names, err := c.Do(context.Background(), "command", "list").StringSlice()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, name := range names {
		known[name] = true
	}
	return known
}
