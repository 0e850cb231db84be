package rdb_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/coretest"
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
type server struct{ *coretest.Server }

// try starts a server over the files of a directory.
func try(t *testing.T, dir string, args ...string) (*server, error) {
	t.Helper()
	return tryWith(t, dir, modules.Full(), args...)
}

// tryWith is try for a server of certain modules.
func tryWith(t *testing.T, dir string, linked []core.Module, args ...string) (*server, error) {
	t.Helper()
	args = append([]string{"--hz", "100"}, args...)
	s, err := coretest.Try(t, coretest.Options{Modules: linked, Dir: dir, Args: args, SavePoints: true})
	return &server{s}, err
}

// start is try for a server that is to come up.
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
	return s
}

// client is a connection.
type client struct {
	*coretest.Client
	t *testing.T
}

// connect opens a connection.
func (s *server) connect() *client { return &client{s.Client(), s.Server.T.(*testing.T)} }

// dial opens one to a server of another process.
func dial(t *testing.T, addr string) *client { return &client{coretest.Dial(t, addr), t} }

// fill makes values of every type in every encoding, in several databases, some
// with an expiry.
func (c *client) fill() {
	c.t.Helper()
	for _, db := range []int{0, 3, 15} {
		c.Want(fmt.Sprintf("SELECT %d", db), "OK")
		c.Do("SET int %d", db)
		c.Do("SET short text")
		c.Do("SET long %s", strings.Repeat("compressible ", 200)[:1000])
		c.Do("SET raw %s", strings.Repeat("x", 100))
		c.Do(`SET empty ""`)
		c.Do("SET expires x PXAT 33177117420000")
		c.Do("RPUSH list a b 3 -70000 5000000000")
		c.Do("SADD intset 1 2 30000 4000000000")
		c.Do("SADD packedset a b 3")
		c.Do("HSET hash f v n 1")
		c.Do("HSET volatile f v")
		c.Do("PEXPIREAT volatile 33177117420001")
		// Scores whose digests are the same in 7.0, which prints them otherwise.
		c.Do("ZADD zset 1 a 2.5 b -inf c +inf d 12345 e")
		c.Do("SETBIT bits 10007 1")
		c.Do("PFADD hll a b c d")
		c.Do("GEOADD geo 13.4 52.5 berlin 2.35 48.85 paris")
		for i := range 40 {
			for j := range 20 {
				n := i*20 + j
				c.Do("RPUSH biglist element-%d", n)
				c.Do("SADD bigset member-%d", n)
				c.Do("HSET bighash field-%d value-%d", n, n)
				c.Do("ZADD bigzset %d.25 member-%d", n, n)
			}
		}
		c.Do("SADD bigintset 1")
		for n := range 600 {
			c.Do("SADD bigintset %d", n*7)
		}
	}
	c.Want("SELECT 0", "OK")
}

// digest returns DEBUG DIGEST, which must not be that of no data.
func (c *client) digest() string {
	c.t.Helper()
	d := c.Do("DEBUG DIGEST")
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
