package replication_test

import (
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/coretest"
)

// pair makes a master and a replica of it, which is online.
func pair(t *testing.T) (master, replica *client, replicaPort string) {
	a, port := startTCP(t, t.TempDir())
	b, replicaPort := startTCP(t, t.TempDir(), "--replicaof", "127.0.0.1 "+port)
	master, replica = a.client(), b.client()
	coretest.Eventually(t, "the replica is online", func() bool { return strings.Contains(master.Info("slave0"), "state=online") })
	return master, replica, replicaPort
}

func TestFailover(t *testing.T) {
	master, replica, port := pair(t)
	master.want("SET a 1", "OK")
	master.want("FAILOVER TO 127.0.0.1 "+port+" TIMEOUT 20000", "OK")
	coretest.Eventually(t, "the roles have changed", func() bool {
		return replica.Info("role") == "master" && master.Info("role") == "slave" && master.Info("master_failover_state") == "no-failover"
	})
	replica.want("SET b 2", "OK")
	follows(t, master, replica)
	if full := replica.Info("sync_full"); full != "0" {
		t.Errorf("%s full syncs", full)
	}
	if got := master.do("SET c 3"); !strings.HasPrefix(got, "-READONLY") {
		t.Errorf("the old master takes writes: %s", got)
	}
}

// TestFailoverHolds shows that writes wait while a replica has not everything, and go on
// when the failover comes to nothing.
func TestFailoverHolds(t *testing.T) {
	s := start(t)
	c, other := s.client(), s.client()
	f := s.greet()
	f.sync()
	f.SendAll("REPLCONF ACK 0")
	coretest.Eventually(t, "the replica is online", func() bool { return strings.Contains(c.Info("slave0"), "state=online") })
	c.want("SET a 1", "OK") // the replica will never acknowledge it

	c.want("FAILOVER", "OK")
	c.want("FAILOVER", "-ERR FAILOVER already in progress.")
	other.SendAll("SET b 2")
	coretest.Eventually(t, "the write is held back", func() bool { return c.Info("blocked_clients") == "1" })
	c.want("GET a", "1")
	if got := c.Info("master_failover_state"); got != "waiting-for-sync" {
		t.Errorf("the state is %s", got)
	}
	g := s.greet()
	if got := g.do("PSYNC ? -1"); got != "-NOMASTERLINK Can't SYNC while failing over" {
		t.Errorf("PSYNC: %s", got)
	}
	c.want("REPLICAOF 127.0.0.1 1", "-ERR REPLICAOF not allowed while failing over.")
	c.want("FAILOVER ABORT", "OK")
	if got := other.Reply(); got != "OK" {
		t.Errorf("the write that was held back: %s", got)
	}
	c.want("FAILOVER TIMEOUT 50", "OK")
	coretest.Eventually(t, "the time is up", func() bool { return c.Info("master_failover_state") == "no-failover" })
	c.want("SET c 3", "OK")
	c.want("FAILOVER ABORT", "-ERR No failover in progress.")
	c.want("FAILOVER TO 127.0.0.1 1", "-ERR FAILOVER target HOST and PORT is not a replica.")
	c.want("FAILOVER TO 127.0.0.1 1 FORCE", "-ERR FAILOVER with force option requires both a timeout and target HOST and IP.")
}

// TestTakeOver is the other side: a replica takes over for its own master only.
func TestTakeOver(t *testing.T) {
	master, replica, _ := pair(t)
	id := master.Info("master_replid")
	master.want("PSYNC "+id+" 1 FAILOVER", "-ERR PSYNC FAILOVER can't be sent to a master.")
	coretest.Eventually(t, "the replica has taken the dump in", func() bool { return replica.Info("master_link_status") == "up" })
	replica.want("PSYNC "+strings.Repeat("1", 40)+" 1 FAILOVER", "-ERR PSYNC FAILOVER replid must match my replid.")
	if replica.Info("role") != "slave" {
		t.Error("it has taken over")
	}
}
