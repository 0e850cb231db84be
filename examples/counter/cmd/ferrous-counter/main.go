// Command ferrous-counter is the full server with the counter module linked in.
package main

import (
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules"

	"example.com/counter"
)

func main() {
	host.Main(append(modules.Full(), counter.New())...)
}
