package connection_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules/connection"
)

// start runs a server of this module alone, with a number of clients.
func start(t *testing.T, clients int, more ...core.Module) (*host.Server, []*client) {
	t.Helper()
	srv, err := host.Start(host.Options{
		Modules: append([]core.Module{connection.New()}, more...),
		Args:    []string{"--port", "0"}, Pipes: clients,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	var all []*client
	for i := range clients {
		all = append(all, &client{t, srv.Pipe(i)})
	}
	return srv, all
}

// client is one session of a server.
type client struct {
	t    *testing.T
	pipe *host.Pipe
}

// do sends a command, given as words, and returns the encoded reply.
func (c *client) do(command string) string {
	words := strings.Fields(command)
	b := fmt.Appendf(nil, "*%d\r\n", len(words))
	for _, w := range words {
		if w == `""` {
			w = ""
		}
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(w), w)
	}
	return string(c.pipe.Exchange(nil, b))
}

// want sends a command and compares the reply, given without its last CRLF.
func (c *client) want(command, reply string) {
	c.t.Helper()
	if got := strings.TrimSuffix(c.do(command), "\r\n"); got != reply {
		c.t.Errorf("%s: got %q, want %q", command, got, reply)
	}
}

// closed reports whether the server closes the connection when it looks at it.
func (c *client) closed() bool {
	c.do("PING")
	return c.pipe.Closed()
}

// fields returns the fields of CLIENT INFO.
func (c *client) fields() map[string]string {
	m := map[string]string{}
	for _, f := range strings.Fields(c.do("CLIENT INFO")) {
		if name, value, ok := strings.Cut(f, "="); ok {
			m[name] = value
		}
	}
	return m
}

// module is what a test adds to the server.
type module func(r *core.Registry)

func (module) Name() string                      { return "test" }
func (m module) Register(r *core.Registry) error { m(r); return nil }

type (
	pair    = config.Pair
	options = config.SetOptions
)
