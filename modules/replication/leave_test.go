package replication_test

import (
	"strings"
	"testing"
)

// TestShutdownWaits: a master does not stop before its replica has everything.
func TestShutdownWaits(t *testing.T) {
	s := start(t, "--shutdown-timeout", "3600")
	c, stopper, other := s.client(), s.client(), s.client()
	f := s.greet()
	f.sync()
	f.send("REPLCONF ACK 0")
	until(t, "the replica is online", func() bool { return strings.Contains(c.info("slave0"), "state=online") })
	c.want("SET a 1", "OK")
	const failed = "ERR Errors trying to SHUTDOWN. Check logs."

	c.want("SHUTDOWN ABORT", "ERR No shutdown in progress.")
	stopper.send("SHUTDOWN")
	until(t, "the shutdown waits", func() bool { return atoi(c.info("shutdown_in_milliseconds")) > 0 })
	c.want("GET a", "1")
	other.send("SET b 2")
	until(t, "both are held back", func() bool { return c.info("blocked_clients") == "2" })
	c.want("SHUTDOWN ABORT", "OK")
	if got := stopper.reply(); got != failed {
		t.Errorf("SHUTDOWN: %s", got)
	}
	if got := other.reply(); got != "OK" {
		t.Errorf("the write that was held back: %s", got)
	}
	if got := c.info("shutdown_in_milliseconds"); got != "" {
		t.Errorf("the shutdown goes on: %s", got)
	}

	stopper.send("SHUTDOWN")
	until(t, "the shutdown waits", func() bool { return atoi(c.info("shutdown_in_milliseconds")) > 0 })
	f.send("REPLCONF ACK " + c.info("master_repl_offset"))
	stopper.ended()
	if log := s.log.String(); !strings.Contains(log, "1 of 1 replicas are in sync when shutting down.") {
		t.Error(log)
	}
}

// TestShutdownGivesUp waits no longer than it has to.
func TestShutdownGivesUp(t *testing.T) {
	s := start(t, "--shutdown-timeout", "1")
	c := s.client()
	f := s.greet()
	f.sync()
	f.send("REPLCONF ACK 0")
	until(t, "the replica is online", func() bool { return strings.Contains(c.info("slave0"), "state=online") })
	c.want("SET a 1", "OK")
	c.send("SHUTDOWN")
	c.ended()
	if log := s.log.String(); !strings.Contains(log, "0 of 1 replicas are in sync when shutting down.") || !strings.Contains(log, "Lagging replica") {
		t.Error(log)
	}
}
