// Command ferrous-pqueue is the full server with the pqueue module linked in.
package main

import (
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules"

	"example.com/pqueue"
)

func main() {
	host.Main(append(modules.Full(), pqueue.New())...)
}
