package server

import (
	"strconv"
	"time"

	"github.com/ferrousdb/ferrous/core"
)

// info is INFO [section ...].
func info(c *core.Ctx) error {
	sections := make([]string, 0, len(c.Args))
	for _, arg := range c.Args[1:] {
		sections = append(sections, string(arg))
	}
	if len(sections) == 0 {
		sections = append(sections, "default")
	}
	c.Verbatim("txt", string(c.Server.Info(sections)))
	return nil
}

// now is TIME. Inside a transaction or a script time stands still.
func now(c *core.Ctx) error {
	t := time.UnixMilli(c.Now)
	if !c.NoBlock {
		t = time.Now()
	}
	c.Array(2)
	c.BulkInt(t.Unix())
	c.BulkString(strconv.Itoa(t.Nanosecond() / 1000))
	return nil
}
