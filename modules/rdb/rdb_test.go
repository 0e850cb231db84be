package rdb_test

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

func TestSaveAndLoad(t *testing.T) {
	dir := t.TempDir()
	for _, save := range []string{"SAVE", "BGSAVE"} {
		s := start(t, dir)
		c := s.connect()
		c.want("OK", "FLUSHALL")
		c.fill()
		want := c.digest()
		reply := map[string]string{"SAVE": "OK", "BGSAVE": "Background saving started"}[save]
		c.want(reply, save)
		c.awaitInfo("rdb_bgsave_in_progress", "0")
		c.wantInfo("rdb_changes_since_last_save", "0", "rdb_last_bgsave_status", "ok", "rdb_saves", "1")
		if save == "BGSAVE" {
			info, err := os.Stat(s.file("dump.rdb"))
			if err != nil {
				t.Fatal(err)
			}
			c.wantInfo("rdb_last_bgsave_bytes", strconv.FormatInt(info.Size(), 10), "rdb_last_bgsave_keys", "57")
		}
		s.host.Stop()
		s = start(t, dir)
		c = s.connect()
		if got := c.digest(); got != want {
			t.Errorf("%s: digest %s, was %s", save, got, want)
		}
		c.wantInfo("rdb_last_load_keys_loaded", "57", "rdb_changes_since_last_save", "0", "loading", "0")
		if !strings.Contains(s.log.String(), "DB loaded from disk: ") {
			t.Errorf("the log does not tell of the load: %s", s.log)
		}
		s.host.Stop()
	}
}

// TestReloadKeepsMemory: what is loaded takes as much memory as what was written
// by commands and loaded before, and nothing is left of it in the end.
func TestReloadKeepsMemory(t *testing.T) {
	c := start(t, t.TempDir(), "--save", "").connect()
	empty := c.info("used_memory_dataset")
	c.fill()
	want := c.digest()
	c.want("OK", "DEBUG RELOAD")
	settled := func() string {
		c.awaitInfo("lazyfree_pending_objects", "0")
		return c.info("used_memory_dataset")
	}
	first := settled()
	for range 10 {
		c.want("OK", "DEBUG RELOAD")
		if got := settled(); got != first {
			t.Errorf("%s bytes after a reload, %s after the first", got, first)
		}
	}
	if got := c.digest(); got != want {
		t.Errorf("digest %s, was %s", got, want)
	}
	c.want("OK", "FLUSHALL")
	if got := settled(); got != empty {
		t.Errorf("%s bytes are left of %s, %s at first", got, first, empty)
	}
}

func TestReloadOptions(t *testing.T) {
	s := start(t, t.TempDir(), "--save", "")
	c, other := s.connect(), s.connect()
	c.want("OK", "SET a 1")
	c.want("OK", "SAVE")
	c.want("OK", "SET a 2")
	c.want("OK", "SET b 2")
	c.want("OK", "DEBUG RELOAD NOSAVE")
	c.want("1 (nil)", "MGET a b")
	c.want("OK", "SET a 2")
	c.want("OK", "SET b 2")
	c.want("OK", "DEBUG RELOAD noflush nosave merge")
	c.want("1 2", "MGET a b")
	c.want("-ERR Error trying to load the RDB dump, check server logs", "DEBUG RELOAD NOFLUSH NOSAVE")
	c.want("-ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.", "DEBUG RELOAD SAVE")

	other.want("OK", "WATCH a")
	other.want("OK", "MULTI")
	other.want("QUEUED", "PING")
	c.want("OK", "DEBUG RELOAD")
	other.want("", "EXEC") // discarded

	// What has expired is not loaded.
	c.want("OK", "DEBUG SET-ACTIVE-EXPIRE 0")
	c.want("OK", "FLUSHALL")
	c.want("OK", "SET a 1 PX 1")
	c.want("OK", "SET b 1 PX 100000000")
	before := strings.Fields(c.do("TIME"))
	until(t, "the next second", func() bool { return strings.Fields(c.do("TIME"))[0] != before[0] })
	c.want("OK", "DEBUG RELOAD")
	c.wantInfo("rdb_last_load_keys_loaded", "1", "rdb_last_load_keys_expired", "1")
}

// TestBgsaveIsOfItsMoment: what is saved is what was there when BGSAVE was called,
// whatever others write meanwhile.
func TestBgsaveIsOfItsMoment(t *testing.T) {
	s := start(t, t.TempDir(), "--save", "", "--rdb-key-save-delay", "5000")
	c := s.connect()
	c.fill()
	for round := range 3 {
		c.want("OK", "MULTI")
		c.want("QUEUED", "BGSAVE") // scheduled, so that writes come in between
		c.want("Background saving scheduled", "EXEC")
		c.awaitInfo("rdb_saves", strconv.Itoa(2*round+1))
		c.awaitInfo("rdb_bgsave_in_progress", "0")

		c.want("Background saving started", "BGSAVE")
		want := c.digest() // nobody has written yet
		var writers sync.WaitGroup
		for n := range 4 {
			w := s.connect()
			writers.Go(func() {
				for i := range 300 {
					w.do("SET key:%d:%d x", n, i)
					w.do("HSET bighash field-%d new", i)
					w.do("RPUSH biglist new")
					w.do("LPOP biglist")
					w.do("SREM bigset member-%d", i)
					w.do("ZADD bigzset %d member-%d", i, i+n)
					w.do("DEL raw int")
					w.do("SELECT %d", []int{0, 3, 15}[i%3])
				}
			})
		}
		writers.Wait()
		during := c.info("rdb_bgsave_in_progress")
		c.awaitInfo("rdb_bgsave_in_progress", "0")
		if n, _ := strconv.Atoi(c.info("rdb_last_cow_size")); n == 0 {
			t.Errorf("writers have copied nothing (in progress at their end: %s)", during)
		}
		if n, _ := strconv.Atoi(c.info("rdb_changes_since_last_save")); n < 1000 {
			t.Errorf("%d changes since the save", n)
		}
		c.want("OK", "DEBUG RELOAD NOSAVE")
		if got := c.digest(); got != want {
			t.Errorf("digest %s, was %s", got, want)
		}
	}
}

// TestSaveWaitsAlone: other clients go on while SAVE does its work.
func TestSaveWaitsAlone(t *testing.T) {
	s := start(t, t.TempDir(), "--save", "")
	c, saver := s.connect(), s.connect()
	c.want("OK", "SET a 1")
	c.want("OK", "CONFIG SET rdb-key-save-delay 100000000")
	saver.send("SAVE")
	c.awaitInfo("rdb_bgsave_in_progress", "1")
	c.want("OK", "SET b 1")
	c.want("-ERR Background save already in progress", "SAVE")
	c.want("-ERR Background save already in progress", "BGSAVE")
	c.want("-ERR Background save already in progress", "BGSAVE SCHEDULE")
	c.wantInfo("current_save_keys_total", "1", "rdb_saves", "1", "blocked_clients", "1", "rdb_last_bgsave_time_sec", "-1")
	// Only another save in the place of it calls it off.
	c.want("OK", "CONFIG SET rdb-key-save-delay 0")
	c.want("OK", "DEBUG RELOAD")
	if got, _ := saver.read(); got != "-ERR" {
		t.Errorf("SAVE: %q", got)
	}
	saver.want("OK", "SAVE")

	c.want("OK", "CONFIG SET rdb-key-save-delay 200000")
	saver.send("SAVE")
	c.awaitInfo("rdb_bgsave_in_progress", "1")
	c.want("OK", "FLUSHALL")
	if got, _ := saver.read(); got != "OK" {
		t.Errorf("SAVE with FLUSHALL meanwhile: %q", got)
	}
	c.want("OK", "DEBUG RELOAD NOSAVE")
	c.want("2", "DBSIZE")
}

// TestSaveWithoutItsClient: the save goes on.
func TestSaveWithoutItsClient(t *testing.T) {
	s := start(t, t.TempDir(), "--save", "", "--rdb-key-save-delay", "300000")
	c, unblocked, gone := s.connect(), s.connect(), s.connect()
	c.want("OK", "SET a 1")
	id := unblocked.do("CLIENT ID")
	unblocked.send("SAVE")
	c.awaitInfo("rdb_bgsave_in_progress", "1")
	c.want("1", "CLIENT UNBLOCK "+id)
	if got, _ := unblocked.read(); got != "-ERR SAVE goes on, but its client was unblocked" {
		t.Errorf("SAVE: %q", got)
	}
	c.awaitInfo("rdb_changes_since_last_save", "0")
	c.want("OK", "SET b 1")
	gone.send("SAVE")
	c.awaitInfo("rdb_bgsave_in_progress", "1")
	gone.conn.Close()
	c.awaitInfo("blocked_clients", "0")
	c.awaitInfo("rdb_changes_since_last_save", "0")
	c.want("OK", "DEBUG RELOAD NOSAVE")
	c.want("1 1", "MGET a b")
}

// TestScheduled: a save waits for a rewrite of the log to end.
func TestScheduled(t *testing.T) {
	s := start(t, t.TempDir(), "--save", "", "--rdb-key-save-delay", "300000")
	c, saver := s.connect(), s.connect()
	c.want("OK", "SET a 1")
	c.want("Background append only file rewriting started", "BGREWRITEAOF")
	c.want("-ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible.", "BGSAVE")
	c.want("Background saving scheduled", "BGSAVE SCHEDULE")
	saver.want("OK", "SAVE") // waits for nothing
	c.awaitInfo("rdb_saves", "2")
	c.wantInfo("aof_rewrite_in_progress", "0", "rdb_bgsave_in_progress", "1")
	c.awaitInfo("rdb_bgsave_in_progress", "0")
}

func TestLastSave(t *testing.T) {
	c := start(t, t.TempDir(), "--save", "").connect()
	now := strings.Fields(c.do("TIME"))[0]
	c.want("OK", "SAVE")
	got := c.do("LASTSAVE")
	if later := strings.Fields(c.do("TIME"))[0]; !slices.IsSorted([]string{now, got, later}) {
		t.Errorf("LASTSAVE: %s, between %s and %s", got, now, later)
	}
	c.wantInfo("rdb_last_save_time", got)
}

func TestSavePoints(t *testing.T) {
	s := start(t, t.TempDir(), "--save", "1 4")
	c := s.connect()
	c.want("OK", "MSET a 1 b 1")
	c.want("OK", "SET c 1")
	c.wantInfo("rdb_changes_since_last_save", "3")
	c.want("OK", "SET d 1")
	c.awaitInfo("rdb_changes_since_last_save", "0")
	c.awaitInfo("rdb_bgsave_in_progress", "0")
	if !strings.Contains(s.log.String(), "4 changes in 1 seconds. Saving...") {
		t.Errorf("the log does not say why it saved: %s", s.log)
	}
	c.wantInfo("rdb_saves", "1")
}

func TestFlushAll(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, "--save", "900 1")
	c := s.connect()
	for i := range 50 {
		c.do("SET key:%d x", i)
	}
	c.want("OK", "SAVE")
	c.want("OK", "CONFIG SET rdb-key-save-delay 100000000")
	c.want("Background saving started", "BGSAVE")
	c.want("OK", "FLUSHALL")
	c.wantInfo("rdb_changes_since_last_save", "0")
	c.want("OK", "SET after 1")
	c.wantInfo("rdb_changes_since_last_save", "1", "rdb_last_bgsave_status", "ok")
	c.awaitInfo("rdb_bgsave_in_progress", "0")
	c.want("OK", "CONFIG SET rdb-key-save-delay 0")
	c.want("(closed)", "SHUTDOWN NOSAVE") // after what FLUSHALL has to write
	c = start(t, dir, "--save", "").connect()
	c.want("0", "DBSIZE")

	// Without save points the file stays as it is, and so does the count.
	c.want("OK", "SET a 1")
	c.want("OK", "SAVE")
	c.want("OK", "CONFIG SET rdb-key-save-delay 100000000")
	c.want("Background saving started", "BGSAVE")
	c.want("OK", "FLUSHALL")
	c.wantInfo("rdb_changes_since_last_save", "1")
	c.awaitInfo("rdb_bgsave_in_progress", "0")
	c.want("OK", "DEBUG RELOAD NOSAVE")
	c.want("1", "GET a")
}

// TestFlushAllOften: many files of nothing, with saves among them, end with the
// right one.
func TestFlushAllOften(t *testing.T) {
	s := start(t, t.TempDir(), "--save", "900 1")
	c := s.connect()
	for i := range 100 {
		c.do("SET a %d", i)
		if i%7 == 0 {
			c.do("BGSAVE")
		}
		if i%10 == 0 {
			c.do("SAVE")
		}
		c.want("OK", "FLUSHALL")
		c.wantInfo("rdb_changes_since_last_save", "0")
	}
	c.want("OK", "SET last 1")
	c.want("OK", "SAVE")
	c.wantInfo("rdb_changes_since_last_save", "0")
	c.want("OK", "DEBUG RELOAD NOSAVE")
	c.want("1", "GET last")
}

// TestFlushAllInLog: a log that is loaded changes neither the file nor the count.
func TestFlushAllInLog(t *testing.T) {
	dir := t.TempDir()
	c := start(t, dir, "--save", "900 1", "--appendonly", "yes", "--appendfsync", "always").connect()
	c.want("OK", "MSET a 1 b 2 c 3")
	c.want("OK", "SAVE")
	c.want("OK", `CONFIG SET save ""`)
	c.want("OK", "FLUSHALL")
	c.want("OK", "SET a 2")
	c.want("(closed)", "SHUTDOWN")
	c = start(t, dir, "--save", "900 1", "--appendonly", "yes").connect()
	c.want("1", "DBSIZE")
	c.wantInfo("rdb_changes_since_last_save", "0")
	c.want("OK", "SET b 1")
	c.wantInfo("rdb_changes_since_last_save", "1")
	c.want("OK", "DEBUG RELOAD NOSAVE")
	c.want("3", "DBSIZE")
}

func TestSavePointSyntax(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, "3600 1 300 100 60 10000"},
		{[]string{"--save", ""}, ""},
		{[]string{"--save", "60", "1"}, "60 1"},
		{[]string{"--save", "60 1 5 6"}, "60 1 5 6"},
		{[]string{"--save", "60", "1", "--save", "5 6"}, "60 1 5 6"},
		{[]string{"--save", "60", "1", "--save", ""}, ""},
		{[]string{"--save", "", "--save", "5", "6"}, "5 6"},
	} {
		c := start(t, t.TempDir(), test.args...).connect()
		c.want("save "+test.want, "CONFIG GET save")
		c.want("OK", `CONFIG SET save ""`)
	}
	for _, wrong := range []string{"1", "0 1", "1 -1", "x 1", "1 x", "1 2 3"} {
		if s, err := try(t, t.TempDir(), "--save", wrong); err == nil {
			s.host.Stop()
			t.Errorf("save %q is taken", wrong)
		} else if !strings.Contains(err.Error(), "Invalid save parameters") {
			t.Error(err)
		}
	}
}
