package transactions_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules/connection"
	"github.com/ferrousdb/ferrous/modules/keys"
	stringtype "github.com/ferrousdb/ferrous/modules/strings"
	"github.com/ferrousdb/ferrous/modules/transactions"
)

// start runs a server with a number of clients, each on an event loop of its own.
func start(t *testing.T, clients int, more ...core.Module) []*client {
	t.Helper()
	srv, err := host.Start(host.Options{
		Modules: append([]core.Module{connection.New(), keys.New(), stringtype.New(), transactions.New()}, more...),
		Args:    []string{"--port", "0", "--arena-poison", "yes"}, Pipes: clients,
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
	t    *testing.T
	pipe *host.Pipe
	buf  []byte
}

// encode makes a request of words.
func encode(b []byte, command string) []byte {
	words := strings.Fields(command)
	b = fmt.Appendf(b, "*%d\r\n", len(words))
	for _, w := range words {
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(w), w)
	}
	return b
}

// do sends commands in one go and returns their replies: the lines without type
// and length, joined by blanks; "(nil)" for nothing.
func (c *client) do(commands ...string) string {
	c.buf = c.buf[:0]
	for _, cmd := range commands {
		c.buf = encode(c.buf, cmd)
	}
	var words []string
	for line := range strings.SplitSeq(strings.TrimSuffix(string(c.pipe.Exchange(nil, c.buf)), "\r\n"), "\r\n") {
		switch {
		case line == "*-1" || line == "$-1":
			words = append(words, "(nil)")
		case line == "" || line[0] == '*' || line[0] == '$':
		case line[0] == ':' || line[0] == '+':
			words = append(words, line[1:])
		default:
			words = append(words, line)
		}
	}
	return strings.Join(words, " ")
}

func (c *client) want(reply string, commands ...string) {
	c.t.Helper()
	if got := c.do(commands...); got != reply {
		c.t.Errorf("%s: got %q, want %q", strings.Join(commands, "; "), got, reply)
	}
}

// figures is a module with a command that returns the statistics of another one.
var figures = module(func(r *core.Registry) {
	r.Commands(core.Command{Name: "figures", Arity: 2, Flags: core.AllSessions, Run: func(c *core.Ctx) error {
		c.Null()
		c.Server.CommandStats(func(cmd *core.Command, s core.CommandStats) {
			if cmd.FullName() == string(c.Args[1]) {
				c.Buf = fmt.Appendf(c.Buf[:0], "+%d calls, %d rejected, %d failed\r\n", s.Calls, s.Rejected, s.Failed)
			}
		})
		return nil
	}})
})

// module is what a test adds to the server.
type module func(r *core.Registry)

func (module) Name() string                      { return "test" }
func (m module) Register(r *core.Registry) error { m(r); return nil }
