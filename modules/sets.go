// Package modules names the sets of modules that ferrous's own servers are
// made of. It is the one place that lists them.
package modules

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/modules/acl"
	"github.com/ferrousdb/ferrous/modules/aof"
	"github.com/ferrousdb/ferrous/modules/bitmaps"
	"github.com/ferrousdb/ferrous/modules/cluster"
	"github.com/ferrousdb/ferrous/modules/connection"
	"github.com/ferrousdb/ferrous/modules/geo"
	"github.com/ferrousdb/ferrous/modules/hashes"
	"github.com/ferrousdb/ferrous/modules/hyperloglog"
	"github.com/ferrousdb/ferrous/modules/keys"
	"github.com/ferrousdb/ferrous/modules/lists"
	"github.com/ferrousdb/ferrous/modules/observability"
	"github.com/ferrousdb/ferrous/modules/pubsub"
	"github.com/ferrousdb/ferrous/modules/rdb"
	"github.com/ferrousdb/ferrous/modules/replication"
	"github.com/ferrousdb/ferrous/modules/scripting"
	"github.com/ferrousdb/ferrous/modules/server"
	"github.com/ferrousdb/ferrous/modules/sets"
	"github.com/ferrousdb/ferrous/modules/streams"
	"github.com/ferrousdb/ferrous/modules/strings"
	"github.com/ferrousdb/ferrous/modules/tracking"
	"github.com/ferrousdb/ferrous/modules/transactions"
	"github.com/ferrousdb/ferrous/modules/zsets"
)

// Full is everything: the drop-in server.
func Full() []core.Module {
	return append(common(), bitmaps.New(), hyperloglog.New(), geo.New(), streams.New(), pubsub.New(), tracking.New(), observability.New(), aof.New(), rdb.New(), acl.New(), scripting.New())
}

// Cache is what a cache needs and nothing else: keys, the common types of values,
// and transactions. It takes the configuration files of Full.
func Cache() []core.Module {
	set := common()
	return append(set, absent{set})
}

// common is what every set has.
func common() []core.Module {
	return []core.Module{
		connection.New(),
		keys.New(),
		server.New(),
		strings.New(),
		lists.New(),
		hashes.New(),
		sets.New(),
		zsets.New(),
		transactions.New(),
		replication.New(),
		cluster.New(),
	}
}
