//go:build unix

package network

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// TestUnixSocketOpensWithItsPermissions: as long as they are not set nobody gets
// in, and an error leaves nothing there.
func TestUnixSocketOpensWithItsPermissions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	dial := func() error {
		c, err := net.Dial("unix", path)
		if err == nil {
			c.Close()
		}
		return err
	}
	var early error
	l, err := listenUnix(path, 511, 0o600, func() error {
		early = dial()
		if info, err := os.Lstat(path); runtime.GOOS == "linux" && (err != nil || info.Mode().Perm() != 0o600) {
			t.Errorf("the file is made with %v, %v", info.Mode(), err)
		}
		return os.Chmod(path, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	if !errors.Is(early, syscall.ECONNREFUSED) {
		t.Errorf("before the permissions are set a client gets: %v", early)
	}
	if err := dial(); err != nil {
		t.Error(err)
	}
	l.Close()
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Error("a closed listener leaves its file behind:", err)
	}
	if _, err := listenUnix(path, 511, 0, func() error { return syscall.EPERM }); !errors.Is(err, syscall.EPERM) {
		t.Error(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Error("a listener that could not be opened leaves its file behind:", err)
	}
}
