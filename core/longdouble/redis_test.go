package longdouble

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestAgainstRedis adds numbers here and in a real server, where there is one
// and its long double is the x87's.
func TestAgainstRedis(t *testing.T) {
	path, err := exec.LookPath("redis-server")
	if err != nil || runtime.GOARCH != "amd64" {
		t.Skip("no redis-server on amd64 here")
	}
	redis := startRedis(t, path)
	for _, c := range sums {
		if got, want := sum(c.a, c.b), redis(c.a, c.b); got != want {
			t.Errorf("%.40q + %.40q = %q, Redis says %q", c.a, c.b, got, want)
		}
	}
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	for range 5000 {
		a, b := randomText(r), randomText(r)
		if got, want := sum(a, b), redis(a, b); got != want {
			t.Errorf("seed %d: %q + %q = %q, Redis says %q", seed, a, b, got, want)
		}
	}
}

// startRedis runs a server of the test's own; the function returned has it add
// two numbers.
func startRedis(t *testing.T, path string) func(a, b string) string {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "s")
	cmd := exec.Command(path, "--port", "0", "--unixsocket", socket, "--save", "")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	conn, err := net.Dial("unix", socket)
	for deadline := time.Now().Add(time.Minute); err != nil; conn, err = net.Dial("unix", socket) {
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Cleanup(func() { conn.Close() })
	in := bufio.NewReader(conn)
	return func(a, b string) string {
		t.Helper()
		fmt.Fprintf(conn, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n%s\r\n*3\r\n$11\r\nINCRBYFLOAT\r\n$1\r\nk\r\n$%d\r\n%s\r\n",
			len(a), a, len(b), b)
		if line, err := in.ReadString('\n'); line != "+OK\r\n" {
			t.Fatal(line, err)
		}
		line, err := in.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		line = strings.TrimSpace(line)
		n, isBulk := strings.CutPrefix(line, "$")
		if !isBulk {
			return line[1:]
		}
		size, _ := strconv.Atoi(n)
		text := make([]byte, size+2)
		if _, err := io.ReadFull(in, text); err != nil {
			t.Fatal(err)
		}
		return string(text[:size])
	}
}
