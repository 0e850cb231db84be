package server

import (
	"strconv"
	"time"

	"github.com/ferrousdb/ferrous/core"
)

// info is INFO [section ...].
func info(c *core.Ctx) error {
	c.VerbatimFunc("txt", func(b []byte) []byte { return c.Server.Info(c, b, c.Looked()) })
	return nil
}

// lookForInfo makes the look of an INFO.
func lookForInfo(c *core.Ctx) *core.Look { return c.Server.LookForInfo(infoSections(c)) }

func infoSections(c *core.Ctx) []string {
	if len(c.Args) == 1 {
		return []string{"default"}
	}
	sections := make([]string, len(c.Args)-1)
	for i, arg := range c.Args[1:] {
		sections[i] = string(arg)
	}
	return sections
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
