package keys_test

import (
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/modules"
)

// TestExpiredAfterASwap: what a transaction finds expired after it has swapped databases had
// another name before the transaction, when logs and replicas would delete a key that
// is alive.
func TestExpiredAfterASwap(t *testing.T) {
	for _, inScript := range []bool{false, true} {
		feed := &coretest.Feed{}
		s := coretest.Serve(t, append(modules.Full(), feed))
		c := s.Client()
		c.Must("DEBUG SET-ACTIVE-EXPIRE 0")
		c.Must("SET k alive")
		c.Must("SELECT 1")
		c.Must("SET k old PX 1")
		c.Must("SELECT 0")
		coretest.Eventually(t, "the key has expired", func() bool {
			c.Must("SET clock x PX 1")
			return c.Do("PTTL clock") == "-2"
		})
		feed.Take()
		if inScript {
			if got := c.Args("EVAL", "redis.call('swapdb', 0, 1) return redis.call('incr', KEYS[1])", "1", "k"); got != "1" {
				t.Error(got)
			}
		} else {
			c.Must("MULTI")
			c.Must("SWAPDB 0 1")
			c.Must("INCR k")
			c.Must("EXEC")
		}
		fed, _ := feed.Take()
		if got := strings.ToLower(fed); got != ", swapdb 0 1, del k, incr k, " {
			t.Errorf("in a script %v: fed %q", inScript, fed)
		}
		c.Want("SELECT 1", "OK")
		c.Want("GET k", "alive")
	}
}
