// Command ferrous-ring is the full server with the ring type linked in.
package main

import (
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules"

	"example.com/ring"
)

func main() {
	host.Main(append(modules.Full(), ring.New())...)
}
