package replication_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules"
)

// server is a full server with files in a directory of its own.
type server struct {
	*host.Server
	t   testing.TB
	log *lockedBuffer
}

// lockedBuffer is a log that may be read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// start starts a server on a port of its own, whose full syncs wait for nobody.
func start(t testing.TB, args ...string) *server {
	t.Helper()
	log := &lockedBuffer{}
	srv, err := host.Start(host.Options{
		Modules: modules.Full(),
		Args: append([]string{
			"--port", "0", "--unixsocket", filepath.Join(t.TempDir(), "s"), "--dir", t.TempDir(), "--save", "",
			"--enable-debug-command", "yes", "--repl-diskless-sync-delay", "0",
			"--repl-ping-replica-period", "3600",
		}, args...),
		Log: hclog.New(&hclog.LoggerOptions{Output: log, Level: hclog.Debug}),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	return &server{srv, t, log}
}

// client is a connection.
type client struct {
	t    testing.TB
	conn net.Conn
	r    *bufio.Reader
}

func (s *server) client() *client {
	s.t.Helper()
	conn, err := net.Dial("unix", s.Addr("unix").String())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	return &client{s.t, conn, bufio.NewReader(conn)}
}

// request is a command as it goes over the wire.
func request(words ...string) string {
	b := fmt.Appendf(nil, "*%d\r\n", len(words))
	for _, w := range words {
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(w), w)
	}
	return string(b)
}

// send sends a command, whose words blanks separate.
func (c *client) send(command string) {
	c.t.Helper()
	if _, err := io.WriteString(c.conn, request(strings.Fields(command)...)); err != nil {
		c.t.Fatal(err)
	}
}

// reply reads a reply: the text of simple ones, the elements of arrays joined by
// blanks.
func (c *client) reply() string {
	c.t.Helper()
	line := c.line()
	n, _ := strconv.Atoi(line[1:])
	switch {
	case line[0] == '$' && n >= 0:
		return strings.TrimSuffix(c.bytes(n+2), "\r\n")
	case line[0] == '*':
		var all []string
		for range n {
			all = append(all, c.reply())
		}
		return strings.Join(all, " ")
	}
	return line[1:]
}

// line reads a line.
func (c *client) line() string {
	c.t.Helper()
	line, err := c.r.ReadString('\n')
	if err != nil {
		c.t.Fatalf("%v after %q", err, line)
	}
	return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
}

// bytes reads n bytes.
func (c *client) bytes(n int) string {
	c.t.Helper()
	b := make([]byte, n)
	if at, err := io.ReadFull(c.r, b); err != nil {
		c.t.Fatalf("%v after %q", err, b[:at])
	}
	return string(b)
}

// expect reads bytes, which are to be those of the text.
func (c *client) expect(want string) {
	c.t.Helper()
	if got := c.bytes(len(want)); got != want {
		at := 0
		for got[at] == want[at] {
			at++
		}
		c.t.Fatalf("at byte %d: got %.200q, want %.200q", at, got[at:], want[at:])
	}
}

// ended reports that the server ends the connection and says no more.
func (c *client) ended() {
	c.t.Helper()
	if rest, err := io.ReadAll(c.r); err != nil || len(rest) > 0 {
		c.t.Fatalf("the connection is not ended: %q, %v", rest, err)
	}
}

// do sends a command and returns its reply.
func (c *client) do(command string) string {
	c.t.Helper()
	c.send(command)
	return c.reply()
}

// want sends a command whose reply is known.
func (c *client) want(command, reply string) {
	c.t.Helper()
	if got := c.do(command); got != reply {
		c.t.Fatalf("%s: %q, want %q", command, got, reply)
	}
}

// info returns a field of INFO.
func (c *client) info(field string) string {
	c.t.Helper()
	for line := range strings.Lines(c.do("INFO everything")) {
		if name, value, _ := strings.Cut(strings.TrimSpace(line), ":"); name == field {
			return value
		}
	}
	return ""
}

// until waits for a condition.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain: " + what)
		}
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
