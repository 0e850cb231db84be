package server_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules/server"
)

// client is one session of a server of this module and what a test adds.
type client struct {
	t    *testing.T
	pipe *host.Pipe
}

func start(t *testing.T, args []string, more ...core.Module) *client {
	t.Helper()
	srv, err := host.Start(host.Options{
		Modules: append([]core.Module{server.New()}, more...),
		Args:    append([]string{"--port", "0"}, args...), Pipes: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	return &client{t, srv.Pipe(0)}
}

// do sends a command, given as words, and returns the encoded reply with blanks
// for line ends, bulk strings without their lengths.
func (c *client) do(command string) string {
	words := strings.Fields(command)
	b := fmt.Appendf(nil, "*%d\r\n", len(words))
	for _, w := range words {
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(w), w)
	}
	lines := strings.Split(string(c.pipe.Exchange(nil, b)), "\r\n")
	var out []string
	for _, line := range lines {
		if !strings.HasPrefix(line, "$") || line == "$-1" {
			out = append(out, line)
		}
	}
	return strings.TrimSpace(strings.Join(out, " "))
}

func (c *client) want(command, reply string) {
	c.t.Helper()
	if got := c.do(command); got != reply {
		c.t.Errorf("%s: got\n%q, want\n%q", command, got, reply)
	}
}

// module is what a test adds to the server.
type module func(r *core.Registry)

func (module) Name() string                      { return "test" }
func (m module) Register(r *core.Registry) error { m(r); return nil }

func nothing(c *core.Ctx) error { c.OK(); return nil }
