package replication_test

import (
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/coretest"
)

// TestWait waits for what replicas acknowledge, and asks them for it.
func TestWait(t *testing.T) {
	s := start(t, "--appendonly", "yes")
	c := s.client()
	f := s.greet()
	f.sync()
	f.SendAll("REPLCONF ACK 0")
	coretest.Eventually(t, "the replica is online", func() bool { return strings.Contains(c.Info("slave0"), "state=online") })
	c.want("WAIT 1 0", "1") // nothing was written
	c.want("SET a 1", "OK")
	stream := request("SELECT", "0") + request("SET", "a", "1")
	ask := request("REPLCONF", "GETACK", "*")
	c.SendAll("WAIT 1 0")
	f.expect(stream + ask)
	f.SendAll("REPLCONF ACK " + itoa(len(stream)-1))
	f.SendAll("REPLCONF ACK " + itoa(len(stream)))
	if got := c.Reply(); got != "1" {
		t.Errorf("WAIT: %s", got)
	}
	c.want("WAIT 2 1", "1")
	f.expect(ask)

	// The log of the replica is another thing.
	c.SendAll("WAITAOF 1 1 0")
	f.expect(ask)
	f.SendAll("REPLCONF ACK 1000 FACK " + itoa(len(stream)))
	if got := c.Reply(); got != "1 1" {
		t.Errorf("WAITAOF: %s", got)
	}
	c.want("MULTI", "OK")
	c.want("SET a 2", "QUEUED")
	c.want("WAIT 1 0", "QUEUED")
	c.want("EXEC", "OK 1") // the replica claims more than there is
}

// TestMinReplicas refuses writes without replicas.
func TestMinReplicas(t *testing.T) {
	s := start(t, "--min-replicas-to-write", "1")
	c := s.client()
	const refused = "-NOREPLICAS Not enough good replicas to write."
	c.want("SET a 1", refused)
	c.want("EXISTS a", "0")
	f := s.greet()
	f.sync()
	f.SendAll("REPLCONF ACK 0")
	coretest.Eventually(t, "writes are let through", func() bool { return c.do("SET a 1") == "OK" })
	if got := c.Info("min_slaves_good_slaves"); got != "1" {
		t.Errorf("%s good replicas", got)
	}
	f.Conn.Close()
	coretest.Eventually(t, "writes are refused again", func() bool { return c.do("SET a 1") == refused })
	c.want("CONFIG SET min-replicas-to-write 0", "OK")
	c.want("SET a 1", "OK")
}

// TestCutHandshake cuts a replica off at every byte of its handshake: nothing of it stays.
func TestCutHandshake(t *testing.T) {
	s := start(t)
	c := s.client()
	all := request("PING") + request("REPLCONF", "listening-port", "7000") + request("REPLCONF", "capa", "eof", "capa", "psync2")
	ask := request("PSYNC", "?", "-1")
	for at := range len(all) + len(ask) {
		f := s.client()
		first := all[:min(at, len(all))]
		if _, err := f.Conn.Write([]byte(first)); err != nil {
			t.Fatal(err)
		}
		if at > len(all) {
			f.expect("+PONG\r\n+OK\r\n+OK\r\n")
			if _, err := f.Conn.Write([]byte(ask[:at-len(all)])); err != nil {
				t.Fatal(err)
			}
		}
		f.Conn.Close()
	}
	for range 20 { // in the midst of the dump
		f := s.greet()
		f.SendAll("PSYNC ? -1")
		f.sign()
		f.Conn.Close()
	}
	coretest.Eventually(t, "all are forgotten", func() bool { return c.Info("connected_slaves") == "0" })
	f := s.greet()
	f.sync()
	f.SendAll("REPLCONF ACK 0")
	c.want("SET a 1", "OK")
	f.expect(request("SELECT", "0") + request("SET", "a", "1"))
}

// TestPublish shows what replicas get of messages, and that the database is not selected
// anew for each.
func TestPublish(t *testing.T) {
	s := start(t)
	c := s.client()
	f := s.greet()
	f.sync()
	f.SendAll("REPLCONF ACK 0")
	c.want("PUBLISH channel text", "0")
	c.want("MULTI", "OK")
	c.want("SET a 1", "QUEUED")
	c.want("PUBLISH channel text", "QUEUED")
	c.want("EXEC", "OK 0")
	f.expect(request("SELECT", "0") + request("PUBLISH", "channel", "text") +
		request("MULTI") + request("SET", "a", "1") + request("PUBLISH", "channel", "text") + request("EXEC"))
}
