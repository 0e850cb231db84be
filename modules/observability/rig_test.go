package observability_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules/connection"
	"github.com/ferrousdb/ferrous/modules/keys"
	"github.com/ferrousdb/ferrous/modules/lists"
	"github.com/ferrousdb/ferrous/modules/observability"
	"github.com/ferrousdb/ferrous/modules/server"
	stringtype "github.com/ferrousdb/ferrous/modules/strings"
	"github.com/ferrousdb/ferrous/modules/transactions"
)

// start runs a server with a number of clients, each on an event loop of its own.
func start(t testing.TB, clients int, args ...string) []*client {
	t.Helper()
	srv, err := host.Start(host.Options{
		Modules: []core.Module{
			connection.New(), keys.New(), server.New(), stringtype.New(), lists.New(), transactions.New(), observability.New(),
		},
		Args: append([]string{"--port", "0"}, args...), Pipes: clients,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	var all []*client
	for i := range clients {
		all = append(all, &client{t: t, pipe: srv.Pipe(i)})
	}
	return all
}

// client is one session of a server.
type client struct {
	t    testing.TB
	pipe *host.Pipe
	buf  []byte
}

// do sends commands, given as words, in one go, and returns the lines of their
// replies.
func (c *client) do(commands ...string) []string {
	c.buf = c.buf[:0]
	for _, cmd := range commands {
		c.buf = encode(c.buf, strings.Fields(cmd)...)
	}
	return c.exchange(c.buf)
}

func (c *client) exchange(request []byte) []string {
	text := strings.TrimSuffix(string(c.pipe.Exchange(nil, request)), "\r\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\r\n")
}

// mail returns the lines that have been sent to the client meanwhile.
func (c *client) mail() []string { return c.exchange(nil) }

func (c *client) want(command, reply string) {
	c.t.Helper()
	if got := strings.Join(c.do(command), " "); got != reply {
		c.t.Errorf("%s: got %q, want %q", command, got, reply)
	}
}

// figure returns an integer of MEMORY STATS.
func (c *client) figure(name string) (n int64) {
	c.t.Helper()
	lines := c.do("MEMORY STATS")
	i := slices.Index(lines, name)
	if i < 0 {
		c.t.Fatalf("no %s in %q", name, lines)
	}
	if _, err := fmt.Sscanf(lines[i+1], ":%d", &n); err != nil {
		c.t.Fatal(err)
	}
	return n
}

func encode(b []byte, words ...string) []byte {
	b = fmt.Appendf(b, "*%d\r\n", len(words))
	for _, w := range words {
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(w), w)
	}
	return b
}
