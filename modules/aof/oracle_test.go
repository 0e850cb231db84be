package aof_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/coretest"
)

// The oracle is a real redis-server: what one writes the other loads.

// redis starts a real server on the files of a directory and returns a
// connection; stop ends it.
func redis(t *testing.T, dir string, args ...string) (c *coretest.Client, stop func()) {
	t.Helper()
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("no redis-server in PATH")
	}
	socket := filepath.Join(t.TempDir(), "r")
	cmd := exec.Command(binary, append([]string{"--port", "0", "--unixsocket", socket, "--dir", dir, "--save", "",
		"--appendonly", "yes", "--enable-debug-command", "yes"}, args...)...)
	var out coretest.Log
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	stop = func() {
		_ = cmd.Process.Signal(os.Interrupt)
		<-ended
	}
	t.Cleanup(func() {
		stop()
		if t.Failed() {
			t.Log(out.String())
		}
	})
	c = coretest.Dial(t, socket)
	coretest.Eventually(t, "redis-server has loaded", func() bool { return c.Do("PING") == "PONG" })
	return c, stop
}

// TestRedisReadsOurs: a real server loads our log, base and increments, to the
// same data, and its checker finds it sound.
func TestRedisReadsOurs(t *testing.T) {
	for _, dump := range []string{"yes", "no"} {
		if dump == "yes" && !readsOurDumps(t) {
			continue
		}
		s := start(t, t.TempDir(), "--aof-use-rdb-preamble", dump, "--aof-timestamp-enabled", dump)
		c := s.Client()
		fill(c)
		c.Do("BGREWRITEAOF")
		rewritten(c)
		c.Do("FLUSHDB")
		fill(c)
		c.Do("MULTI")
		c.Do("INCR n")
		c.Do("SPOP set 10")
		c.Do("EXEC")
		c.Do("HINCRBYFLOAT h x 1.5")
		digest := c.Do("DEBUG DIGEST")
		s.Stop()
		if tool, err := exec.LookPath("redis-check-aof"); err == nil {
			out, err := exec.Command(tool, filepath.Join(s.Dir, "appendonlydir", "appendonly.aof.manifest")).CombinedOutput()
			if err != nil || !strings.Contains(string(out), "All AOF files and manifest are valid") {
				t.Errorf("%v\n%s", err, out)
			}
		}
		r, stop := redis(t, s.Dir)
		r.Want("DEBUG DIGEST", digest)
		r.Do("SET from redis")
		digest = r.Do("DEBUG DIGEST")
		stop()
		start(t, s.Dir).Client().Want("DEBUG DIGEST", digest)
	}
}

// readsOurDumps reports whether the server in PATH is one of 7.2 or later: those before it
// do not know dumps of version 11.
func readsOurDumps(t *testing.T) bool {
	t.Helper()
	out, err := exec.Command("redis-server", "--version").Output()
	return err == nil && !strings.Contains(string(out), "v=7.0.")
}

// TestWeReadRedis: what a real server has written is loaded to the same data.
func TestWeReadRedis(t *testing.T) {
	for _, dump := range []string{"yes", "no"} {
		dir := t.TempDir()
		r, stop := redis(t, dir, "--aof-use-rdb-preamble", dump, "--aof-timestamp-enabled", "yes")
		fill(r)
		r.Do("BGREWRITEAOF")
		rewritten(r)
		for i := range 50 {
			r.Do("MULTI")
			r.Do("LPUSH l %d", i)
			r.Do("SPOP set")
			r.Do("EXEC")
		}
		r.Do("SELECT 7")
		r.Do("SET x y EX 1000")
		digest := r.Do("DEBUG DIGEST")
		stop()
		s := start(t, dir)
		c := s.Client()
		c.Want("DEBUG DIGEST", digest)
		c.Do("SELECT 7")
		c.Do("SET from ferrous")
		c.Do("BGREWRITEAOF")
		rewritten(c)
		if got := s.manifest(); strings.Contains(got, " h") || strings.Count(got, ",") != 1 {
			t.Error(got)
		}
		want := c.Do("DEBUG DIGEST")
		c.Want("DEBUG LOADAOF", "OK")
		c.Want("DEBUG DIGEST", want)
	}
}

// Redis logs renamed commands by their new names, ferrous by their own; ferrous loads
// both, also where such a command was answered with an error.
func TestRenamedCommandsInLogs(t *testing.T) {
	rename := []string{"--rename-command", "incr", "up", "--rename-command", "set", "put"}
	dir := logDir(t, oneIncr, map[string]string{"appendonly.aof.1.incr.aof": command("SELECT 0") +
		command("put n 1") + command("up n") + command("put text x") + command("up text") + command("INCR n") + command("SET m v"),
	})
	s := start(t, dir, rename...)
	c := s.Client()
	c.Want("GET n", "3")
	c.Want("GET m", "v")
	c.Want("UP n", "4")
	s.Stop()
	c = start(t, dir, rename...).Client()
	c.Want("GET n", "4")
}
