package aof_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core/coretest"
)

// TestRestart: what was written is there again, in whatever form the base is.
func TestRestart(t *testing.T) {
	for _, dump := range []string{"yes", "no"} {
		dir := t.TempDir()
		s := start(t, dir, "--aof-use-rdb-preamble", dump)
		c := s.Client()
		fill(c)
		digest := c.Do("DEBUG DIGEST")
		c.Want("DEBUG LOADAOF", "OK")
		c.Want("DEBUG DIGEST", digest)
		s.Stop()
		s = start(t, dir)
		c = s.Client()
		c.Want("DEBUG DIGEST", digest)
		c.Want("CONFIG SET aof-use-rdb-preamble "+dump, "OK")
		c.Want("BGREWRITEAOF", "Background append only file rewriting started")
		rewritten(c)
		c.Do("SELECT 5")
		c.Do("SET after rewrite")
		digest = c.Do("DEBUG DIGEST")
		base := map[string]string{"yes": "2.base.rdb", "no": "2.base.aof"}[dump]
		s.wantManifest(base + " b, 2.incr.aof i")
		s.Stop()
		s = start(t, dir, "--aof-use-rdb-preamble", dump)
		s.Client().Want("DEBUG DIGEST", digest)
		names, err := os.ReadDir(filepath.Join(dir, "appendonlydir"))
		if err != nil || len(names) != 3 {
			t.Errorf("%v, %v", names, err)
		}
	}
}

// TestExpiredKeysStayGone: a key whose time comes while nobody serves is gone
// afterwards, though the log cannot say so.
func TestExpiredKeysStayGone(t *testing.T) {
	dir := logDir(t, oneIncr, map[string]string{"appendonly.aof.1.incr.aof": command("RPUSH l a") + command("PEXPIREAT l 1000") +
		command("RPUSH l b") + command("SET k v")})
	c := start(t, dir).Client()
	c.Want("LLEN l", "0")
	c.Want("GET k", "v")
}

// TestSwitchOnAndOff: the log begins with a rewrite, and its numbers go on when
// it is switched on again.
func TestSwitchOnAndOff(t *testing.T) {
	s := start(t, t.TempDir(), "--appendonly", "no")
	c := s.Client()
	c.Want("INFO nothing", "")
	c.Do("SET a 1")
	c.Want("CONFIG SET appendonly yes", "OK")
	c.Want("SET b 2", "OK")
	rewritten(c)
	s.wantManifest("1.base.rdb b, 1.incr.aof i")
	c.Do("SET c 3")
	digest := c.Do("DEBUG DIGEST")
	c.Want("DEBUG LOADAOF", "OK")
	c.Want("DEBUG DIGEST", digest)
	c.Want("CONFIG SET appendonly no", "OK")
	c.Want("SET d 4", "OK")
	c.Want("DEBUG LOADAOF", "OK")
	c.Want("DEBUG DIGEST", digest)
	c.Want("BGREWRITEAOF", "Background append only file rewriting started")
	rewritten(c)
	s.wantManifest("2.base.rdb b")
	c.Want("CONFIG SET appendonly yes", "OK")
	rewritten(c)
	s.wantManifest("3.base.rdb b, 2.incr.aof i")
	c.Want("DEBUG LOADAOF", "OK")
	c.Want("DEBUG DIGEST", digest)
}

// TestSwitchOnIsStopped: a log that is switched off before it has a base leaves
// nothing behind, and nothing of it is used later.
func TestSwitchOnIsStopped(t *testing.T) {
	s := start(t, t.TempDir(), "--appendonly", "no")
	c := s.Client()
	for i := range 5 {
		c.Do("SET k%d v", i)
	}
	c.Want("CONFIG SET rdb-key-save-delay 10000000", "OK")
	c.Want("CONFIG SET appendonly yes", "OK")
	coretest.Eventually(t, "the temporary increment", func() bool { return exists(s.Dir, "temp-appendonly.aof.incr") })
	c.Want("SET lost 1", "OK")
	if got := c.Info("aof_rewrite_in_progress"); got != "1" {
		t.Errorf("in progress: %s", got)
	}
	c.Want("BGREWRITEAOF", "-ERR Background append only file rewriting already in progress")
	c.Want("CONFIG SET appendonly no", "OK")
	rewritten(c)
	if exists(s.Dir, "temp-appendonly.aof.incr") || exists(s.Dir, "appendonly.aof.manifest") {
		t.Error("files are left")
	}
	c.Want("CONFIG SET rdb-key-save-delay 0", "OK")
	c.Want("CONFIG SET appendonly yes", "OK")
	rewritten(c)
	s.wantManifest("1.base.rdb b, 1.incr.aof i")
	digest := c.Do("DEBUG DIGEST")
	c.Want("DEBUG LOADAOF", "OK")
	c.Want("DEBUG DIGEST", digest)
}

func exists(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, "appendonlydir", name))
	return err == nil
}

// TestScheduled: while another job has the place a rewrite is put off.
func TestScheduled(t *testing.T) {
	s := start(t, t.TempDir())
	c := s.Client()
	if !s.Background().Begin("rdb") {
		t.Fatal("the place is taken")
	}
	c.Want("BGREWRITEAOF", "Background append only file rewriting scheduled")
	if got := c.Info("aof_rewrite_scheduled"); got != "1" {
		t.Errorf("scheduled: %s", got)
	}
	s.wantManifest("1.base.rdb b, 1.incr.aof i")
	s.Background().End()
	rewritten(c)
	s.wantManifest("2.base.rdb b, 2.incr.aof i")
	c.Want("MULTI", "OK")
	c.Want("BGREWRITEAOF", "QUEUED")
	c.Want("EXEC", "Background append only file rewriting scheduled")
	rewritten(c)
	s.wantManifest("3.base.rdb b, 3.incr.aof i")
}

// TestAutomaticRewrite: a log that has grown enough is rewritten.
func TestAutomaticRewrite(t *testing.T) {
	s := start(t, t.TempDir(), "--auto-aof-rewrite-min-size", "4kb", "--auto-aof-rewrite-percentage", "100")
	c := s.Client()
	for range 500 {
		c.Do("SET k %s", strings.Repeat("x", 100))
	}
	coretest.Eventually(t, "a rewrite", func() bool { return c.Info("aof_rewrites") != "0" })
	rewritten(c)
	if got := s.manifest(); strings.HasPrefix(got, "1.") {
		t.Error(got)
	}
}

// TestFailedRewrites: each leaves an increment, and the chain stays whole; after
// the third the next waits. One that is asked for does not, and takes all away.
func TestFailedRewrites(t *testing.T) {
	s := start(t, t.TempDir())
	c := s.Client()
	// A directory where the base is to be makes a rewrite fail at its end.
	obstacle := filepath.Join(s.Dir, "appendonlydir", "appendonly.aof.2.base.rdb")
	if err := os.Mkdir(obstacle, 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		c.Do("SET before%d x", i)
		c.Want("BGREWRITEAOF", "Background append only file rewriting started")
		c.Do("SET after%d x", i)
		rewritten(c)
	}
	if c.Info("aof_last_bgrewrite_status") != "err" || c.Info("aof_rewrites_consecutive_failures") != "3" {
		t.Error(c.Do("INFO persistence"))
	}
	s.wantManifest("1.base.rdb b, 1.incr.aof i, 2.incr.aof i, 3.incr.aof i, 4.incr.aof i")
	digest := c.Do("DEBUG DIGEST")
	c.Want("DEBUG LOADAOF", "OK")
	c.Want("DEBUG DIGEST", digest)
	c.Do("CONFIG SET auto-aof-rewrite-percentage 1 auto-aof-rewrite-min-size 1")
	coretest.Eventually(t, "the limit", func() bool { return strings.Contains(s.Log.String(), "triggered the limit") })
	s.wantManifest("1.base.rdb b, 1.incr.aof i, 2.incr.aof i, 3.incr.aof i, 4.incr.aof i")
	if err := os.Remove(obstacle); err != nil {
		t.Fatal(err)
	}
	c.Do("CONFIG SET auto-aof-rewrite-percentage 0")
	c.Want("BGREWRITEAOF", "Background append only file rewriting started")
	rewritten(c)
	s.wantManifest("2.base.rdb b, 5.incr.aof i")
	c.Want("DEBUG LOADAOF", "OK")
	c.Want("DEBUG DIGEST", digest)
}

func TestHistoryIsKept(t *testing.T) {
	s := start(t, t.TempDir())
	c := s.Client()
	c.Want("CONFIG SET aof-disable-auto-gc yes", "OK")
	for range 2 {
		c.Do("BGREWRITEAOF")
		rewritten(c)
	}
	s.wantManifest("3.base.rdb b, 2.incr.aof h, 2.base.rdb h, 1.incr.aof h, 1.base.rdb h, 3.incr.aof i")
	if !exists(s.Dir, "appendonly.aof.1.base.rdb") {
		t.Error("the history is gone")
	}
	c.Want("CONFIG SET aof-disable-auto-gc no", "OK")
	s.wantManifest("3.base.rdb b, 3.incr.aof i")
	if exists(s.Dir, "appendonly.aof.1.base.rdb") {
		t.Error("the history is still there")
	}
}

// TestRewriteUnderLoad: several clients write, in transactions too, while the
// log is rewritten again and again and its directory copied at odd moments. No
// copy has half a transaction, none lacks what was acknowledged before it was
// made, and the last log holds exactly what the server holds.
func TestRewriteUnderLoad(t *testing.T) {
	for _, dump := range []string{"yes", "no"} {
		s := start(t, t.TempDir(), "--appendfsync", "always", "--aof-use-rdb-preamble", dump, "--io-threads", "2")
		c := s.Client()
		var acknowledged [3]atomic.Int64
		stop := make(chan struct{})
		var wg sync.WaitGroup
		for k := range acknowledged {
			w := s.Client()
			wg.Go(func() {
				for i := int64(1); ; i++ {
					select {
					case <-stop:
						return
					default:
					}
					w.Do("MULTI")
					w.Do("SET a%d %d", k, i)
					w.Do("SADD set%d %d", k, i)
					w.Do("SET b%d %d", k, i)
					w.Do("EXEC")
					acknowledged[k].Store(i)
				}
			})
		}
		for range 3 {
			var least [3]int64
			for k := range least {
				least[k] = acknowledged[k].Load()
			}
			crashed := copyDir(t, s.Dir)
			c.Do("BGREWRITEAOF")
			rewritten(c)
			if dump == "yes" || strings.Contains(manifestOf(t, crashed), " b") {
				after := start(t, crashed).Client()
				for k := range least {
					a, b := after.Do("GET a%d", k), after.Do("GET b%d", k)
					var n int64
					_, _ = fmt.Sscan(a, &n)
					if a != b || n < least[k] {
						t.Errorf("client %d: a %s, b %s, acknowledged %d", k, a, b, least[k])
					}
				}
			}
		}
		close(stop)
		wg.Wait()
		digest := c.Do("DEBUG DIGEST")
		c.Want("DEBUG LOADAOF", "OK")
		c.Want("DEBUG DIGEST", digest)
		s.Stop()
		start(t, s.Dir).Client().Want("DEBUG DIGEST", digest)
	}
}

func manifestOf(t *testing.T, dir string) string {
	b, err := os.ReadFile(filepath.Join(dir, "appendonlydir", "appendonly.aof.manifest"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestAlwaysWaits: with appendfsync always no reply leaves before the log is
// written, not that of a reader either.
func TestAlwaysWaits(t *testing.T) {
	s := start(t, t.TempDir(), "--appendfsync", "always")
	c, other := s.Client(), s.Client()
	c.Want("DEBUG AOF-FLUSH-SLEEP 300000", "OK")
	begin := time.Now()
	c.Send("SET k v")
	coretest.Eventually(t, "the write", func() bool { return other.Do("GET k") == "v" })
	if took := time.Since(begin); took < 250*time.Millisecond {
		t.Errorf("another client saw it after %v", took)
	}
	c.WantReply("OK")
	c.Want("DEBUG AOF-FLUSH-SLEEP 0", "OK")
}

// TestUnitsAreWhole: a transaction is one unit, and a command says once which
// database it is for.
func TestUnitsAreWhole(t *testing.T) {
	s := start(t, t.TempDir())
	c := s.Client()
	for _, cmd := range []string{"SET a 1", "SELECT 2", "MULTI", "SET b 2", "SELECT 0", "INCR a", "EXEC", "DEL nothing", "INCR a"} {
		c.Do("%s", cmd)
	}
	s.Stop()
	b, err := os.ReadFile(filepath.Join(s.Dir, "appendonlydir", "appendonly.aof.1.incr.aof"))
	if err != nil {
		t.Fatal(err)
	}
	want := command("SELECT 0") + command("SET a 1") + command("MULTI") + command("SELECT 2") + command("SET b 2") +
		command("SELECT 0") + command("INCR a") + command("EXEC") + command("INCR a")
	if string(b) != want {
		t.Errorf("%q, want %q", b, want)
	}
}

func TestTimestamps(t *testing.T) {
	for _, dump := range []string{"yes", "no"} {
		s := start(t, t.TempDir(), "--aof-timestamp-enabled", "yes", "--aof-use-rdb-preamble", dump)
		c := s.Client()
		c.Do("SET a 1")
		c.Do("BGREWRITEAOF")
		rewritten(c)
		coretest.Eventually(t, "the next second", func() bool {
			c.Do("MULTI")
			c.Do("INCR n")
			c.Do("INCR n")
			c.Do("EXEC")
			b, _ := os.ReadFile(filepath.Join(s.Dir, "appendonlydir", "appendonly.aof.2.incr.aof"))
			return strings.Contains(string(b), "#TS:") && strings.Count(string(b), "MULTI") > 1
		})
		digest := c.Do("DEBUG DIGEST")
		c.Want("DEBUG LOADAOF", "OK")
		c.Want("DEBUG DIGEST", digest)
	}
}
