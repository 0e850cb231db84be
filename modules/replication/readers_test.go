package replication_test

import (
	"strings"
	"testing"
)

// TestFieldsThatExpire has replicas that cannot read them: who asks is told once, and waits then
// without work for the master; who is connected is not sent the commands. When the fields are
// gone, all get a dump.
func TestFieldsThatExpire(t *testing.T) {
	s := start(t)
	c := s.client()
	c.want("HSET h f v g w", "2")
	online := s.greet()
	online.sync()
	online.SendAll("REPLCONF ACK " + online.offset)
	c.want("HSETEX h FIELDS 1 f 1", "1")
	stream := request("SELECT", "0") + request("HSET", "h", "f", "1")
	online.expect(stream) // Redis 7.0 knows no HSETEX

	c.want("HSETEX h EX 1000 FIELDS 1 x y", "1")
	online.ended() // and has not got it

	told := s.greet()
	told.SendAll("PSYNC ? -1")
	if got := told.sign(); !strings.HasPrefix(got, "-NOMASTERLINK hashes have fields that expire") {
		t.Fatalf("told %q", got)
	}
	told.ended()
	waits := s.greet()
	waits.SendAll("PSYNC ? -1")
	waits.expect("\n") // a sign of life
	if got := c.Info("slave0"); !strings.Contains(got, "state=wait_bgsave") {
		t.Errorf("while it waits: %s", got)
	}
	if n := strings.Count(s.Log.String(), "refused"); n != 1 {
		t.Errorf("refused %d times:\n%s", n, s.Log)
	}
	tool := s.client() // that wants a dump only does not wait
	tool.want("REPLCONF rdb-only 1", "OK")
	if got := tool.do("SYNC"); !strings.HasPrefix(got, "-NOMASTERLINK") {
		t.Errorf("a dump only: %q", got)
	}

	c.want("HPERSIST h FIELDS 1 x", "1")
	if words := strings.Fields(waits.sign()); len(words) != 3 || words[0] != "+FULLRESYNC" {
		t.Errorf("after HPERSIST: %q", words)
	}
	waits.dump()
	back := s.greet()
	back.SendAll("PSYNC " + online.id + " " + itoa(atoi(online.offset)+len(stream)+1))
	if got := back.sign(); !strings.HasPrefix(got, "+FULLRESYNC") { // what it has missed it could not read
		t.Errorf("back again: %q", got)
	}

	c.want("CONFIG SET repl-rdb-version 12", "OK")
	c.want("HEXPIRE h 1000 FIELDS 1 x", "1")
	reads := s.greet()
	reads.sync()
}
