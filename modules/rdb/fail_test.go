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

	"github.com/ferrousdb/ferrous/core/coretest"
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
	c.Want("SET a 1", "OK")
	queued.Want("MULTI", "OK")
	queued.Want("SET a 2", "QUEUED")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	fail := func() {
		c.Want("BGSAVE", "Background saving started")
		c.AwaitInfo("rdb_bgsave_in_progress", "0")
		c.WantInfo("rdb_last_bgsave_status", "err", "rdb_changes_since_last_save", "1")
	}
	fail()
	c.Want("SET a 3", misconf)
	c.Want("PING", misconf)
	c.Want("GET a", "1")
	c.Want("ECHO hello", "hello")
	if got := queued.Do("EXEC"); got != "-EXECABORT Transaction discarded because of: "+misconf[1:] {
		t.Errorf("EXEC: %s", got)
	}
	queued.Want("MULTI", "OK")
	queued.Want("SET a 2", misconf)
	queued.Want("EXEC", "-EXECABORT Transaction discarded because of previous errors.")
	queued.Want("MULTI", "OK")
	queued.Want("GET a", "QUEUED")
	queued.Want("EXEC", "1")
	if !strings.Contains(s.Log.String(), "Background saving error") {
		t.Errorf("the log does not tell of the failure: %s", s.Log)
	}

	c.Want("CONFIG SET stop-writes-on-bgsave-error no", "OK")
	c.Want("PING", "PONG")
	c.Want("CONFIG SET stop-writes-on-bgsave-error yes", "OK")
	c.Want("PING", misconf)
	c.Want(`CONFIG SET save ""`, "OK")
	c.Want("PING", "PONG")
	c.setSave("900 1")
	c.Want("PING", misconf)

	c.Want("SAVE", "-ERR") // fails, too, without changing anything
	c.Want("PING", misconf)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	c.Want("BGSAVE", "Background saving started")
	c.AwaitInfo("rdb_bgsave_in_progress", "0")
	c.WantInfo("rdb_last_bgsave_status", "ok", "rdb_changes_since_last_save", "0")
	c.Want("SET a 4", "OK")
	c.Want("PING", "PONG")

	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	fail()
	c.Want("PING", misconf)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	c.Want("SAVE", "OK") // a success of any kind is one
	c.Want("PING", "PONG")
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
	c.Want("SET a 1", "OK")
	c.AwaitInfo("rdb_last_bgsave_status", "err")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	c.AwaitInfo("rdb_last_bgsave_status", "ok")
	c.WantInfo("rdb_saves", "2")
}

// setSave is CONFIG SET save with blanks in the value.
func (c *client) setSave(points string) {
	if got := c.Args("CONFIG", "SET", "save", points); got != "OK" {
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
	c.Want("SET small 1", "OK")
	c.Want("SAVE", "OK")
	old, err := os.ReadFile(s.File("dump.rdb"))
	if err != nil {
		t.Fatal(err)
	}
	c.Want("SET large x", "OK")
	c.Want("SETRANGE large 2000000 x", "2000001")
	c.Want("BGSAVE", "Background saving started")
	c.AwaitInfo("rdb_bgsave_in_progress", "0")
	c.WantInfo("rdb_last_bgsave_status", "err")
	c.Want("SET a 1", misconf)
	if !strings.Contains(s.Log.String(), "no space left on device") {
		t.Errorf("the log does not say why: %s", s.Log)
	}
	if now, _ := os.ReadFile(s.File("dump.rdb")); !bytes.Equal(now, old) {
		t.Error("the old file is not what it was")
	}
	if names, _ := filepath.Glob(s.File("*")); len(names) != 1 {
		t.Errorf("there are files %q", names)
	}
	c.Want("SHUTDOWN", "-ERR Errors trying to SHUTDOWN. Check logs.")
	if out, err := exec.Command("mount", "-o", "remount,size=10m", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	c.Want("BGSAVE", "Background saving started")
	c.AwaitInfo("rdb_bgsave_in_progress", "0")
	c.Want("SET a 1", "OK")
	want := c.digest()
	c.Want("SHUTDOWN", "(closed)")
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
			c.Want("SET a 1", "OK")
			// What is being saved is older than what a shutdown saves.
			c.Want("CONFIG SET rdb-key-save-delay 100000000", "OK")
			c.Want("BGSAVE", "Background saving started")
			c.Want("CONFIG SET rdb-key-save-delay -1000000", "OK")
			c.Want("SET b 1", "OK")
			c.Want(test.how, "(closed)")
			s.Stop()
			log := s.Log.String()
			if got := strings.Contains(log, "Saving the final RDB snapshot before exiting."); got != test.saved {
				t.Errorf("the log says that it saved: %v; %s", got, log)
			}
			names, _ := filepath.Glob(s.File("*"))
			if test.saved != (len(names) == 1) || len(names) > 1 {
				t.Errorf("there are files %q", names)
			}
			c = start(t, s.Dir, "--save", "").connect()
			want := map[bool]string{true: "2", false: "0"}[test.saved]
			c.Want("DBSIZE", want)
		})
	}
}

// TestShutdownRefused: a server that cannot save goes on, unless it is forced to
// end.
func TestShutdownRefused(t *testing.T) {
	s := start(t, t.TempDir(), "--save", "900 1")
	c := s.connect()
	c.Want("SET a 1", "OK")
	if err := os.Mkdir(s.File("dump.rdb"), 0o700); err != nil { // no file can have that name
		t.Fatal(err)
	}
	c.Want("SHUTDOWN", "-ERR Errors trying to SHUTDOWN. Check logs.")
	if !strings.Contains(s.Log.String(), "Error trying to save the DB, can't exit.") {
		t.Errorf("the log: %s", s.Log)
	}
	c.Want("SET a 2", "OK")
	if names, _ := filepath.Glob(s.File("temp-*")); len(names) > 0 {
		t.Errorf("there are files %q", names)
	}
	c.Want("SHUTDOWN FORCE", "(closed)")
	if !strings.Contains(s.Log.String(), "Error trying to save the DB. Exit anyway.") {
		t.Errorf("the log: %s", s.Log)
	}
}

// TestSIGTERM: the signal ends a server as SHUTDOWN does.
func TestSIGTERM(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, sock, out := t.TempDir(), coretest.Socket(t), &coretest.Log{}
	cmd := process(t, self, out, []string{"RDB_TEST_SERVER=1"}, "--port", "0", "--unixsocket", sock, "--save", "900", "1", "--dir", dir)
	c := dial(t, sock)
	c.Want("SET a 1", "OK")
	if err := os.Mkdir(filepath.Join(dir, "dump.rdb"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	coretest.Eventually(t, "a refusal", func() bool { return strings.Contains(out.String(), "Errors trying to shut down the server") })
	c.Want("SET a 2", "OK")
	if err := os.Remove(filepath.Join(dir, "dump.rdb")); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	start(t, dir, "--save", "").connect().Want("GET a", "2")
}

// TestBadFiles: a server does not start over a file that it cannot read, and
// leaves it alone.
func TestBadFiles(t *testing.T) {
	s := start(t, t.TempDir())
	c := s.connect()
	c.fill()
	c.Want("SAVE", "OK")
	good, err := os.ReadFile(s.File("dump.rdb"))
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
			bad.Stop()
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
		bad.Stop()
		t.Error("a directory is taken for a dump")
	}
}

// TestKilledSave: a process that is killed while it saves leaves the file of the
// last save, and the next start removes what it has left behind.
func TestKilledSave(t *testing.T) {
	dir := t.TempDir()
	sock := coretest.Socket(t)
	args := []string{"--port", "0", "--unixsocket", sock, "--save", "", "--dir", dir}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := process(t, self, io.Discard, []string{"RDB_TEST_SERVER=1"}, args...)
	c := dial(t, sock)
	c.Want("SET a 1", "OK")
	c.Want("SAVE", "OK")
	for i := range 100 {
		c.Do("SET key:%d %s", i, strings.Repeat("x", 10000))
	}
	c.Want("CONFIG SET rdb-key-save-delay 100000", "OK")
	c.Want("BGSAVE", "Background saving started")
	left := fmt.Sprintf("%s/temp-%d-*.rdb", dir, cmd.Process.Pid)
	coretest.Eventually(t, left, func() bool { names, _ := filepath.Glob(left); return len(names) == 1 })
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
		if _, err := os.Stat(s.File(name)); err != nil {
			t.Error(err)
		}
	}
	c = s.connect()
	c.Want("DBSIZE", "1")
	c.Want("GET a", "1")
}
