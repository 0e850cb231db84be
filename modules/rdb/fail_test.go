package rdb_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const misconf = "-MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may modify the data set are disabled, because this instance is configured to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error."

// TestMisconf: while saving fails and there are save points, writes are refused,
// and a success ends that.
func TestMisconf(t *testing.T) {
	dir := t.TempDir() + "/gone"
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	s := start(t, dir, "--save", "900 1")
	c, queued := s.connect(), s.connect()
	c.want("OK", "SET a 1")
	queued.want("OK", "MULTI")
	queued.want("QUEUED", "SET a 2")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	fail := func() {
		c.want("Background saving started", "BGSAVE")
		c.awaitInfo("rdb_bgsave_in_progress", "0")
		c.wantInfo("rdb_last_bgsave_status", "err", "rdb_changes_since_last_save", "1")
	}
	fail()
	c.want(misconf, "SET a 3")
	c.want(misconf, "PING")
	c.want("1", "GET a")
	c.want("hello", "ECHO hello")
	if got := queued.do("EXEC"); got != "-EXECABORT Transaction discarded because of: "+misconf[1:] {
		t.Errorf("EXEC: %s", got)
	}
	queued.want("OK", "MULTI")
	queued.want(misconf, "SET a 2")
	queued.want("-EXECABORT Transaction discarded because of previous errors.", "EXEC")
	queued.want("OK", "MULTI")
	queued.want("QUEUED", "GET a")
	queued.want("1", "EXEC")
	if !strings.Contains(s.log.String(), "Background saving error") {
		t.Errorf("the log does not tell of the failure: %s", s.log)
	}

	c.want("OK", "CONFIG SET stop-writes-on-bgsave-error no")
	c.want("PONG", "PING")
	c.want("OK", "CONFIG SET stop-writes-on-bgsave-error yes")
	c.want(misconf, "PING")
	c.want("OK", `CONFIG SET save ""`)
	c.want("PONG", "PING")
	c.setSave("900 1")
	c.want(misconf, "PING")

	c.want("-ERR", "SAVE") // fails, too, without changing anything
	c.want(misconf, "PING")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	c.want("Background saving started", "BGSAVE")
	c.awaitInfo("rdb_bgsave_in_progress", "0")
	c.wantInfo("rdb_last_bgsave_status", "ok", "rdb_changes_since_last_save", "0")
	c.want("OK", "SET a 4")
	c.want("PONG", "PING")

	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	fail()
	c.want(misconf, "PING")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	c.want("OK", "SAVE") // a success of any kind is one
	c.want("PONG", "PING")
}

// TestFailedSavesAreRetried: a save point tries again, some seconds later.
func TestFailedSavesAreRetried(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for seconds to pass")
	}
	dir := t.TempDir() + "/gone"
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	c := start(t, dir, "--save", "1 1").connect()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	c.want("OK", "SET a 1")
	c.awaitInfo("rdb_last_bgsave_status", "err")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	c.awaitInfo("rdb_last_bgsave_status", "ok")
	c.wantInfo("rdb_saves", "2")
}

// setSave is CONFIG SET save with blanks in the value.
func (c *client) setSave(points string) {
	fmt.Fprintf(c.conn, "*4\r\n$6\r\nCONFIG\r\n$3\r\nSET\r\n$4\r\nsave\r\n$%d\r\n%s\r\n", len(points), points)
	if got, _ := c.read(); got != "OK" {
		c.t.Fatalf("CONFIG SET save: %s", got)
	}
}

// TestFullDisk: a save that finds no room leaves the old file and nothing else,
// and is made good when there is room again.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("no small disk can be had: %v: %s", err, out)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, 0) })
	s := start(t, dir, "--save", "900 1", "--rdbcompression", "no")
	c := s.connect()
	c.want("OK", "SET small 1")
	c.want("OK", "SAVE")
	old, err := os.ReadFile(s.file("dump.rdb"))
	if err != nil {
		t.Fatal(err)
	}
	c.want("OK", "SET large x")
	c.want("2000001", "SETRANGE large 2000000 x")
	c.want("Background saving started", "BGSAVE")
	c.awaitInfo("rdb_bgsave_in_progress", "0")
	c.wantInfo("rdb_last_bgsave_status", "err")
	c.want(misconf, "SET a 1")
	if !strings.Contains(s.log.String(), "no space left on device") {
		t.Errorf("the log does not say why: %s", s.log)
	}
	if now, _ := os.ReadFile(s.file("dump.rdb")); !bytes.Equal(now, old) {
		t.Error("the old file is not what it was")
	}
	if names, _ := filepath.Glob(s.file("*")); len(names) != 1 {
		t.Errorf("there are files %q", names)
	}
	c.want("-ERR Errors trying to SHUTDOWN. Check logs.", "SHUTDOWN")
	if out, err := exec.Command("mount", "-o", "remount,size=10m", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	c.want("Background saving started", "BGSAVE")
	c.awaitInfo("rdb_bgsave_in_progress", "0")
	c.want("OK", "SET a 1")
	want := c.digest()
	c.want("(closed)", "SHUTDOWN")
	if got := start(t, dir, "--save", "").connect().digest(); got != want {
		t.Errorf("digest %s, was %s", got, want)
	}
}

func TestShutdown(t *testing.T) {
	for _, test := range []struct {
		name  string
		save  string
		how   string
		saved bool
	}{
		{"save points", "900 1", "SHUTDOWN", true},
		{"none", "", "SHUTDOWN", false},
		{"against them", "900 1", "SHUTDOWN NOSAVE", false},
		{"without them", "", "SHUTDOWN SAVE", true},
		{"at once", "900 1", "SHUTDOWN NOW FORCE", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t, t.TempDir(), "--save", test.save)
			c := s.connect()
			c.want("OK", "SET a 1")
			// What is being saved is older than what a shutdown saves.
			c.want("OK", "CONFIG SET rdb-key-save-delay 100000000")
			c.want("Background saving started", "BGSAVE")
			c.want("OK", "CONFIG SET rdb-key-save-delay 0")
			c.want("OK", "SET b 1")
			c.want("(closed)", test.how)
			s.host.Stop()
			log := s.log.String()
			if got := strings.Contains(log, "Saving the final RDB snapshot before exiting."); got != test.saved {
				t.Errorf("the log says that it saved: %v; %s", got, log)
			}
			names, _ := filepath.Glob(s.file("*"))
			if test.saved != (len(names) == 1) || len(names) > 1 {
				t.Errorf("there are files %q", names)
			}
			c = start(t, s.dir, "--save", "").connect()
			want := map[bool]string{true: "2", false: "0"}[test.saved]
			c.want(want, "DBSIZE")
		})
	}
}

// TestShutdownRefused: a server that cannot save goes on, unless it is forced to
// end.
func TestShutdownRefused(t *testing.T) {
	s := start(t, t.TempDir(), "--save", "900 1")
	c := s.connect()
	c.want("OK", "SET a 1")
	if err := os.Mkdir(s.file("dump.rdb"), 0o700); err != nil { // no file can have that name
		t.Fatal(err)
	}
	c.want("-ERR Errors trying to SHUTDOWN. Check logs.", "SHUTDOWN")
	if !strings.Contains(s.log.String(), "Error trying to save the DB, can't exit.") {
		t.Errorf("the log: %s", s.log)
	}
	c.want("OK", "SET a 2")
	if names, _ := filepath.Glob(s.file("temp-*")); len(names) > 0 {
		t.Errorf("there are files %q", names)
	}
	c.want("(closed)", "SHUTDOWN FORCE")
	if !strings.Contains(s.log.String(), "Error trying to save the DB. Exit anyway.") {
		t.Errorf("the log: %s", s.log)
	}
}

// TestSIGTERM: the signal ends a server as SHUTDOWN does.
func TestSIGTERM(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, sock, out := t.TempDir(), socket(t), &text{}
	cmd := process(t, self, out, []string{"RDB_TEST_SERVER=1"}, "--port", "0", "--unixsocket", sock, "--save", "900", "1", "--dir", dir)
	c := dial(t, sock)
	c.want("OK", "SET a 1")
	if err := os.Mkdir(filepath.Join(dir, "dump.rdb"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	until(t, "a refusal", func() bool { return strings.Contains(out.String(), "Errors trying to shut down the server") })
	c.want("OK", "SET a 2")
	if err := os.Remove(filepath.Join(dir, "dump.rdb")); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	start(t, dir, "--save", "").connect().want("2", "GET a")
}

// TestBadFiles: a server does not start over a file that it cannot read, and
// leaves it alone.
func TestBadFiles(t *testing.T) {
	s := start(t, t.TempDir())
	c := s.connect()
	c.fill()
	c.want("OK", "SAVE")
	good, err := os.ReadFile(s.file("dump.rdb"))
	if err != nil {
		t.Fatal(err)
	}
	changed := func(at int) []byte {
		b := bytes.Clone(good)
		b[(at+len(b))%len(b)] ^= 0x55
		return b
	}
	stream := append(bytes.Clone(good[:len(good)-9]), 21)
	for name, test := range map[string]struct {
		file []byte
		says string
	}{
		"empty":      {nil, "Wrong signature"},
		"text":       {[]byte("hello, world"), "Wrong signature"},
		"version":    {append([]byte("REDIS0099"), good[9:]...), "Can't handle RDB format version 99"},
		"cut":        {good[:len(good)/2], "unexpected end"},
		"checksum":   {changed(-3), "CRC error"},
		"value":      {changed(len(good) / 2), ""},
		"streams":    {stream, "offset"},
		"no newline": {good[:len(good)-1], "unexpected end"},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "dump.rdb")
		if err := os.WriteFile(path, test.file, 0o600); err != nil {
			t.Fatal(err)
		}
		bad, err := try(t, dir)
		if err == nil {
			bad.host.Stop()
			t.Errorf("%s: the server starts", name)
			continue
		}
		if !strings.Contains(err.Error(), "Fatal error loading the DB") || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", name, err)
		}
		if now, _ := os.ReadFile(path); !bytes.Equal(now, test.file) {
			t.Errorf("%s: the file has changed", name)
		}
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "dump.rdb"), 0o700); err != nil {
		t.Fatal(err)
	}
	if bad, err := try(t, dir); err == nil {
		bad.host.Stop()
		t.Error("a directory is taken for a dump")
	}
}

// TestKilledSave: a process that is killed while it saves leaves the file of the
// last save, and the next start removes what it has left behind.
func TestKilledSave(t *testing.T) {
	dir := t.TempDir()
	sock := socket(t)
	args := []string{"--port", "0", "--unixsocket", sock, "--save", "", "--dir", dir}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := process(t, self, io.Discard, []string{"RDB_TEST_SERVER=1"}, args...)
	c := dial(t, sock)
	c.want("OK", "SET a 1")
	c.want("OK", "SAVE")
	for i := range 100 {
		c.do("SET key:%d %s", i, strings.Repeat("x", 10000))
	}
	c.want("OK", "CONFIG SET rdb-key-save-delay 100000")
	c.want("Background saving started", "BGSAVE")
	left := fmt.Sprintf("%s/temp-%d-*.rdb", dir, cmd.Process.Pid)
	until(t, left, func() bool { names, _ := filepath.Glob(left); return len(names) == 1 })
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	others := []string{fmt.Sprintf("temp-%d.rdb", os.Getppid()), "temp-x.rdb", "temp-1-1.rdb.bak"}
	for _, name := range others {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := start(t, dir, "--save", "")
	if names, _ := filepath.Glob(left); len(names) > 0 {
		t.Errorf("%q are there still", names)
	}
	for _, name := range others {
		if _, err := os.Stat(s.file(name)); err != nil {
			t.Error(err)
		}
	}
	c = s.connect()
	c.want("1", "DBSIZE")
	c.want("1", "GET a")
}
