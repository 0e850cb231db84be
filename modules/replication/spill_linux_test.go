package replication_test

import (
	"io"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ferrousdb/ferrous/core/coretest"
)

// TestSpillFull: the disk is full. The replica that is behind is lost; others are not, and when it is
// gone so is what was spilled for it.
func TestSpillFull(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		t.Skip("file systems may not be mounted here: ", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil { // which fails if a file is open still
			t.Error(err)
		}
	})
	s := start(t, "--repl-backlog-size", "100kb", "--client-output-buffer-limit", "replica 1mb 0 0", "--repl-spill-dir", dir)
	c, well := s.client(), s.greet()
	well.sync()
	well.SendAll("REPLCONF ACK 0")
	c.want("SET key 1", "OK")
	well.expect(request("SELECT", "0") + request("SET", "key", "1"))
	for range 2 { // what has failed once may go well again, and fail again
		f := s.greet()
		f.sync()
		f.SendAll("REPLCONF ACK 0")
		coretest.Eventually(t, "two replicas are there", func() bool { return c.Info("connected_slaves") == "2" })
		c.want("SET key 1", "OK")
		well.expect(request("SELECT", "0") + request("SET", "key", "1")) // selected again for who has just come
		value := strings.Repeat("x", 10_000)
		for lost := false; !lost; {
			for range 100 {
				c.want("SET key "+value, "OK")
				well.expect(request("SET", "key", value))
			}
			lost = c.Info("connected_slaves") == "1"
		}
		_, _ = io.Copy(io.Discard, f.In)
		coretest.Eventually(t, "the file is gone", func() bool {
			var fs unix.Statfs_t
			return unix.Statfs(dir, &fs) == nil && fs.Bfree == fs.Blocks
		})
	}
	if !strings.Contains(s.Log.String(), "cannot be spilled") {
		t.Error("the log does not tell")
	}
}
