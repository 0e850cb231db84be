package modules

import (
	"bufio"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/host"
)

// TestNegativeCounts: a command that repeats itself as often as it is told is refused
// beyond what any client could take, and given up at its client's limit.
func TestNegativeCounts(t *testing.T) {
	srv, err := host.Start(host.Options{Modules: Full(), Pipes: 1, Args: []string{
		"--port", "0", "--unixsocket", filepath.Join(t.TempDir(), "s"), "--client-output-buffer-limit", "normal 8mb 0 0",
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	pipe, large := srv.Pipe(0), strings.Repeat("x", 100_000)
	pipe.Exchange(nil, request("HSET", "h", "f", large))
	pipe.Exchange(nil, request("SADD", "s", large))
	pipe.Exchange(nil, request("ZADD", "z", "1", large))
	for _, cmd := range [][]string{
		{"HRANDFIELD", "h"}, {"HRANDFIELD", "h", "WITHVALUES"}, {"SRANDMEMBER", "s"}, {"ZRANDMEMBER", "z"}, {"ZRANDMEMBER", "z", "WITHSCORES"},
	} {
		times := func(n string) []byte { return request(append([]string{cmd[0], cmd[1], n}, cmd[2:]...)...) }
		if got := string(pipe.Exchange(nil, times("-134217729"))); got != "-ERR value is out of range\r\n" {
			t.Errorf("%q: %.100q", cmd, got)
		}
		conn, err := net.Dial("unix", srv.Addr("unix").String())
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(time.Minute))
		if _, err := conn.Write(times("-134217728")); err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, bufio.NewReader(conn))
		if ne, ok := err.(net.Error); ok && ne.Timeout() || n > 0 {
			t.Errorf("%q: %d bytes came, %v", cmd, n, err)
		}
		conn.Close()
	}
}
