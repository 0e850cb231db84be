// Command ferrous-memcache is the trimmed server with memcached's protocol on a port of its own.
package main

import (
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules/cache"

	"example.com/memcache"
)

func main() {
	host.Main(append(cache.Modules(), memcache.New())...)
}
