// Command ferrous-cache is the trimmed server: what a cache needs and nothing
// else. It differs from the full one in the set of modules and in no other way;
// what is left out is not in the binary.
package main

import (
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules/cache"
)

func main() {
	host.Main(cache.Modules()...)
}
