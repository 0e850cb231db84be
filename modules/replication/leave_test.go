package replication_test

import (
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/coretest"
)

// TestShutdownWaits: a master does not stop before its replica has everything.
func TestShutdownWaits(t *testing.T) {
	s := start(t, "--shutdown-timeout", "3600")
	c, stopper, other := s.client(), s.client(), s.client()
	f := s.greet()
	f.sync()
	f.SendAll("REPLCONF ACK 0")
	coretest.Eventually(t, "the replica is online", func() bool { return strings.Contains(c.Info("slave0"), "state=online") })
	c.want("SET a 1", "OK")
	const failed = "-ERR Errors trying to SHUTDOWN. Check logs."

	c.want("SHUTDOWN ABORT", "-ERR No shutdown in progress.")
	stopper.SendAll("SHUTDOWN")
	coretest.Eventually(t, "the shutdown waits", func() bool { return atoi(c.Info("shutdown_in_milliseconds")) > 0 })
	c.want("GET a", "1")
	other.SendAll("SET b 2")
	coretest.Eventually(t, "both are held back", func() bool { return c.Info("blocked_clients") == "2" })
	c.want("SHUTDOWN ABORT", "OK")
	if got := stopper.Reply(); got != failed {
		t.Errorf("SHUTDOWN: %s", got)
	}
	if got := other.Reply(); got != "OK" {
		t.Errorf("the write that was held back: %s", got)
	}
	if got := c.Info("shutdown_in_milliseconds"); got != "" {
		t.Errorf("the shutdown goes on: %s", got)
	}

	stopper.SendAll("SHUTDOWN")
	coretest.Eventually(t, "the shutdown waits", func() bool { return atoi(c.Info("shutdown_in_milliseconds")) > 0 })
	f.SendAll("REPLCONF ACK " + c.Info("master_repl_offset"))
	stopper.ended()
	if log := s.Log.String(); !strings.Contains(log, "1 of 1 replicas are in sync when shutting down.") {
		t.Error(log)
	}
}

// TestShutdownGivesUp waits no longer than it has to.
func TestShutdownGivesUp(t *testing.T) {
	s := start(t, "--shutdown-timeout", "1")
	c := s.client()
	f := s.greet()
	f.sync()
	f.SendAll("REPLCONF ACK 0")
	coretest.Eventually(t, "the replica is online", func() bool { return strings.Contains(c.Info("slave0"), "state=online") })
	c.want("SET a 1", "OK")
	c.SendAll("SHUTDOWN")
	c.ended()
	if log := s.Log.String(); !strings.Contains(log, "0 of 1 replicas are in sync when shutting down.") || !strings.Contains(log, "Lagging replica") {
		t.Error(log)
	}
}
