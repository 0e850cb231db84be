package replication_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// follower is a replica that knows no more than the protocol.
type follower struct {
	*client
	id     string
	offset string
}

// greet shakes hands as Redis does.
func (s *server) greet() *follower {
	f := &follower{client: s.client()}
	f.want("PING", "PONG")
	f.want("REPLCONF listening-port 7000", "OK")
	f.want("REPLCONF capa eof capa psync2", "OK")
	return f
}

// sync asks for a full sync and returns the dump.
func (f *follower) sync() string {
	f.T.Helper()
	f.SendAll("PSYNC ? -1")
	words := strings.Fields(f.sign())
	if len(words) != 3 || words[0] != "+FULLRESYNC" || len(words[1]) != 40 {
		f.T.Fatalf("the reply to PSYNC is %q", words)
	}
	f.id, f.offset = words[1], words[2]
	return f.dump()
}

// sign reads a line that is no mere sign of life.
func (f *follower) sign() string {
	f.T.Helper()
	for {
		if line := f.line(); line != "" {
			return line
		}
	}
}

// dump reads a dump up to its mark.
func (f *follower) dump() string {
	f.T.Helper()
	head := f.sign()
	mark, ok := strings.CutPrefix(head, "$EOF:")
	if !ok || len(mark) != 40 {
		f.T.Fatalf("the dump begins with %q", head)
	}
	var b bytes.Buffer
	for !bytes.HasSuffix(b.Bytes(), []byte(mark)) {
		c, err := f.In.ReadByte()
		if err != nil {
			f.T.Fatalf("%v", err)
		}
		b.WriteByte(c)
	}
	return strings.TrimSuffix(b.String(), mark)
}

func TestFullSync(t *testing.T) {
	s := start(t)
	c := s.client()
	c.want("SET before 1", "OK")
	f := s.greet()
	dump := f.sync()
	if !strings.HasPrefix(dump, "REDIS0010") || !strings.Contains(dump, "before") || !strings.Contains(dump, "repl-offset") {
		t.Fatalf("the dump is %q", dump)
	}
	// What is written now is kept until the replica has loaded the dump.
	c.want("SET after 2", "OK")
	c.want("SELECT 3", "OK")
	c.want("INCR n", "1")
	if got := c.Info("slave0"); !strings.HasPrefix(got, "ip=") || !strings.Contains(got, "port=7000,state=online") {
		t.Fatalf("INFO says %q", got)
	}
	f.SendAll("REPLCONF ACK 0")
	stream := request("SELECT", "0") + request("SET", "after", "2") + request("SELECT", "3") + request("INCR", "n")
	f.expect(stream)

	// A transaction is one unit, a database is selected when it changes.
	c.do("MULTI")
	c.do("SET a 1")
	c.do("SET b 2")
	c.want("EXEC", "OK OK")
	f.expect(request("MULTI") + request("SET", "a", "1") + request("SET", "b", "2") + request("EXEC"))
	if c.Info("master_replid") != f.id || f.offset != "0" || c.Info("connected_slaves") != "1" || c.Info("sync_full") != "1" {
		t.Fatal(c.do("INFO"))
	}
}

func TestPartialSync(t *testing.T) {
	s := start(t)
	c := s.client()
	f := s.greet()
	f.sync()
	c.want("SET a 1", "OK")
	f.SendAll("REPLCONF ACK 0")
	stream := request("SELECT", "0") + request("SET", "a", "1")
	f.expect(stream)
	f.Conn.Close()
	c.want("SET b 2", "OK")

	for at := range stream { // wherever it was cut
		g := s.greet()
		g.SendAll("PSYNC " + f.id + " " + itoa(at+1))
		g.expect("+CONTINUE " + f.id + "\r\n" + stream[at:] + request("SET", "b", "2"))
		g.Conn.Close()
	}
	ok := len(stream)
	if got := c.Info("sync_partial_ok"); got != itoa(ok) {
		t.Fatalf("%s partial syncs, want %d", got, ok)
	}
	// Beyond the end, and with a history that nobody knows.
	for _, ask := range []string{f.id + " 1000", strings.Repeat("1", 40) + " 1"} {
		g := s.greet()
		g.SendAll("PSYNC " + ask)
		if line := g.sign(); !strings.HasPrefix(line, "+FULLRESYNC "+f.id) {
			t.Fatalf("PSYNC %s: %q", ask, line)
		}
		g.Conn.Close()
	}
	if got := c.Info("sync_partial_err"); got != "2" {
		t.Fatalf("%s refusals", got)
	}
	g := s.greet()
	g.want("PSYNC "+f.id+" x", "-ERR value is not an integer or out of range")
}

// TestSync is for those who know neither PSYNC nor the mark at the end.
func TestSync(t *testing.T) {
	s := start(t)
	c := s.client()
	c.want("SET a 1", "OK")
	f := &follower{client: s.client()}
	f.SendAll("SYNC")
	head := f.sign()
	if head[0] != '$' {
		t.Fatalf("SYNC: %q", head)
	}
	dump := f.bytes(atoi(head[1:]))
	if !strings.HasPrefix(dump, "REDIS0010") || dump[len(dump)-9] != rdb.OpEOF {
		t.Fatalf("the dump is %q", dump)
	}
	c.want("SET b 2", "OK") // it acknowledges nothing
	f.expect(request("SELECT", "0") + request("SET", "b", "2"))
}

func TestDumpOnly(t *testing.T) {
	s := start(t)
	c := s.client()
	c.want("SET key 1", "OK")
	library := "#!lua name=lib\nredis.register_function('f', function() return 1 end)"
	if _, err := io.WriteString(c.Conn, request("FUNCTION", "LOAD", library)); err != nil || c.Reply() != "lib" {
		t.Fatal("the library was not loaded")
	}
	f := s.greet()
	f.want("REPLCONF rdb-only 1", "OK")
	f.want("REPLCONF rdb-filter-only functions", "OK")
	f.SendAll("SYNC")
	dump := f.dump()
	f.ended()
	if strings.Contains(dump, "key") || !strings.Contains(dump, "register_function") {
		t.Fatalf("the dump is %q", dump)
	}
	f = &follower{client: s.client()}
	f.want("REPLCONF rdb-filter-only nothing", "-ERR Unsupported rdb-filter-only option: nothing")
	f.want("REPLCONF rdb-filter-only functions", "OK")
	f.want("SYNC", "-ERR Filtered replica requires EOF capability")
}

func TestReplConf(t *testing.T) {
	s := start(t)
	c := s.client()
	c.want("REPLCONF listening-port", "-ERR syntax error")
	c.want("REPLCONF nothing 1", "-ERR Unrecognized REPLCONF option: nothing")
	c.want("REPLCONF capa tomorrow capa eof", "OK")
	c.SendAll("REPLCONF ACK 1") // from no replica: no reply
	c.want("PING", "PONG")
	if _, err := c.Conn.Write([]byte(request("PING") + request("PSYNC", "?", "-1"))); err != nil {
		t.Fatal(err)
	}
	c.expect("+PONG\r\n-ERR SYNC and PSYNC are invalid with pending output\r\n")
}

// TestReplicaAsks shows that a replica gets no replies, which it would read as a part
// of the stream.
func TestReplicaAsks(t *testing.T) {
	s := start(t)
	f := s.greet()
	f.sync()
	f.SendAll("GET a")
	f.ended()
	coretest.Eventually(t, "the log tells", func() bool { return strings.Contains(s.Log.String(), "Replica generated a reply to command 'get'") })
	if text := "This master is sending an error to its replica: 'ERR Replica can't interact with the keyspace' after processing the command 'get'"; !strings.Contains(s.Log.String(), text) {
		t.Errorf("the log does not say: %s", text)
	}
	c := s.client()
	coretest.Eventually(t, "the replica is forgotten", func() bool { return c.Info("connected_slaves") == "0" })
}
