// Command ferrous-behind is the full server that writes its strings into SQLite.
package main

import (
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules"

	"example.com/behind"
)

func main() {
	host.Main(append(modules.Full(), behind.New())...)
}
