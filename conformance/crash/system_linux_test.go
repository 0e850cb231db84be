package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

const (
	fileSize    = unix.RLIMIT_FSIZE
	descriptors = unix.RLIMIT_NOFILE
	unlimited   = unix.RLIM_INFINITY
)

// setLimit changes a limit of the server if it runs. It remains free to go up again.
func setLimit(r *rig, resource int, n uint64) {
	r.Helper()
	if !r.child.alive() {
		return
	}
	var was unix.Rlimit
	r.ok(unix.Prlimit(r.child.cmd.Process.Pid, resource, nil, &was))
	r.ok(unix.Prlimit(r.child.cmd.Process.Pid, resource, &unix.Rlimit{Cur: min(n, was.Max), Max: was.Max}, nil))
}

// lowestFree returns the lowest descriptor that the server does not use: with this as
// the limit it can open nothing.
func lowestFree(r *rig) uint64 {
	r.Helper()
	for fd := uint64(0); ; fd++ {
		if _, err := os.Lstat(fmt.Sprintf("/proc/%d/fd/%d", r.child.cmd.Process.Pid, fd)); err != nil {
			return fd
		}
	}
}

// mayMount skips a test where mounting is forbidden.
func mayMount(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skip("file systems may not be mounted here: ", err)
	}
	if err := unix.Unmount(dir, 0); err != nil {
		t.Fatal(err)
	}
}

// tmpfs mounts a small file system.
func tmpfs(t *testing.T, size int) string {
	t.Helper()
	mayMount(t)
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+strconv.Itoa(size)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := (&device{at: dir}).remove(); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// writable makes a directory immutable, or ends that. Permissions will not do: root
// heeds none.
func writable(t *testing.T, dir string, yes bool) {
	t.Helper()
	if os.Getuid() != 0 {
		mode := os.FileMode(0o555)
		if yes {
			mode = 0o755
		}
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		return
	}
	flag := map[bool]string{true: "-i", false: "+i"}[yes]
	if out, err := exec.Command("chattr", flag, dir).CombinedOutput(); err != nil {
		t.Skipf("chattr %s %s: %v: %s", flag, dir, err, out)
	}
	if !yes {
		t.Cleanup(func() { _ = exec.Command("chattr", "-i", dir).Run() })
	}
}
