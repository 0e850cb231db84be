// Package cache names the set of modules that ferrous-cache is made of, and what every
// set has. It is apart from the full set because whatever a package imports is linked,
// used or not: here it is seen at a glance that nothing large comes in.
package cache

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/modules/absent"
	"github.com/ferrousdb/ferrous/modules/cluster"
	"github.com/ferrousdb/ferrous/modules/connection"
	"github.com/ferrousdb/ferrous/modules/hashes"
	"github.com/ferrousdb/ferrous/modules/keys"
	"github.com/ferrousdb/ferrous/modules/lists"
	"github.com/ferrousdb/ferrous/modules/replication"
	"github.com/ferrousdb/ferrous/modules/server"
	"github.com/ferrousdb/ferrous/modules/sets"
	"github.com/ferrousdb/ferrous/modules/strings"
	"github.com/ferrousdb/ferrous/modules/transactions"
	"github.com/ferrousdb/ferrous/modules/zsets"
)

// Modules is what a cache needs and nothing else: keys, the common types of values,
// and transactions. It takes the configuration files of the full set.
func Modules() []core.Module {
	set := Common()
	return append(set, absent.New("ferrous-cache", set))
}

// Common is what every set has.
func Common() []core.Module {
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
