package replication_test

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core/coretest"
)

// TestStopInTheMidst ends a replica while its master sends, each time a little later, and starts it
// again from its log: which is to have all that the position says which it gives.
func TestStopInTheMidst(t *testing.T) {
	m, port := startTCP(t, t.TempDir(), "--repl-backlog-size", "100mb")
	dir := t.TempDir()
	args := []string{"--appendonly", "yes", "--appendfsync", "always", "--dir", dir, "--replicaof", "127.0.0.1 " + port}
	r := start(t, args...)
	follows(t, r.client(), m.client())
	coretest.Eventually(t, "the log has begun", func() bool { return r.client().Info("aof_rewrite_in_progress") == "0" })
	for try := range 4 {
		stop := make(chan struct{})
		var writing sync.WaitGroup
		writing.Go(func() {
			c := m.client()
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
					c.do("INCR n" + strconv.Itoa(n%10))
					c.do("LPUSH l x")
				}
			}
		})
		time.Sleep(time.Duration(5+try) * time.Millisecond)
		r.Stop()
		r = start(t, args...)
		close(stop)
		writing.Wait()
		c := r.client()
		follows(t, c, m.client())
		if got := c.Info("unexpected_error_replies"); got != "0" {
			t.Errorf("%s errors", got)
		}
	}
	if got := m.client().Info("sync_full"); got != "1" {
		t.Errorf("%s full syncs", got)
	}
}
