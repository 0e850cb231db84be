// Package modules names the set of modules that the full server is made of. That of
// ferrous-cache is package cache below it, so that nothing of what only the full one
// needs is linked with it.
package modules

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/modules/acl"
	"github.com/ferrousdb/ferrous/modules/aof"
	"github.com/ferrousdb/ferrous/modules/audit"
	"github.com/ferrousdb/ferrous/modules/backup"
	"github.com/ferrousdb/ferrous/modules/bitmaps"
	"github.com/ferrousdb/ferrous/modules/cache"
	"github.com/ferrousdb/ferrous/modules/geo"
	"github.com/ferrousdb/ferrous/modules/hclog"
	"github.com/ferrousdb/ferrous/modules/http"
	"github.com/ferrousdb/ferrous/modules/hyperloglog"
	"github.com/ferrousdb/ferrous/modules/koanf"
	"github.com/ferrousdb/ferrous/modules/observability"
	"github.com/ferrousdb/ferrous/modules/pubsub"
	"github.com/ferrousdb/ferrous/modules/rdb"
	"github.com/ferrousdb/ferrous/modules/scripting"
	"github.com/ferrousdb/ferrous/modules/streams"
	"github.com/ferrousdb/ferrous/modules/tls"
	"github.com/ferrousdb/ferrous/modules/toplist"
	"github.com/ferrousdb/ferrous/modules/tracking"
)

// Full is everything: the drop-in server.
func Full() []core.Module {
	return append(cache.Common(),
		bitmaps.New(),
		hyperloglog.New(),
		geo.New(),
		streams.New(),
		pubsub.New(),
		tracking.New(),
		observability.New(),
		aof.New(),
		rdb.New(),
		acl.New(),
		audit.New(),
		backup.New(),
		scripting.New(),
		tls.New(),
		hclog.New(),
		koanf.New(),
		http.New(),
		toplist.New(),
	)
}
