package aof_test

import (
	"testing"

	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/modules/aof"
)

const noLog = "-ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled."

// WAITAOF waits for a sync, whoever makes it: the one of the second, of a changed
// policy, or none.
func TestWaitAOF(t *testing.T) {
	s := start(t, t.TempDir(), "--appendfsync", "no", "--io-threads", "2")
	c, other := s.Client(), s.Client()
	c.Want("SET k v", "OK")
	c.Want("WAITAOF 1 0 1", "0 0") // nobody syncs
	c.Want("MULTI", "OK")
	c.Want("WAITAOF 1 0 0", "QUEUED")
	c.Want("EXEC", "0 0") // nor waits there
	c.Send("WAITAOF 1 0 0")
	other.AwaitInfo("blocked_clients", "1")
	other.Want("CONFIG SET appendfsync everysec", "OK")
	c.WantReply("1 0")
	c.Want("SET k w", "OK")
	c.Want("WAITAOF 1 0 0", "1 0")
	c.Want("CONFIG SET appendfsync always", "OK")
	c.Want("SET k x", "OK")
	c.Want("WAITAOF 1 0 0", "1 0")
}

// One that waits for a log learns that there is none any more, and none does where
// there is not one yet, until there is.
func TestWaitAOFWithoutLog(t *testing.T) {
	s := start(t, t.TempDir(), "--appendfsync", "no")
	c, other := s.Client(), s.Client()
	c.Want("SET k v", "OK")
	for _, wait := range []string{"WAITAOF 1 0 0", "WAITAOF 1 1 0"} {
		c.Send("%s", wait)
		other.AwaitInfo("blocked_clients", "1")
		other.Want("CONFIG SET appendonly no", "OK")
		c.WantReply(noLog)
		c.Want("WAITAOF 1 0 0", noLog)
		c.Want("WAITAOF 0 0 0", "0 0")
		c.Want("CONFIG SET appendonly yes", "OK")
		c.Want("WAITAOF 1 0 0", "1 0") // the base of the new log is on the disk
		c.Want("SET k w", "OK")
	}
}

// Whoever is gone waits no more: the sync finds nobody.
func TestWaitAOFOfTheGone(t *testing.T) {
	s := start(t, t.TempDir(), "--appendfsync", "no")
	parked := func() int64 { return aof.Parked(s.Module("aof")) }
	c, other := s.Client(), s.Client()
	c.Want("SET k v", "OK")
	c.Send("WAITAOF 1 0 0")
	other.AwaitInfo("blocked_clients", "1")
	if n := parked(); n != 1 {
		t.Errorf("%d wait", n)
	}
	c.Conn.Close()
	other.AwaitInfo("blocked_clients", "0")
	coretest.Eventually(t, "the wait of a client that is gone is forgotten", func() bool { return parked() == 0 })
	other.Want("WAITAOF 1 0 1", "0 0")
	if n := parked(); n != 0 {
		t.Errorf("%d wait after the deadline", n)
	}
}
