// Package modules names the sets of modules that ferrous's own servers are
// made of. It is the one place that lists them.
package modules

import "github.com/ferrousdb/ferrous/core"

// Full is everything: the drop-in server.
func Full() []core.Module {
	return []core.Module{}
}

// Cache is what a cache needs and nothing else.
func Cache() []core.Module {
	return []core.Module{}
}
