package server_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/modules/server"
)

// client is one session of a server of this module and what a test adds.
type client struct{ *coretest.Pipe }

func start(t *testing.T, args []string, more ...core.Module) *client {
	t.Helper()
	s := coretest.Start(t, coretest.Options{Modules: append([]core.Module{server.New()}, more...), Args: args, Pipes: 1})
	return &client{s.Pipe(0)}
}

// do sends a command and returns the encoded reply with blanks for line ends, bulk
// strings without their lengths.
func (c *client) do(command string) string {
	lines := slices.DeleteFunc(c.Lines(command), func(line string) bool { return strings.HasPrefix(line, "$") && line != "$-1" })
	return strings.TrimSpace(strings.Join(lines, " "))
}

func (c *client) want(command, reply string) {
	c.T.Helper()
	if got := c.do(command); got != reply {
		c.T.Errorf("%s: got\n%q, want\n%q", command, got, reply)
	}
}

func nothing(c *core.Ctx) error { c.OK(); return nil }
