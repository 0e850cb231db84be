package replication_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/coretest"
)

// What people have reported of Redis, each as a test. The numbers are those of redis/redis unless
// they say otherwise. Tests of the same kind in other files:
//
//	#3899           conformance/topology, TestKilledLink
//	#5228 #4102 #8015 #8591 #10686   TestRestart, TestSelectedDB
//	#10243          TestPartialSync, TestReplConf
//	#9752           TestCutEverywhere (cut in the midst of the mark, with swapdb)
//	#11261          TestDumpOnly
//	#11534 #11558   TestSpill
//	#11922 #6393    TestWait; conformance/topology -promises
//	#9572 #6842 #1768   TestLocalKeys
//	#994 #11750     TestFullSync, conformance TestReplicasOfFerrous
//	#2694, valkey #885  TestPromotedInTheMidst, TestMiddleResyncs
//	valkey #2188    TestSelectedDB
//
// What cannot happen here: #7031, an offset that leaves PINGs out, is not there; nor is a second connection
// for dumps (valkey #3044, #2983, #885 where they concern it).

// #7306: when a replica begins anew its own replicas must do so, too. #2694: and nobody goes on with
// the history that it had.
func TestMiddleResyncs(t *testing.T) {
	first, firstPort := startTCP(t, t.TempDir())
	other, otherPort := startTCP(t, t.TempDir())
	middle, middlePort := startTCP(t, t.TempDir(), "--replicaof", "127.0.0.1 "+firstPort)
	last, _ := startTCP(t, t.TempDir(), "--replicaof", "127.0.0.1 "+middlePort)
	a, b, m, l := first.client(), other.client(), middle.client(), last.client()
	a.fill("1")
	b.fill("2")
	b.fill("3")
	follows(t, m, a)
	follows(t, l, a)
	id, at := m.Info("master_replid"), m.Info("master_repl_offset")
	m.want("REPLICAOF 127.0.0.1 "+otherPort, "OK")
	follows(t, m, b)
	b.fill("4")
	follows(t, m, b)
	follows(t, l, b)
	f := middle.greet()
	f.SendAll("PSYNC " + id + " " + at)
	if got := f.sign(); !strings.HasPrefix(got, "+FULLRESYNC") {
		t.Errorf("who asks for the history that the data had before: %s", got)
	}
}

// #4268, #4274: there and back again without a full sync. #4607: who is promoted keeps its backlog,
// also if nobody has asked for anything for long.
func TestThereAndBack(t *testing.T) {
	x, xPort := startTCP(t, t.TempDir(), "--repl-backlog-ttl", "1")
	y, yPort := startTCP(t, t.TempDir(), "--repl-backlog-ttl", "1", "--replicaof", "127.0.0.1 "+xPort)
	a, b := x.client(), y.client()
	a.fill("1")
	follows(t, b, a)
	since := time.Now()
	coretest.Eventually(t, "a backlog that has no readers would be given up", func() bool { return time.Since(since) > 1500*time.Millisecond })
	for _, c := range []*client{a, b} {
		c.want("CONFIG SET repl-backlog-ttl 3600", "OK") // what follows may take a busy machine longer than a second
	}
	for i := range 3 {
		b.want("REPLICAOF NO ONE", "OK")
		b.fill(fmt.Sprint("there", i))
		a.want("REPLICAOF 127.0.0.1 "+yPort, "OK")
		follows(t, a, b)
		a.want("REPLICAOF NO ONE", "OK")
		a.fill(fmt.Sprint("back", i))
		b.want("REPLICAOF 127.0.0.1 "+xPort, "OK")
		follows(t, b, a)
	}
	if one, two := a.Info("sync_full"), b.Info("sync_full"); one != "1" || two != "0" {
		t.Errorf("%s and %s full syncs", one, two)
	}
}

// #5484: when the backlog has gone, and with it the id, a replica that comes back begins anew.
func TestBacklogGone(t *testing.T) {
	m, port := startTCP(t, t.TempDir(), "--repl-backlog-ttl", "1")
	r, _ := startTCP(t, t.TempDir(), "--replicaof", "127.0.0.1 "+port)
	master, replica := m.client(), r.client()
	master.fill("1")
	follows(t, replica, master)
	id := master.Info("master_replid")
	replica.want("REPLICAOF NO ONE", "OK")
	coretest.Eventually(t, "the backlog is given up", func() bool { return master.Info("repl_backlog_active") == "0" })
	master.fill("2")
	if master.Info("master_replid") == id {
		t.Error("the id is the same, and what was written is not in the stream")
	}
	replica.want("REPLICAOF 127.0.0.1 "+port, "OK")
	follows(t, replica, master)
}

// #12937, #12113, #13483: after a failover the other replicas go on, too.
func TestFailoverSpares(t *testing.T) {
	m, port := startTCP(t, t.TempDir(), "--repl-ping-replica-period", "1")
	h, heirPort := startTCP(t, t.TempDir(), "--replicaof", "127.0.0.1 "+port)
	o, _ := startTCP(t, t.TempDir(), "--replicaof", "127.0.0.1 "+port)
	master, heir, other := m.client(), h.client(), o.client()
	follows(t, heir, master)
	follows(t, other, master)
	master.fill("1")
	master.want("FAILOVER TO 127.0.0.1 "+heirPort+" TIMEOUT 20000", "OK")
	coretest.Eventually(t, "the roles have changed", func() bool { return heir.Info("role") == "master" && master.Info("role") == "slave" })
	heir.fill("2")
	other.want("REPLICAOF 127.0.0.1 "+heirPort, "OK")
	follows(t, other, heir)
	follows(t, master, heir)
	if got := heir.Info("sync_full"); got != "0" {
		t.Errorf("%s full syncs", got)
	}
}

// #2972: a master that has no data for now has not lost the history.
func TestMasterForNowUnable(t *testing.T) {
	at := core.Position{ID: strings.Repeat("a", 40), Offset: 100}
	data := dumpAt(t, at)
	var asked []string
	refusals := []string{"-NOMASTERLINK Can't SYNC while not connected with my master\r\n", "-LOADING Redis is loading the dataset in memory\r\n"}
	port := scripted(t, func(n int, c net.Conn, r *bufio.Reader) {
		for {
			words, err := heard(r)
			switch {
			case err != nil:
				return
			case words[0] == "PING":
				_, _ = io.WriteString(c, "+PONG\r\n")
			case words[0] == "PSYNC":
				asked = append(asked, strings.Join(words, " "))
				switch {
				case n == 0:
					fmt.Fprintf(c, "+FULLRESYNC %s %d\r\n$%d\r\n%s%s", at.ID, at.Offset, len(data), data, request("SELECT", "0"))
				case n <= len(refusals):
					_, _ = io.WriteString(c, refusals[n-1])
				default:
					_, _ = io.WriteString(c, "+CONTINUE\r\n"+request("SET", "on", "1"))
				}
			case words[0] == "REPLCONF" && words[1] != "ACK":
				_, _ = io.WriteString(c, "+OK\r\n")
			case words[0] == "REPLCONF" && n == 0 && words[2] == strconv.Itoa(100+len(request("SELECT", "0"))):
				return
			}
		}
	})
	s, _ := startTCP(t, t.TempDir(), "--replicaof", "127.0.0.1 "+port)
	c := s.client()
	coretest.Eventually(t, "it goes on", func() bool { return c.do("GET on") == "1" })
	c.want("REPLICAOF NO ONE", "OK")
	again := fmt.Sprintf("PSYNC %s %d", at.ID, 100+len(request("SELECT", "0"))+1)
	if got := strings.Join(asked, ", "); got != "PSYNC ? -1, "+again+", "+again+", "+again {
		t.Errorf("it has asked %s", got)
	}
}

// #1271: the first and the last byte of the backlog, and those beside them.
func TestBacklogEdges(t *testing.T) {
	s := start(t, "--repl-backlog-size", "100kb")
	c := s.client()
	f := s.greet()
	f.sync()
	f.Conn.Close()
	for range 50 {
		c.want("SET key "+strings.Repeat("x", 10_000), "OK")
	}
	first, length := atoi(c.Info("repl_backlog_first_byte_offset")), atoi(c.Info("repl_backlog_histlen"))
	for at, want := range map[int]string{first - 1: "+FULLRESYNC", first: "+CONTINUE", first + length: "+CONTINUE", first + length + 1: "+FULLRESYNC"} {
		g := s.greet()
		g.SendAll("PSYNC " + f.id + " " + itoa(at))
		if got := g.sign(); !strings.HasPrefix(got, want) {
			t.Errorf("PSYNC %d of %d to %d: %s", at, first, first+length, got)
		} else if at == first {
			g.bytes(length)
		}
		g.Conn.Close()
	}
}

// #8762: a replica that takes nothing of its dump holds no other one up. #8070: nor does a save that
// runs.
func TestHungReplica(t *testing.T) {
	s, port := startTCP(t, t.TempDir())
	c := s.client()
	c.want("DEBUG POPULATE 200000 key 100", "OK")
	for range 2 {
		hung := s.greet()
		hung.SendAll("PSYNC ? -1")
		hung.sign()
	}
	c.want("CONFIG SET rdb-key-save-delay 100", "OK")
	c.want("BGSAVE", "Background saving started")
	c.want("CONFIG SET rdb-key-save-delay -1000000", "OK")
	r, _ := startTCP(t, t.TempDir(), "--replicaof", "127.0.0.1 "+port)
	follows(t, r.client(), c)
	if got := c.Info("connected_slaves"); got != "3" {
		t.Errorf("%s replicas", got)
	}
}

// #11666, #11667: a command larger than the limits of the replica's buffers comes through. #9340: it is
// no query either.
func TestLargeCommand(t *testing.T) {
	m, port := startTCP(t, t.TempDir(), "--client-output-buffer-limit", "replica 1mb 1mb 1", "--repl-backlog-size", "16kb")
	r, _ := startTCP(t, t.TempDir(), "--replicaof", "127.0.0.1 "+port, "--client-query-buffer-limit", "1mb")
	master, replica := m.client(), r.client()
	follows(t, replica, master)
	for i := range 3 {
		master.want(fmt.Sprintf("SET k%d %s", i, strings.Repeat("x", 8<<20)), "OK")
	}
	follows(t, replica, master)
	if got := master.Info("sync_full"); got != "1" {
		t.Errorf("%s full syncs", got)
	}
}

// #7523: a link that was never up is not down since some time.
func TestNeverConnected(t *testing.T) {
	s := start(t)
	c := s.client()
	c.want("REPLICAOF 127.0.0.1 "+coretest.FreePort(t), "OK")
	if got := c.Info("master_link_down_since_seconds"); got != "-1" {
		t.Errorf("down since %s seconds", got)
	}
	m, port := startTCP(t, t.TempDir())
	c.want("REPLICAOF 127.0.0.1 "+port, "OK")
	follows(t, c, m.client())
	c.want("REPLICAOF 127.0.0.1 "+coretest.FreePort(t), "OK")
	if got := c.Info("master_link_down_since_seconds"); got != "0" {
		t.Errorf("it was up a moment ago, and is down since %s seconds", got)
	}
}

// #3836: a master that is a replica for a moment, in a transaction, has not lost its own replicas.
func TestReplicaForAMoment(t *testing.T) {
	m, port := startTCP(t, t.TempDir())
	r, _ := startTCP(t, t.TempDir(), "--replicaof", "127.0.0.1 "+port)
	master, replica := m.client(), r.client()
	follows(t, replica, master)
	master.want("MULTI", "OK")
	master.want("REPLICAOF 127.0.0.1 "+coretest.FreePort(t), "QUEUED")
	master.want("EXEC", "OK")
	master.want("REPLICAOF NO ONE", "OK")
	master.want("SET a value", "OK")
	follows(t, replica, master)
	replica.want("GET a", "value")
}
