package rdb_test

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/ferrousdb/ferrous/core/coretest"
)

func TestSaveAndLoad(t *testing.T) {
	dir := t.TempDir()
	for _, save := range []string{"SAVE", "BGSAVE"} {
		s := start(t, dir)
		c := s.connect()
		c.Want("FLUSHALL", "OK")
		c.fill()
		want := c.digest()
		reply := map[string]string{"SAVE": "OK", "BGSAVE": "Background saving started"}[save]
		c.Want(save, reply)
		c.AwaitInfo("rdb_bgsave_in_progress", "0")
		c.WantInfo("rdb_changes_since_last_save", "0", "rdb_last_bgsave_status", "ok", "rdb_saves", "1")
		if save == "BGSAVE" {
			info, err := os.Stat(s.File("dump.rdb"))
			if err != nil {
				t.Fatal(err)
			}
			c.WantInfo("rdb_last_bgsave_bytes", strconv.FormatInt(info.Size(), 10), "rdb_last_bgsave_keys", "57")
		}
		s.Stop()
		s = start(t, dir)
		c = s.connect()
		if got := c.digest(); got != want {
			t.Errorf("%s: digest %s, was %s", save, got, want)
		}
		c.WantInfo("rdb_last_load_keys_loaded", "57", "rdb_changes_since_last_save", "0", "loading", "0")
		if !strings.Contains(s.Log.String(), "DB loaded from disk: ") {
			t.Errorf("the log does not tell of the load: %s", s.Log)
		}
		s.Stop()
	}
}

// TestReloadKeepsMemory: what is loaded takes as much memory as what was written
// by commands and loaded before, and nothing is left of it in the end.
func TestReloadKeepsMemory(t *testing.T) {
	c := start(t, t.TempDir(), "--save", "").connect()
	empty := c.Info("used_memory_dataset")
	c.fill()
	want := c.digest()
	c.Want("DEBUG RELOAD", "OK")
	settled := func() string {
		c.AwaitInfo("lazyfree_pending_objects", "0")
		return c.Info("used_memory_dataset")
	}
	first := settled()
	for range 10 {
		c.Want("DEBUG RELOAD", "OK")
		if got := settled(); got != first {
			t.Errorf("%s bytes after a reload, %s after the first", got, first)
		}
	}
	if got := c.digest(); got != want {
		t.Errorf("digest %s, was %s", got, want)
	}
	c.Want("FLUSHALL", "OK")
	if got := settled(); got != empty {
		t.Errorf("%s bytes are left of %s, %s at first", got, first, empty)
	}
}

func TestReloadOptions(t *testing.T) {
	s := start(t, t.TempDir(), "--save", "")
	c, other := s.connect(), s.connect()
	c.Want("SET a 1", "OK")
	c.Want("SAVE", "OK")
	c.Want("SET a 2", "OK")
	c.Want("SET b 2", "OK")
	c.Want("DEBUG RELOAD NOSAVE", "OK")
	c.Want("MGET a b", "1 (nil)")
	c.Want("SET a 2", "OK")
	c.Want("SET b 2", "OK")
	c.Want("DEBUG RELOAD noflush nosave merge", "OK")
	c.Want("MGET a b", "1 2")
	c.Want("DEBUG RELOAD NOFLUSH NOSAVE", "-ERR Error trying to load the RDB dump, check server logs")
	c.Want("DEBUG RELOAD SAVE", "-ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.")

	other.Want("WATCH a", "OK")
	other.Want("MULTI", "OK")
	other.Want("PING", "QUEUED")
	c.Want("DEBUG RELOAD", "OK")
	other.Want("EXEC", "(nil)") // discarded

	// What has expired is not loaded.
	c.Want("DEBUG SET-ACTIVE-EXPIRE 0", "OK")
	c.Want("FLUSHALL", "OK")
	c.Want("SET a 1 PX 1", "OK")
	c.Want("SET b 1 PX 100000000", "OK")
	before := strings.Fields(c.Do("TIME"))
	coretest.Eventually(t, "the next second", func() bool { return strings.Fields(c.Do("TIME"))[0] != before[0] })
	c.Want("DEBUG RELOAD", "OK")
	c.WantInfo("rdb_last_load_keys_loaded", "1", "rdb_last_load_keys_expired", "1")
}

// TestBgsaveIsOfItsMoment: what is saved is what was there when BGSAVE was called,
// whatever others write meanwhile.
func TestBgsaveIsOfItsMoment(t *testing.T) {
	s := start(t, t.TempDir(), "--save", "", "--rdb-key-save-delay", "5000")
	c := s.connect()
	c.fill()
	for round := range 3 {
		c.Want("MULTI", "OK")
		c.Want("BGSAVE", "QUEUED") // scheduled, so that writes come in between
		c.Want("EXEC", "Background saving scheduled")
		c.AwaitInfo("rdb_saves", strconv.Itoa(2*round+1))
		c.AwaitInfo("rdb_bgsave_in_progress", "0")

		c.Want("BGSAVE", "Background saving started")
		want := c.digest() // nobody has written yet
		var writers sync.WaitGroup
		for n := range 4 {
			w := s.connect()
			writers.Go(func() {
				for i := range 300 {
					w.Do("SET key:%d:%d x", n, i)
					w.Do("HSET bighash field-%d new", i)
					w.Do("RPUSH biglist new")
					w.Do("LPOP biglist")
					w.Do("SREM bigset member-%d", i)
					w.Do("ZADD bigzset %d member-%d", i, i+n)
					w.Do("DEL raw int")
					w.Do("SELECT %d", []int{0, 3, 15}[i%3])
				}
			})
		}
		writers.Wait()
		during := c.Info("rdb_bgsave_in_progress")
		c.AwaitInfo("rdb_bgsave_in_progress", "0")
		if n, _ := strconv.Atoi(c.Info("rdb_last_cow_size")); n == 0 {
			t.Errorf("writers have copied nothing (in progress at their end: %s)", during)
		}
		if n, _ := strconv.Atoi(c.Info("rdb_changes_since_last_save")); n < 1000 {
			t.Errorf("%d changes since the save", n)
		}
		c.Want("DEBUG RELOAD NOSAVE", "OK")
		if got := c.digest(); got != want {
			t.Errorf("digest %s, was %s", got, want)
		}
	}
}

// TestDelayEnds: without a delay nothing is waited for, what has been begun neither.
func TestDelayEnds(t *testing.T) {
	s := start(t, t.TempDir(), "--save", "")
	c := s.connect()
	c.Want("SET a 1", "OK")
	c.Want("CONFIG SET rdb-key-save-delay 100000000", "OK")
	c.Want("BGSAVE", "Background saving started")
	c.AwaitInfo("rdb_bgsave_in_progress", "1")
	c.Want("CONFIG SET rdb-key-save-delay 0", "OK")
	c.AwaitInfo("rdb_bgsave_in_progress", "0")
	c.WantInfo("rdb_last_bgsave_status", "ok", "rdb_saves", "1")
}

// TestSaveWaitsAlone: other clients go on while SAVE does its work.
func TestSaveWaitsAlone(t *testing.T) {
	s := start(t, t.TempDir(), "--save", "")
	c, saver := s.connect(), s.connect()
	c.Want("SET a 1", "OK")
	c.Want("CONFIG SET rdb-key-save-delay 100000000", "OK")
	saver.Send("SAVE")
	c.AwaitInfo("rdb_bgsave_in_progress", "1")
	c.Want("SET b 1", "OK")
	c.Want("SAVE", "-ERR Background save already in progress")
	c.Want("BGSAVE", "-ERR Background save already in progress")
	c.Want("BGSAVE SCHEDULE", "-ERR Background save already in progress")
	c.WantInfo("current_save_keys_total", "1", "rdb_saves", "1", "blocked_clients", "1", "rdb_last_bgsave_time_sec", "-1")
	// Only another save in the place of it calls it off.
	c.Want("CONFIG SET rdb-key-save-delay -1000000", "OK")
	c.Want("DEBUG RELOAD", "OK")
	if got := saver.Reply(); got != "-ERR" {
		t.Errorf("SAVE: %q", got)
	}
	saver.Want("SAVE", "OK")

	c.Want("CONFIG SET rdb-key-save-delay 200000", "OK")
	saver.Send("SAVE")
	c.AwaitInfo("rdb_bgsave_in_progress", "1")
	c.Want("FLUSHALL", "OK")
	if got := saver.Reply(); got != "OK" {
		t.Errorf("SAVE with FLUSHALL meanwhile: %q", got)
	}
	c.Want("DEBUG RELOAD NOSAVE", "OK")
	c.Want("DBSIZE", "2")
}

// TestSaveWithoutItsClient: the save goes on.
func TestSaveWithoutItsClient(t *testing.T) {
	s := start(t, t.TempDir(), "--save", "", "--rdb-key-save-delay", "300000")
	c, unblocked, gone := s.connect(), s.connect(), s.connect()
	c.Want("SET a 1", "OK")
	id := unblocked.Do("CLIENT ID")
	unblocked.Send("SAVE")
	c.AwaitInfo("rdb_bgsave_in_progress", "1")
	c.Want("CLIENT UNBLOCK "+id, "1")
	if got := unblocked.Reply(); got != "-ERR SAVE goes on, but its client was unblocked" {
		t.Errorf("SAVE: %q", got)
	}
	c.AwaitInfo("rdb_changes_since_last_save", "0")
	c.Want("SET b 1", "OK")
	gone.Send("SAVE")
	c.AwaitInfo("rdb_bgsave_in_progress", "1")
	gone.Close()
	c.AwaitInfo("blocked_clients", "0")
	c.AwaitInfo("rdb_changes_since_last_save", "0")
	c.Want("DEBUG RELOAD NOSAVE", "OK")
	c.Want("MGET a b", "1 1")
}

// TestScheduled: a save waits for a rewrite of the log to end.
func TestScheduled(t *testing.T) {
	s := start(t, t.TempDir(), "--save", "", "--rdb-key-save-delay", "300000")
	c, saver := s.connect(), s.connect()
	c.Want("SET a 1", "OK")
	c.Want("BGREWRITEAOF", "Background append only file rewriting started")
	c.Want("BGSAVE", "-ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible.")
	c.Want("BGSAVE SCHEDULE", "Background saving scheduled")
	saver.Want("SAVE", "OK") // waits for nothing
	c.AwaitInfo("rdb_saves", "2")
	c.WantInfo("aof_rewrite_in_progress", "0", "rdb_bgsave_in_progress", "1")
	c.AwaitInfo("rdb_bgsave_in_progress", "0")
}

func TestLastSave(t *testing.T) {
	c := start(t, t.TempDir(), "--save", "").connect()
	now := strings.Fields(c.Do("TIME"))[0]
	c.Want("SAVE", "OK")
	got := c.Do("LASTSAVE")
	if later := strings.Fields(c.Do("TIME"))[0]; !slices.IsSorted([]string{now, got, later}) {
		t.Errorf("LASTSAVE: %s, between %s and %s", got, now, later)
	}
	c.WantInfo("rdb_last_save_time", got)
}

func TestSavePoints(t *testing.T) {
	s := start(t, t.TempDir(), "--save", "1 4")
	c := s.connect()
	c.Want("MSET a 1 b 1", "OK")
	c.Want("SET c 1", "OK")
	c.WantInfo("rdb_changes_since_last_save", "3")
	c.Want("SET d 1", "OK")
	c.AwaitInfo("rdb_changes_since_last_save", "0")
	c.AwaitInfo("rdb_bgsave_in_progress", "0")
	if !strings.Contains(s.Log.String(), "4 changes in 1 seconds. Saving...") {
		t.Errorf("the log does not say why it saved: %s", s.Log)
	}
	c.WantInfo("rdb_saves", "1")
}

func TestFlushAll(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir, "--save", "900 1")
	c := s.connect()
	for i := range 50 {
		c.Do("SET key:%d x", i)
	}
	c.Want("SAVE", "OK")
	c.Want("CONFIG SET rdb-key-save-delay 100000000", "OK")
	c.Want("BGSAVE", "Background saving started")
	c.Want("FLUSHALL", "OK")
	c.WantInfo("rdb_changes_since_last_save", "0")
	c.Want("SET after 1", "OK")
	c.WantInfo("rdb_changes_since_last_save", "1", "rdb_last_bgsave_status", "ok")
	c.AwaitInfo("rdb_bgsave_in_progress", "0")
	c.Want("CONFIG SET rdb-key-save-delay 0", "OK")
	c.Want("SHUTDOWN NOSAVE", "(closed)") // after what FLUSHALL has to write
	c = start(t, dir, "--save", "").connect()
	c.Want("DBSIZE", "0")

	// Without save points the file stays as it is, and so does the count.
	c.Want("SET a 1", "OK")
	c.Want("SAVE", "OK")
	c.Want("CONFIG SET rdb-key-save-delay 100000000", "OK")
	c.Want("BGSAVE", "Background saving started")
	c.Want("FLUSHALL", "OK")
	c.WantInfo("rdb_changes_since_last_save", "1")
	c.AwaitInfo("rdb_bgsave_in_progress", "0")
	c.Want("DEBUG RELOAD NOSAVE", "OK")
	c.Want("GET a", "1")
}

// TestFlushAllOften: many files of nothing, with saves among them, end with the
// right one.
func TestFlushAllOften(t *testing.T) {
	s := start(t, t.TempDir(), "--save", "900 1")
	c := s.connect()
	for i := range 100 {
		c.Do("SET a %d", i)
		if i%7 == 0 {
			c.Do("BGSAVE")
		}
		if i%10 == 0 {
			c.Do("SAVE")
		}
		c.Want("FLUSHALL", "OK")
		c.WantInfo("rdb_changes_since_last_save", "0")
	}
	c.Want("SET last 1", "OK")
	c.Want("SAVE", "OK")
	c.WantInfo("rdb_changes_since_last_save", "0")
	c.Want("DEBUG RELOAD NOSAVE", "OK")
	c.Want("GET last", "1")
}

// TestFlushAllInLog: a log that is loaded changes neither the file nor the count.
func TestFlushAllInLog(t *testing.T) {
	dir := t.TempDir()
	c := start(t, dir, "--save", "900 1", "--appendonly", "yes", "--appendfsync", "always").connect()
	c.Want("MSET a 1 b 2 c 3", "OK")
	c.Want("SAVE", "OK")
	c.Want(`CONFIG SET save ""`, "OK")
	c.Want("FLUSHALL", "OK")
	c.Want("SET a 2", "OK")
	c.Want("SHUTDOWN", "(closed)")
	c = start(t, dir, "--save", "900 1", "--appendonly", "yes").connect()
	c.Want("DBSIZE", "1")
	c.WantInfo("rdb_changes_since_last_save", "0")
	c.Want("SET b 1", "OK")
	c.WantInfo("rdb_changes_since_last_save", "1")
	c.Want("DEBUG RELOAD NOSAVE", "OK")
	c.Want("DBSIZE", "3")
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
		c.Want("CONFIG GET save", "save "+test.want)
		c.Want(`CONFIG SET save ""`, "OK")
	}
	for _, wrong := range []string{"1", "0 1", "1 -1", "x 1", "1 x", "1 2 3"} {
		if s, err := try(t, t.TempDir(), "--save", wrong); err == nil {
			s.Stop()
			t.Errorf("save %q is taken", wrong)
		} else if !strings.Contains(err.Error(), "Invalid save parameters") {
			t.Error(err)
		}
	}
}
