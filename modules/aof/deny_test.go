package aof_test

import (
	"strings"
	"syscall"
	"testing"

	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/modules/aof"
)

// TestFullDiskDeniesWrites: while the log cannot be written nothing may change,
// and when it can be again all of it is there.
func TestFullDiskDeniesWrites(t *testing.T) {
	for _, fsync := range []string{"everysec", "always"} {
		s := start(t, t.TempDir(), "--appendfsync", fsync)
		c, other := s.Client(), s.Client()
		fail, safe := aof.Divert(s.Module("aof"))
		c.Want("SET a 1", "OK")
		first := command("SELECT 0") + command("SET a 1")
		coretest.Eventually(t, "the first write", func() bool { return safe() == first }) // which everysec does after the reply
		fail(syscall.ENOSPC)
		other.Send("SET b 2")
		// Nothing unacknowledged is acknowledged: with always the connection ends.
		other.WantReply(map[string]string{"always": "(closed)", "everysec": "OK"}[fsync])
		const misconf = "-MISCONF Errors writing to the AOF file: No space left on device"
		coretest.Eventually(t, "refusal", func() bool { return c.Do("PING") == misconf }) // a SET could be just in time
		c.Want("SET c 3", misconf)
		c.Want("GET a", "1")
		c.Want("MULTI", "OK")
		c.Want("SET c 3", misconf)
		c.Want("EXEC", "-EXECABORT Transaction discarded because of previous errors.")
		if got := c.Info("aof_last_write_status"); got != "err" {
			t.Errorf("%s: status %s", fsync, got)
		}
		fail(nil)
		coretest.Eventually(t, "writes", func() bool { return c.Do("SET c 3") == "OK" })
		if got := c.Info("aof_last_write_status"); got != "ok" {
			t.Errorf("%s: status %s", fsync, got)
		}
		whole := first + command("SET b 2") + command("SET c 3")
		coretest.Eventually(t, "the whole log", func() bool { return safe() == whole })
		log := s.Log.String()
		if strings.Count(log, "Error writing to the AOF file") != 1 || !strings.Contains(log, "AOF write error looks solved") {
			t.Error(log)
		}
	}
}

// TestShutdownOfAFullDisk: a server whose log is not complete does not stop
// because it is asked to, unless it is told that this does not matter.
func TestShutdownOfAFullDisk(t *testing.T) {
	s := start(t, t.TempDir())
	c := s.Client()
	fail, _ := aof.Divert(s.Module("aof"))
	fail(syscall.EIO)
	c.Want("SET a 1", "OK")
	if got := c.Do("SHUTDOWN"); !strings.HasPrefix(got, "-ERR Errors trying to SHUTDOWN") {
		t.Errorf("%q", got)
	}
	c.Want("SHUTDOWN NOSAVE", "(closed)")
}

// TestSwitchOffEndsRefusal: without a log nothing is refused for its sake.
func TestSwitchOffEndsRefusal(t *testing.T) {
	s := start(t, t.TempDir())
	c := s.Client()
	fail, _ := aof.Divert(s.Module("aof"))
	fail(syscall.EIO)
	c.Do("SET a 1")
	coretest.Eventually(t, "refusal", func() bool { return strings.HasPrefix(c.Do("SET b 2"), "-MISCONF") })
	c.Want("CONFIG SET appendonly no", "OK")
	c.Want("SET b 2", "OK")
	fail(nil)
	c.Want("CONFIG SET appendonly yes", "OK")
	rewritten(c)
	digest := c.Do("DEBUG DIGEST")
	c.Want("DEBUG LOADAOF", "OK")
	c.Want("DEBUG DIGEST", digest)
}
