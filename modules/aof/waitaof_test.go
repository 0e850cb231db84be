package aof_test

import (
	"testing"

	"github.com/ferrousdb/ferrous/modules/aof"
)

const noLog = "-ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled."

// blocked waits until so many clients are blocked.
func (c *client) blocked(n string) {
	c.t.Helper()
	eventually(c.t, n+" blocked clients", func() bool { return c.field("clients", "blocked_clients") == n })
}

// WAITAOF waits for a sync, whoever makes it: the one of the second, of a changed
// policy, or none.
func TestWaitAOF(t *testing.T) {
	s := start(t, t.TempDir(), "--appendfsync", "no", "--io-threads", "2")
	c, other := s.client(), s.client()
	c.want("SET k v", "OK")
	c.want("WAITAOF 1 0 1", "0 0") // nobody syncs
	c.want("MULTI", "OK")
	c.want("WAITAOF 1 0 0", "QUEUED")
	c.want("EXEC", "0 0") // nor waits there
	if err := c.send("WAITAOF", "1", "0", "0"); err != nil {
		t.Fatal(err)
	}
	other.blocked("1")
	other.want("CONFIG SET appendfsync everysec", "OK")
	if got, err := c.reply(); err != nil || got != "1 0" {
		t.Errorf("%q, %v", got, err)
	}
	c.want("SET k w", "OK")
	c.want("WAITAOF 1 0 0", "1 0")
	c.want("CONFIG SET appendfsync always", "OK")
	c.want("SET k x", "OK")
	c.want("WAITAOF 1 0 0", "1 0")
}

// One that waits for a log learns that there is none any more, and none does where
// there is not one yet, until there is.
func TestWaitAOFWithoutLog(t *testing.T) {
	s := start(t, t.TempDir(), "--appendfsync", "no")
	c, other := s.client(), s.client()
	c.want("SET k v", "OK")
	for _, wait := range [][]string{{"WAITAOF", "1", "0", "0"}, {"WAITAOF", "1", "1", "0"}} {
		if err := c.send(wait...); err != nil {
			t.Fatal(err)
		}
		other.blocked("1")
		other.want("CONFIG SET appendonly no", "OK")
		if got, err := c.reply(); err != nil || got != noLog {
			t.Errorf("%q, %v", got, err)
		}
		c.want("WAITAOF 1 0 0", noLog)
		c.want("WAITAOF 0 0 0", "0 0")
		c.want("CONFIG SET appendonly yes", "OK")
		c.want("WAITAOF 1 0 0", "1 0") // the base of the new log is on the disk
		c.want("SET k w", "OK")
	}
}

// Whoever is gone waits no more: the sync finds nobody.
func TestWaitAOFOfTheGone(t *testing.T) {
	s := start(t, t.TempDir(), "--appendfsync", "no")
	parked := func() int64 { return aof.Parked(s.module("aof")) }
	c, other := s.client(), s.client()
	c.want("SET k v", "OK")
	if err := c.send("WAITAOF", "1", "0", "0"); err != nil {
		t.Fatal(err)
	}
	other.blocked("1")
	if n := parked(); n != 1 {
		t.Errorf("%d wait", n)
	}
	c.conn.Close()
	other.blocked("0")
	eventually(t, "the wait of a client that is gone is forgotten", func() bool { return parked() == 0 })
	other.want("WAITAOF 1 0 1", "0 0")
	if n := parked(); n != 0 {
		t.Errorf("%d wait after the deadline", n)
	}
}
