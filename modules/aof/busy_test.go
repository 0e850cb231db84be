package aof_test

import (
	"testing"

	"github.com/ferrousdb/ferrous/core/coretest"
)

// TestLogBeginsBesideAScript: a log whose snapshot has been taken is complete also while a
// script goes on for ever. As long as it was not, SHUTDOWN was refused, and nothing could
// end the server that had no log and a script that nobody may kill.
func TestLogBeginsBesideAScript(t *testing.T) {
	s := start(t, t.TempDir(), "--appendonly", "no", "--lua-time-limit", "10", "--rdb-key-save-delay", "2000")
	c, busy := s.Client(), s.Client()
	for i := range 100 {
		c.Do("SET key%d value", i)
	}
	c.Want("CONFIG SET appendonly yes", "OK")
	c.AwaitInfo("snapshots_live", "1")
	c.AwaitInfo("aof_rewrite_in_progress", "1")
	if err := busy.SendArgs("EVAL", "redis.call('set', 'x', 'y') while true do end", "0"); err != nil {
		t.Fatal(err)
	}
	coretest.Eventually(t, "the script to be busy", func() bool { return c.Do("GET x")[0] == '-' })
	c.Do("SCRIPT KILL")
	coretest.Eventually(t, "the server's end", func() bool {
		reply := c.Do("SHUTDOWN NOSAVE")
		return reply == "(closed)"
	})
}
