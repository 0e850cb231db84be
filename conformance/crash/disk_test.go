//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// squeeze is a way to leave a server without room for its files.
type squeeze struct {
	name  string
	errno string // what the system says then
	// prepare returns the directory for the server's files.
	prepare func(t *testing.T) string
	on, off func(r *rig)
}

var squeezes = []squeeze{
	{
		name: "full disk", errno: "No space left on device",
		prepare: func(t *testing.T) string { return tmpfs(t, 16<<20) },
		on: func(r *rig) {
			f, err := os.Create(filepath.Join(r.data, "filler"))
			r.ok(err)
			defer f.Close()
			for block := make([]byte, 4096); err == nil; {
				_, err = f.Write(block)
			}
		},
		off: func(r *rig) { r.ok(os.Remove(filepath.Join(r.data, "filler"))) },
	},
	{
		name: "file size limit", errno: "File too large",
		prepare: func(t *testing.T) string { return t.TempDir() },
		on:      func(r *rig) { setLimit(r, fileSize, 1000) },
		off:     func(r *rig) { setLimit(r, fileSize, unlimited) },
	},
}

func eachSqueeze(t *testing.T, test func(t *testing.T, s squeeze)) {
	t.Parallel()
	for _, s := range squeezes {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			test(t, s)
		})
	}
}

const miscRDB = "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. " +
	"Commands that may modify the data set are disabled, because this instance is configured to report errors during " +
	"writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error."

// TestNoRoomForLog: writes are refused as soon as the log cannot be written, reads go
// on, and so do writes when there is room again; nothing is lost.
func TestNoRoomForLog(t *testing.T) {
	eachSqueeze(t, func(t *testing.T, s squeeze) {
		r := newRig(t, s.prepare(t), "--appendonly", "yes", "--appendfsync", "everysec", "--save", "")
		r.write(500)
		s.on(r)
		r.awaitRefused()
		text := "MISCONF Errors writing to the AOF file: " + s.errno
		r.refused(text)
		// Redis begins the new file with the rest of what it could not write to the old one.
		if !real(t) {
			if got := r.rewrite(); got != "err" {
				t.Errorf("BGREWRITEAOF without room ended with %s", got)
			}
		}
		s.off(r)
		r.awaitAcked(500)
		r.awaitField("aof_last_write_status", "ok")
		r.check(everything())
		r.refusals(text)

		r.write(100)
		r.terminate()
		r.check(everything())
		if got := r.rewrite(); got != "ok" {
			t.Errorf("BGREWRITEAOF with room again ended with %s", got)
		}
	})
}

// TestKilledWithoutRoom: what was acknowledged two seconds before the disk was full is
// there, after a start that finds it full still.
func TestKilledWithoutRoom(t *testing.T) {
	t.Parallel()
	s := squeezes[0]
	r := newRig(t, s.prepare(t), "--appendonly", "yes", "--appendfsync", "everysec", "--save", "")
	r.write(500)
	full := time.Now()
	s.on(r)
	r.awaitRefused()
	r.kill()
	r.check(guarantee{before: full.Add(-2 * time.Second)})

	r.ok(r.fleet.start(r.addr()))
	r.awaitRefused()
	s.off(r)
	r.awaitAcked(100)
	r.terminate()
	r.check(everything())
}

// TestNoRoomForSyncedLog: with appendfsync always nothing is acknowledged that is not
// on the disk. A write that cannot be brought there is answered by the end of the
// connection; those after it are refused.
func TestNoRoomForSyncedLog(t *testing.T) {
	eachSqueeze(t, func(t *testing.T, s squeeze) {
		r := newRig(t, s.prepare(t), "--appendonly", "yes", "--appendfsync", "always", "--save", "")
		r.write(200)
		s.on(r)
		if real(t) {
			<-r.child.exited // Redis gives up
			s.off(r)
			r.kill()
			r.check(everything())
			return
		}
		r.awaitTrouble()
		r.kill()
		s.again(r)
		r.check(acknowledged())

		r.ok(r.fleet.start(r.addr()))
		r.awaitTrouble()
		r.check(acknowledged()) // in memory, where what was not acknowledged may be too
		r.ok(r.fleet.start(r.addr()))
		r.awaitRefused()
		text := "MISCONF Errors writing to the AOF file: " + s.errno
		r.refused(text)
		s.off(r)
		r.awaitAcked(200)
		r.awaitField("aof_last_write_status", "ok")
		r.refusals(text)
		r.kill()
		r.check(acknowledged())
	})
}

// acknowledged is what a log owes whose disk fails: reads go on then, and may see what
// is lost afterwards.
func acknowledged() guarantee {
	g := everything()
	g.seen = false
	return g
}

// again is on for a new process; a full disk is full still.
func (s squeeze) again(r *rig) {
	if s.errno == "File too large" {
		s.on(r)
	}
}

// refused checks what a server does that cannot write: it says so, and reads go on.
func (r *rig) refused(text string) {
	r.Helper()
	r.want("-"+text, "SET", "another", "value")
	r.want("-"+text, "PING")
	r.want("", "GET", "another")
	if r.do("DBSIZE") == "0" {
		r.Error("nothing can be read")
	}
	if strings.Contains(text, "AOF") {
		r.awaitField("aof_last_write_status", "err")
	} else {
		r.awaitField("rdb_last_bgsave_status", "err")
	}
}

// TestNoRoomForSnapshot: with save points writes are refused after a save has failed,
// and the file of the last one that did not is left alone. Saving is tried again until
// it works.
func TestNoRoomForSnapshot(t *testing.T) {
	eachSqueeze(t, func(t *testing.T, s squeeze) {
		byItself := s.errno != "File too large" // which takes seconds, so only once
		points := map[bool]string{true: "1 1", false: "3600 1"}[byItself]
		r := newRig(t, s.prepare(t), "--appendonly", "no", "--save", points)
		r.write(500)
		r.saved()
		s.on(r)
		if !byItself {
			r.want("Background saving started", "BGSAVE")
		}
		r.awaitRefused()
		before := r.files("*.rdb")
		r.refused(miscRDB)

		// It must not end: what is in memory is nowhere else.
		r.ok(r.child.cmd.Process.Signal(syscall.SIGTERM))
		r.await("the shutdown is refused", func() bool { return strings.Contains(r.tail(), "can't exit") })
		r.refused(miscRDB)
		r.unchanged("*.rdb", before)

		s.off(r)
		if !byItself {
			r.saved()
		}
		r.awaitAcked(100)
		r.awaitField("rdb_last_bgsave_status", "ok")
		r.check(everything())
		r.refusals(miscRDB)
		r.write(100)
		r.terminate()
		r.check(everything())
	})
}

// TestUnwritableDirectory: the same where no file can be made at all. The log, which is
// open, goes on.
func TestUnwritableDirectory(t *testing.T) {
	t.Parallel()
	t.Run("snapshot", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		r := newRig(t, dir, "--appendonly", "no", "--save", "3600 1")
		r.write(500)
		r.saved()
		before := r.files("*.rdb")
		writable(t, dir, false)
		r.want("Background saving started", "BGSAVE")
		r.awaitRefused()
		r.refused(miscRDB)
		r.want("-ERR", "SAVE")
		r.unchanged("*.rdb", before)
		writable(t, dir, true)
		r.saved()
		r.awaitAcked(100)
		floor := r.fleet.answered()
		r.saved()
		r.kill()
		r.check(guarantee{floor: floor})
	})
	t.Run("log", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		r := newRig(t, dir, "--appendonly", "yes", "--appendfsync", "always", "--save", "")
		logs := filepath.Join(dir, "appendonlydir")
		r.write(500)
		writable(t, logs, false)
		if got := r.rewrite(); got != "err" {
			t.Errorf("BGREWRITEAOF in a directory that cannot be written ended with %s", got)
		}
		r.awaitAcked(500)
		r.kill()
		r.check(everything())
		writable(t, logs, true)
		r.write(100)
		if got := r.rewrite(); got != "ok" {
			t.Errorf("BGREWRITEAOF ended with %s", got)
		}
		r.kill()
		r.check(everything())
	})
}
