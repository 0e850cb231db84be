package rdb_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules"
)

// TestMain makes the test binary a server if it is told to: for tests of
// processes that end.
func TestMain(m *testing.M) {
	if os.Getenv("RDB_TEST_SERVER") != "" {
		host.Main(modules.Full()...)
	}
	os.Exit(m.Run())
}

// server is a server in this process.
type server struct {
	t    *testing.T
	host *host.Server
	dir  string
	sock string
	log  *text
}

// text is a log that may be read while it is written.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (t *text) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.Write(b)
}

func (t *text) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}

// try starts a server over the files of a directory.
func try(t *testing.T, dir string, args ...string) (*server, error) {
	t.Helper()
	return tryWith(t, dir, modules.Full(), args...)
}

// tryWith is try for a server of certain modules.
func tryWith(t *testing.T, dir string, linked []core.Module, args ...string) (*server, error) {
	t.Helper()
	s := &server{t: t, dir: dir, log: &text{}}
	s.sock = socket(t)
	args = append([]string{"--port", "0", "--unixsocket", s.sock, "--dir", dir, "--enable-debug-command", "yes",
		"--arena-poison", "yes", "--hz", "100"}, args...)
	var err error
	s.host, err = host.Start(host.Options{
		Modules: linked, Args: args, Log: hclog.New(&hclog.LoggerOptions{Output: s.log, Level: hclog.Debug}),
	})
	return s, err
}

// socket returns a path for a socket, which must be short.
func socket(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "rdb")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

// start is try for a server that is to come up. It is stopped at the end of the test.
func start(t *testing.T, dir string, args ...string) *server {
	t.Helper()
	return startWith(t, dir, modules.Full(), args...)
}

// startWith is start for a server of certain modules.
func startWith(t *testing.T, dir string, linked []core.Module, args ...string) *server {
	t.Helper()
	s, err := tryWith(t, dir, linked, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.host.Stop)
	return s
}

// connect opens a connection.
func (s *server) connect() *client { return dial(s.t, s.sock) }

// file returns the path of a file in the server's directory.
func (s *server) file(name string) string { return filepath.Join(s.dir, name) }

// client is a connection.
type client struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

func dial(t *testing.T, addr string) *client {
	t.Helper()
	var conn net.Conn
	until(t, "a connection to "+addr, func() (ok bool) {
		var err error
		conn, err = net.Dial("unix", addr)
		return err == nil
	})
	t.Cleanup(func() { conn.Close() })
	return &client{t, conn, bufio.NewReader(conn)}
}

// send sends a command of words separated by blanks, and reads no reply.
func (c *client) send(command string) { c.sendArgs(strings.Fields(command)...) }

func (c *client) sendArgs(words ...string) {
	b := fmt.Appendf(nil, "*%d\r\n", len(words))
	for _, w := range words {
		if w == `""` {
			w = ""
		}
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(w), w)
	}
	_, _ = c.conn.Write(b)
}

// read reads a reply: elements joined by blanks, errors with their dash.
func (c *client) read() (string, error) {
	line, err := c.r.ReadString('\n')
	if err != nil {
		return "", err
	}
	line = strings.TrimSuffix(line, "\r\n")
	n, _ := strconv.Atoi(line[1:])
	switch line[0] {
	case '-':
		return line, nil
	case '$':
		if n < 0 {
			return "(nil)", nil
		}
		b := make([]byte, n+2)
		_, err := io.ReadFull(c.r, b)
		return string(b[:n]), err
	case '*':
		var all []string
		for range n {
			s, err := c.read()
			if err != nil {
				return "", err
			}
			all = append(all, s)
		}
		return strings.Join(all, " "), nil
	}
	return line[1:], nil
}

// do sends a command and returns the reply; "(closed)" if there is none.
func (c *client) do(format string, args ...any) string {
	c.t.Helper()
	c.send(fmt.Sprintf(format, args...))
	s, err := c.read()
	if err != nil {
		return "(closed)"
	}
	return s
}

// args is do for arguments that are not words.
func (c *client) args(args ...string) string {
	c.t.Helper()
	c.sendArgs(args...)
	s, err := c.read()
	if err != nil {
		return "(closed)"
	}
	return s
}

func (c *client) want(reply, command string) {
	c.t.Helper()
	if got := c.do("%s", command); got != reply {
		c.t.Errorf("%s: got %q, want %q", command, got, reply)
	}
}

// info returns a field of INFO.
func (c *client) info(field string) string {
	c.t.Helper()
	for line := range strings.Lines(c.do("INFO everything")) {
		if v, ok := strings.CutPrefix(line, field+":"); ok {
			return strings.TrimSpace(v)
		}
	}
	c.t.Fatalf("INFO has no field %s", field)
	return ""
}

func (c *client) wantInfo(pairs ...string) {
	c.t.Helper()
	for ; len(pairs) > 1; pairs = pairs[2:] {
		if got := c.info(pairs[0]); got != pairs[1] {
			c.t.Errorf("INFO %s: %s, want %s", pairs[0], got, pairs[1])
		}
	}
}

// awaitInfo waits until a field has a value.
func (c *client) awaitInfo(field, value string) {
	c.t.Helper()
	until(c.t, field+":"+value, func() bool { return c.info(field) == value })
}

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("in vain: %s", what)
		}
	}
}

// fill makes values of every type in every encoding, in several databases, some
// with an expiry.
func (c *client) fill() {
	c.t.Helper()
	for _, db := range []int{0, 3, 15} {
		c.want("OK", fmt.Sprintf("SELECT %d", db))
		c.do("SET int %d", db)
		c.do("SET short text")
		c.do("SET long %s", strings.Repeat("compressible ", 200)[:1000])
		c.do("SET raw %s", strings.Repeat("x", 100))
		c.do(`SET empty ""`)
		c.do("SET expires x PXAT 33177117420000")
		c.do("RPUSH list a b 3 -70000 5000000000")
		c.do("SADD intset 1 2 30000 4000000000")
		c.do("SADD packedset a b 3")
		c.do("HSET hash f v n 1")
		c.do("HSET volatile f v")
		c.do("PEXPIREAT volatile 33177117420001")
		// Scores whose digests are the same in 7.0, which prints them otherwise.
		c.do("ZADD zset 1 a 2.5 b -inf c +inf d 12345 e")
		c.do("SETBIT bits 10007 1")
		c.do("PFADD hll a b c d")
		c.do("GEOADD geo 13.4 52.5 berlin 2.35 48.85 paris")
		for i := range 40 {
			for j := range 20 {
				n := i*20 + j
				c.do("RPUSH biglist element-%d", n)
				c.do("SADD bigset member-%d", n)
				c.do("HSET bighash field-%d value-%d", n, n)
				c.do("ZADD bigzset %d.25 member-%d", n, n)
			}
		}
		c.do("SADD bigintset 1")
		for n := range 600 {
			c.do("SADD bigintset %d", n*7)
		}
	}
	c.want("OK", "SELECT 0")
}

// digest returns DEBUG DIGEST, which must not be that of no data.
func (c *client) digest() string {
	c.t.Helper()
	d := c.do("DEBUG DIGEST")
	if len(d) != 40 || d == strings.Repeat("0", 40) {
		c.t.Fatalf("digest %q", d)
	}
	return d
}

// process starts a server in a process of its own.
func process(t *testing.T, path string, out io.Writer, env []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd
}
