package replication_test

import (
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/modules"
)

// server is a full server with files in a directory of its own.
type server struct{ *coretest.Server }

// start starts a server on a port of its own, whose full syncs wait for nobody.
func start(t testing.TB, args ...string) *server {
	t.Helper()
	return &server{coretest.Serve(t, modules.Full(), append([]string{"--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "3600"}, args...)...)}
}

// client is a connection, which may be that of a replica.
type client struct{ *coretest.Client }

func (s *server) client() *client { return &client{s.Client()} }

// request is a command as it goes over the wire.
func request(words ...string) string { return string(coretest.Encode(nil, words...)) }

// line reads a line.
func (c *client) line() string {
	c.T.Helper()
	line, err := c.In.ReadString('\n')
	if err != nil {
		c.T.Fatalf("%v after %q", err, line)
	}
	return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
}

// bytes reads n bytes.
func (c *client) bytes(n int) string {
	c.T.Helper()
	b := make([]byte, n)
	if at, err := io.ReadFull(c.In, b); err != nil {
		c.T.Fatalf("%v after %q", err, b[:at])
	}
	return string(b)
}

// expect reads bytes, which are to be those of the text.
func (c *client) expect(want string) {
	c.T.Helper()
	if got := c.bytes(len(want)); got != want {
		at := 0
		for got[at] == want[at] {
			at++
		}
		c.T.Fatalf("at byte %d: got %.200q, want %.200q", at, got[at:], want[at:])
	}
}

// ended reports that the server ends the connection and says no more.
func (c *client) ended() {
	c.T.Helper()
	if rest, err := io.ReadAll(c.In); err != nil || len(rest) > 0 {
		c.T.Fatalf("the connection is not ended: %q, %v", rest, err)
	}
}

// do sends a command and returns its reply.
func (c *client) do(command string) string {
	c.T.Helper()
	return c.Do("%s", command)
}

// want sends a command whose reply is known; nothing else is worth a look if it is another.
func (c *client) want(command, reply string) {
	c.T.Helper()
	if got := c.do(command); got != reply {
		c.T.Fatalf("%s: %q, want %q", command, got, reply)
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
