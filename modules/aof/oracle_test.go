package aof_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The oracle is a real redis-server: what one writes the other loads.

// redis starts a real server on the files of a directory and returns a
// connection; stop ends it.
func redis(t *testing.T, dir string, args ...string) (c *client, stop func()) {
	t.Helper()
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("no redis-server in PATH")
	}
	socket := filepath.Join(t.TempDir(), "r")
	cmd := exec.Command(binary, append([]string{"--port", "0", "--unixsocket", socket, "--dir", dir, "--save", "",
		"--appendonly", "yes", "--enable-debug-command", "yes"}, args...)...)
	var out lockedBuffer
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
	t.Cleanup(stop)
	s := &server{t: t, dir: dir}
	eventually(t, "redis-server is ready", func() bool {
		select {
		case <-ended:
			t.Fatalf("redis-server has ended:\n%s", out.String())
		default:
		}
		conn, err := net.Dial("unix", socket)
		if err != nil {
			return false
		}
		defer conn.Close()
		probe := newClient(t, conn)
		return probe.do("PING") == "PONG"
	})
	conn, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	return newClient(t, conn), stop
}

// TestRedisReadsOurs: a real server loads our log, base and increments, to the
// same data, and its checker finds it sound.
func TestRedisReadsOurs(t *testing.T) {
	for _, dump := range []string{"yes", "no"} {
		if dump == "yes" && !readsOurDumps(t) {
			continue
		}
		s := start(t, t.TempDir(), "--aof-use-rdb-preamble", dump, "--aof-timestamp-enabled", dump)
		c := s.client()
		c.fill()
		c.do("BGREWRITEAOF")
		c.rewritten()
		c.do("FLUSHDB")
		c.fill()
		c.do("MULTI")
		c.do("INCR n")
		c.do("SPOP set 10")
		c.do("EXEC")
		c.do("HINCRBYFLOAT h x 1.5")
		digest := c.do("DEBUG DIGEST")
		s.Stop()
		if tool, err := exec.LookPath("redis-check-aof"); err == nil {
			out, err := exec.Command(tool, filepath.Join(s.dir, "appendonlydir", "appendonly.aof.manifest")).CombinedOutput()
			if err != nil || !strings.Contains(string(out), "All AOF files and manifest are valid") {
				t.Errorf("%v\n%s", err, out)
			}
		}
		r, stop := redis(t, s.dir)
		r.want("DEBUG DIGEST", digest)
		r.do("SET from redis")
		digest = r.do("DEBUG DIGEST")
		stop()
		start(t, s.dir).client().want("DEBUG DIGEST", digest)
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
		r.fill()
		r.do("BGREWRITEAOF")
		r.rewritten()
		for i := range 50 {
			r.do("MULTI")
			r.do("LPUSH l %d", i)
			r.do("SPOP set")
			r.do("EXEC")
		}
		r.do("SELECT 7")
		r.do("SET x y EX 1000")
		digest := r.do("DEBUG DIGEST")
		stop()
		s := start(t, dir)
		c := s.client()
		c.want("DEBUG DIGEST", digest)
		c.do("SELECT 7")
		c.do("SET from ferrous")
		c.do("BGREWRITEAOF")
		c.rewritten()
		if got := s.manifest(); strings.Contains(got, " h") || strings.Count(got, ",") != 1 {
			t.Error(got)
		}
		want := c.do("DEBUG DIGEST")
		c.want("DEBUG LOADAOF", "OK")
		c.want("DEBUG DIGEST", want)
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
	c := s.client()
	c.want("GET n", "3")
	c.want("GET m", "v")
	c.want("UP n", "4")
	s.Stop()
	c = start(t, dir, rename...).client()
	c.want("GET n", "4")
}
