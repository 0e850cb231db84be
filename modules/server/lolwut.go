package server

import (
	"fmt"
	"math/rand/v2"

	"github.com/ferrousdb/ferrous/core"
)

// The largest picture that LOLWUT draws, in characters.
const (
	maxColumns = 160
	maxRows    = 60
)

// lolwut is LOLWUT [VERSION n] [columns] [rows] [seed]. Version 1 is the only
// picture so far; of another version there is only the signature. The same
// arguments, the seed among them, give the same picture.
func lolwut(c *core.Ctx) error {
	args := c.Args[1:]
	version := int64(1)
	if len(args) > 1 && c.Is(1, "VERSION") {
		var err error
		if version, err = c.ArgInt(2); err != nil {
			return err
		}
		args = args[2:]
	}
	size := [3]int64{66, 20, int64(rand.Uint32())}
	for i := range min(len(args), len(size)) {
		n, err := c.ArgInt(len(c.Args) - len(args) + i)
		if err != nil {
			return err
		}
		size[i] = n
	}
	v := c.Server.Version()
	signature := fmt.Sprintf("ferrous ver. %s (Redis ver. %s)\n", v.Ferrous, v.Redis)
	if version == 1 {
		columns, rows := within(size[0], maxColumns), within(size[1], maxRows)
		seed := uint64(size[2])
		caption := fmt.Sprintf("\nIron filings, %d %d %d. ", columns, rows, seed)
		signature = string(drawFilings(columns, rows, seed).bytes()) + caption + signature
	}
	c.Verbatim("txt", signature)
	return nil
}

func within(n, limit int64) int { return int(min(max(n, 1), limit)) }
