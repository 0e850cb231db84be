package observability_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/modules/connection"
	"github.com/ferrousdb/ferrous/modules/keys"
	"github.com/ferrousdb/ferrous/modules/lists"
	"github.com/ferrousdb/ferrous/modules/observability"
	"github.com/ferrousdb/ferrous/modules/server"
	stringtype "github.com/ferrousdb/ferrous/modules/strings"
	"github.com/ferrousdb/ferrous/modules/transactions"
)

// start runs a server with a number of clients, each on an event loop of its own.
func start(t testing.TB, clients int, args ...string) (all []*client) {
	t.Helper()
	s := coretest.Start(t, coretest.Options{
		Modules: []core.Module{
			connection.New(), keys.New(), server.New(), stringtype.New(), lists.New(), transactions.New(), observability.New(),
		},
		Args: args, Pipes: clients,
	})
	for _, p := range s.Pipes() {
		all = append(all, &client{p, s})
	}
	return all
}

// client is one session of a server.
type client struct {
	*coretest.Pipe
	of *coretest.Server
}

// mail returns the lines that have been sent to the client meanwhile.
func (c *client) mail() []string { return c.Lines() }

// want sends a command and compares the lines of the reply, joined by blanks.
func (c *client) want(command, reply string) {
	c.T.Helper()
	if got := strings.Join(c.Lines(command), " "); got != reply {
		c.T.Errorf("%s: got %q, want %q", command, got, reply)
	}
}

// figure returns an integer of MEMORY STATS.
func (c *client) figure(name string) (n int64) {
	c.T.Helper()
	lines := c.Lines("MEMORY STATS")
	i := slices.Index(lines, name)
	if i < 0 {
		c.T.Fatalf("no %s in %q", name, lines)
	}
	if _, err := fmt.Sscanf(lines[i+1], ":%d", &n); err != nil {
		c.T.Fatalf("%v", err)
	}
	return n
}
