// Command ferrous is the full server. It is all that it takes to compose one:
// copy it, add your own modules, and you have a server with your commands.
package main

import (
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules"
)

func main() {
	host.Main(modules.Full()...)
}
