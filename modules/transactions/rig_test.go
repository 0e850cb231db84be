package transactions_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/modules/connection"
	"github.com/ferrousdb/ferrous/modules/keys"
	stringtype "github.com/ferrousdb/ferrous/modules/strings"
	"github.com/ferrousdb/ferrous/modules/transactions"
)

// start runs a server with a number of clients, each on an event loop of its own.
func start(t *testing.T, clients int, more ...core.Module) (all []*client) {
	t.Helper()
	s := coretest.Start(t, coretest.Options{
		Modules: append([]core.Module{connection.New(), keys.New(), stringtype.New(), transactions.New()}, more...), Pipes: clients,
	})
	for _, p := range s.Pipes() {
		all = append(all, &client{p})
	}
	return all
}

// client is one session of a server.
type client struct{ *coretest.Pipe }

// want sends commands in one go and compares their replies.
func (c *client) want(reply string, commands ...string) {
	c.T.Helper()
	if got := c.Do(commands...); got != reply {
		c.T.Errorf("%s: got %q, want %q", strings.Join(commands, "; "), got, reply)
	}
}

// figures is a module with a command that returns the statistics of another one.
var figures = coretest.Module(func(r *core.Registry) {
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
