package aof_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
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

// server is a full server with files in a directory of its own.
type server struct {
	*host.Server
	t       testing.TB
	dir     string
	log     *lockedBuffer
	modules []core.Module
}

// module returns a module of the server.
func (s *server) module(name string) core.Module {
	for _, m := range s.modules {
		if m.Name() == name {
			return m
		}
	}
	s.t.Fatalf("no module %s", name)
	return nil
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

// try starts a server on the files of a directory.
func try(t testing.TB, dir string, args ...string) (*server, error) {
	t.Helper()
	log, all := &lockedBuffer{}, modules.Full()
	srv, err := host.Start(host.Options{
		Modules: all,
		Args: append([]string{
			"--port", "0", "--unixsocket", filepath.Join(t.TempDir(), "s"), "--dir", dir, "--save", "", "--appendonly", "yes",
			"--enable-debug-command", "yes", "--enable-protected-configs", "yes", "--auto-aof-rewrite-percentage", "0",
		}, args...),
		Log: hclog.New(&hclog.LoggerOptions{Output: log, Level: hclog.Debug}),
	})
	if err != nil {
		return nil, err
	}
	t.Cleanup(srv.Stop)
	return &server{srv, t, dir, log, all}, nil
}

func start(t testing.TB, dir string, args ...string) *server {
	t.Helper()
	s, err := try(t, dir, args...)
	if err != nil {
		t.Fatal(err)
	}
	return s
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
	return newClient(s.t, conn)
}

func newClient(t testing.TB, conn net.Conn) *client { return &client{t, conn, bufio.NewReader(conn)} }

// send sends a command.
func (c *client) send(words ...string) error {
	b := fmt.Appendf(nil, "*%d\r\n", len(words))
	for _, w := range words {
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(w), w)
	}
	_, err := c.conn.Write(b)
	return err
}

// reply reads a reply: the text of simple ones, the elements of arrays joined by
// blanks.
func (c *client) reply() (string, error) {
	line, err := c.r.ReadString('\n')
	if err != nil {
		return "", err
	}
	line = strings.TrimSuffix(line, "\r\n")
	n, _ := strconv.Atoi(line[1:])
	switch {
	case line[0] == '$' && n >= 0:
		b := make([]byte, n+2)
		_, err := io.ReadFull(c.r, b)
		return string(b[:n]), err
	case line[0] == '*':
		var all []string
		for range n {
			s, err := c.reply()
			if err != nil {
				return "", err
			}
			all = append(all, s)
		}
		return strings.Join(all, " "), nil
	}
	if line[0] == '-' || line[0] == '$' {
		return line, nil
	}
	return line[1:], nil
}

// do sends a command, given as words separated by blanks, and returns the reply.
func (c *client) do(format string, args ...any) string {
	c.t.Helper()
	if err := c.send(strings.Fields(fmt.Sprintf(format, args...))...); err != nil {
		c.t.Fatal(err)
	}
	reply, err := c.reply()
	if err != nil {
		c.t.Fatal(err)
	}
	return reply
}

func (c *client) want(command, reply string) {
	c.t.Helper()
	if got := c.do("%s", command); got != reply {
		c.t.Errorf("%s: %q, want %q", command, got, reply)
	}
}

// info returns a field of INFO persistence.
func (c *client) info(name string) string {
	c.t.Helper()
	return c.field("persistence", name)
}

// field returns a field of a section of INFO.
func (c *client) field(section, name string) string {
	c.t.Helper()
	for line := range strings.Lines(c.do("INFO %s", section)) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), name+":"); ok {
			return value
		}
	}
	return ""
}

// eventually waits until a condition holds.
func eventually(t testing.TB, what string, fn func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !fn(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not in a minute: %s", what)
		}
	}
}

// rewritten waits until no rewrite is under way or to come. One reply has to say
// both: between two a rewrite that was to come may begin, and is in neither.
func (c *client) rewritten() {
	c.t.Helper()
	eventually(c.t, "a rewrite", func() bool {
		info := c.do("INFO persistence")
		return strings.Contains(info, "aof_rewrite_in_progress:0\r\n") && strings.Contains(info, "aof_rewrite_scheduled:0\r\n")
	})
}

// fill makes keys of every type and encoding, in several databases.
func (c *client) fill() {
	for _, cmd := range []string{
		"SET s value", "SET n 12345", "SET e x PX 10000000", "APPEND r abc", "RPUSH l a b 3", "SADD i 1 2 3", "SADD p a b c",
		"HSET h f v g 1", "ZADD z 1.5 a 2 b", "SETBIT bits 100 1", "PFADD hll a b c", "SELECT 3", "SET other db", "GEOADD g 1 2 here", "SELECT 0",
	} {
		c.do("%s", cmd)
	}
	for i := range 300 {
		c.do("RPUSH list element%d", i)
		c.do("SADD set member%d", i)
		c.do("HSET hash field%d value%d", i, i)
		c.do("ZADD zset %d.25 member%d", i, i)
	}
}

// manifest returns the files that the manifest lists, with their types.
func (s *server) manifest() string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "appendonlydir", "appendonly.aof.manifest"))
	if err != nil {
		s.t.Fatal(err)
	}
	var all []string
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		all = append(all, strings.TrimPrefix(f[1], "appendonly.aof.")+" "+f[5])
	}
	return strings.Join(all, ", ")
}

func (s *server) wantManifest(want string) {
	s.t.Helper()
	if got := s.manifest(); got != want {
		s.t.Errorf("manifest: %s; want %s", got, want)
	}
}

// copyDir copies a directory as it is at the moment, as a crash would leave it.
func copyDir(t testing.TB, dir string) string {
	t.Helper()
	to := t.TempDir()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() && !d.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o755)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), b, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// logDir makes a directory with a log of one increment.
func logDir(t testing.TB, manifest string, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "appendonlydir")
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	files["appendonly.aof.manifest"] = manifest
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(path, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const oneIncr = "file appendonly.aof.1.incr.aof seq 1 type i\n"

// command encodes a command, given as words.
func command(words string) string {
	f := strings.Fields(words)
	s := fmt.Sprintf("*%d\r\n", len(f))
	for _, w := range f {
		s += fmt.Sprintf("$%d\r\n%s\r\n", len(w), w)
	}
	return s
}
