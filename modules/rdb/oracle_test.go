package rdb_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/coretest"

	"github.com/ferrousdb/ferrous/core/rdb"
)

// TestOracle: a redis-server's file is loaded with nothing lost, and so is ours by
// it.
func TestOracle(t *testing.T) {
	redis, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("there is no redis-server")
	}
	for _, compression := range []string{"yes", "no"} {
		theirs, ours := t.TempDir(), t.TempDir()
		sock := coretest.Socket(t)
		args := func(dir string) []string {
			return []string{"--port", "0", "--unixsocket", sock, "--save", "", "--dir", dir, "--rdbcompression", compression,
				"--enable-debug-command", "yes", "--dbfilename", "dump.rdb"}
		}
		cmd := process(t, redis, io.Discard, nil, args(theirs)...)
		c := dial(t, sock)
		c.fill()
		want := c.digest()
		c.Want("SAVE", "OK")
		c.Want("SHUTDOWN NOSAVE", "(closed)")
		_ = cmd.Wait()

		// A dump of 7.2 is new to an older oracle only where small sets are listpacks.
		s := start(t, theirs, "--save", "", "--rdbcompression", compression, "--set-max-listpack-entries", "0")
		c = s.connect()
		if got := c.digest(); got != want {
			t.Errorf("digest %s, Redis's is %s", got, want)
		}
		c.Want("SAVE", "OK")
		file, err := os.ReadFile(s.File("dump.rdb"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(ours, "dump.rdb"), older(file), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("redis-check-rdb", filepath.Join(ours, "dump.rdb")).CombinedOutput(); err != nil {
			t.Errorf("redis-check-rdb: %v: %s", err, out)
		}
		process(t, redis, io.Discard, nil, args(ours)...)
		c = dial(t, sock)
		coretest.Eventually(t, "the end of the load", func() bool { return !strings.HasPrefix(c.Do("PING"), "-LOADING") })
		if got := c.digest(); got != want {
			t.Errorf("Redis loads %s, was %s", got, want)
		}
		c.Do("SHUTDOWN NOSAVE")
	}
}

// older gives a dump the version of 7.0, which has the same form.
func older(file []byte) []byte {
	b := bytes.Clone(file)
	copy(b, "REDIS0010")
	n := len(b) - 8
	binary.LittleEndian.PutUint64(b[n:], rdb.CRC64(0, b[:n]))
	return b
}
