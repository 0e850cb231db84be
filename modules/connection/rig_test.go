package connection_test

import (
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/modules/connection"
)

// start runs a server of this module alone, with a number of clients.
func start(t *testing.T, clients int, more ...core.Module) (*coretest.Server, []*client) {
	t.Helper()
	s := coretest.Start(t, coretest.Options{Modules: append([]core.Module{connection.New()}, more...), Pipes: clients})
	var all []*client
	for _, p := range s.Pipes() {
		all = append(all, &client{p})
	}
	return s, all
}

// client is one session of a server.
type client struct{ *coretest.Pipe }

// closed reports whether the server closes the connection when it looks at it.
func (c *client) closed() bool {
	c.Raw("PING")
	return c.Closed()
}

// fields returns the fields of CLIENT INFO.
func (c *client) fields() map[string]string {
	m := map[string]string{}
	for _, f := range strings.Fields(c.Raw("CLIENT INFO")) {
		if name, value, ok := strings.Cut(f, "="); ok {
			m[name] = value
		}
	}
	return m
}

type (
	pair    = config.Pair
	options = config.SetOptions
)
