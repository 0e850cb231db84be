package tracking_test

import (
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/modules/connection"
	"github.com/ferrousdb/ferrous/modules/keys"
	"github.com/ferrousdb/ferrous/modules/lists"
	"github.com/ferrousdb/ferrous/modules/pubsub"
	"github.com/ferrousdb/ferrous/modules/server"
	"github.com/ferrousdb/ferrous/modules/strings"
	"github.com/ferrousdb/ferrous/modules/tracking"
	"github.com/ferrousdb/ferrous/modules/transactions"
)

func start(t testing.TB, pipes int, args ...string) *coretest.Server {
	t.Helper()
	return coretest.Start(t, coretest.Options{
		Modules: []core.Module{
			connection.New(), keys.New(), lists.New(), server.New(), strings.New(), transactions.New(), pubsub.New(), tracking.New(),
		},
		Args: args, Pipes: pipes,
	})
}

// dial makes a client that speaks RESP3.
func dial(s *coretest.Server) *coretest.Client {
	c := s.Client()
	c.Must("HELLO 3")
	return c
}
