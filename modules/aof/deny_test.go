package aof_test

import (
	"strings"
	"syscall"
	"testing"

	"github.com/ferrousdb/ferrous/modules/aof"
)

// TestFullDiskDeniesWrites: while the log cannot be written nothing may change,
// and when it can be again all of it is there.
func TestFullDiskDeniesWrites(t *testing.T) {
	for _, fsync := range []string{"everysec", "always"} {
		s := start(t, t.TempDir(), "--appendfsync", fsync)
		c, other := s.client(), s.client()
		fail, safe := aof.Divert(s.module("aof"))
		c.want("SET a 1", "OK")
		first := command("SELECT 0") + command("SET a 1")
		eventually(t, "the first write", func() bool { return safe() == first }) // which everysec does after the reply
		fail(syscall.ENOSPC)
		if err := other.send("SET", "b", "2"); err != nil {
			t.Fatal(err)
		}
		// Nothing unacknowledged is acknowledged: with always the connection ends.
		reply, err := other.reply()
		if fsync == "always" && err == nil || fsync == "everysec" && reply != "OK" {
			t.Errorf("%s: %q, %v", fsync, reply, err)
		}
		const misconf = "-MISCONF Errors writing to the AOF file: No space left on device"
		eventually(t, "refusal", func() bool { return c.do("SET c 3") == misconf })
		c.want("PING", misconf)
		c.want("GET a", "1")
		c.want("MULTI", "OK")
		c.want("SET c 3", misconf)
		c.want("EXEC", "-EXECABORT Transaction discarded because of previous errors.")
		if got := c.info("aof_last_write_status"); got != "err" {
			t.Errorf("%s: status %s", fsync, got)
		}
		fail(nil)
		eventually(t, "writes", func() bool { return c.do("SET c 3") == "OK" })
		if got := c.info("aof_last_write_status"); got != "ok" {
			t.Errorf("%s: status %s", fsync, got)
		}
		whole := first + command("SET b 2") + command("SET c 3")
		eventually(t, "the whole log", func() bool { return safe() == whole })
		log := s.log.String()
		if strings.Count(log, "Error writing to the AOF file") != 1 || !strings.Contains(log, "AOF write error looks solved") {
			t.Error(log)
		}
	}
}

// TestShutdownOfAFullDisk: a server whose log is not complete does not stop
// because it is asked to, unless it is told that this does not matter.
func TestShutdownOfAFullDisk(t *testing.T) {
	s := start(t, t.TempDir())
	c := s.client()
	fail, _ := aof.Divert(s.module("aof"))
	fail(syscall.EIO)
	c.want("SET a 1", "OK")
	if got := c.do("SHUTDOWN"); !strings.HasPrefix(got, "-ERR Errors trying to SHUTDOWN") {
		t.Errorf("%q", got)
	}
	if err := c.send("SHUTDOWN", "NOSAVE"); err != nil {
		t.Fatal(err)
	}
	if reply, err := c.reply(); err == nil {
		t.Errorf("it goes on: %q", reply)
	}
}

// TestSwitchOffEndsRefusal: without a log nothing is refused for its sake.
func TestSwitchOffEndsRefusal(t *testing.T) {
	s := start(t, t.TempDir())
	c := s.client()
	fail, _ := aof.Divert(s.module("aof"))
	fail(syscall.EIO)
	c.do("SET a 1")
	eventually(t, "refusal", func() bool { return strings.HasPrefix(c.do("SET b 2"), "-MISCONF") })
	c.want("CONFIG SET appendonly no", "OK")
	c.want("SET b 2", "OK")
	fail(nil)
	c.want("CONFIG SET appendonly yes", "OK")
	c.rewritten()
	digest := c.do("DEBUG DIGEST")
	c.want("DEBUG LOADAOF", "OK")
	c.want("DEBUG DIGEST", digest)
}
