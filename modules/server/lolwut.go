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

// lolwut is LOLWUT [VERSION n [columns [rows [seed]]]]. Version 1 is the only
// picture so far; of another version there is only the signature. The same
// arguments, the seed among them, give the same picture.
func lolwut(c *core.Ctx) error {
	version, size, err := parseLolwut(c)
	if err != nil {
		return err
	}
	var picture []byte
	if version == 1 {
		columns, rows, seed := within(size[0], maxColumns), within(size[1], maxRows), uint64(size[2])
		picture = drawFilings(columns, rows, seed).bytes()
		picture = fmt.Appendf(picture, "\nIron filings, VERSION 1 %d %d %d. ", columns, rows, seed)
	}
	v := c.Server.Version()
	c.Verbatim("txt", fmt.Sprintf("%sferrous ver. %s (Redis ver. %s)\n", picture, v.Ferrous, v.Redis))
	return nil
}

// parseLolwut returns the version, and columns, rows and seed. As in Redis,
// other words than VERSION are no mistake.
func parseLolwut(c *core.Ctx) (version int64, size [3]int64, err error) {
	version, size = 1, [3]int64{66, 20, int64(rand.Uint32())}
	if len(c.Args) < 3 || !c.Is(1, "VERSION") {
		return version, size, nil
	}
	if version, err = c.ArgInt(2); err != nil {
		return version, size, err
	}
	for i := 3; i < min(len(c.Args), 3+len(size)) && err == nil; i++ {
		size[i-3], err = c.ArgInt(i)
	}
	return version, size, err
}

func within(n, limit int64) int { return int(min(max(n, 1), limit)) }
