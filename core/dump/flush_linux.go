package dump

import (
	"os"
	"syscall"
)

// The flags of sync_file_range(2).
const (
	waitBefore = 1
	startWrite = 2
	waitAfter  = 4
)

// flushRange begins to write a part of the file to the disk, and waits for the
// part of the same size before it: so there is always work under way, and never
// much. It says nothing of the file's metadata: a sync has to follow.
func flushRange(f *os.File, off, n int64) error {
	c, err := f.SyscallConn()
	if err != nil {
		return err
	}
	failed := c.Control(func(fd uintptr) {
		err = syscall.SyncFileRange(int(fd), off, n, startWrite)
		if err == nil && off >= n {
			err = syscall.SyncFileRange(int(fd), off-n, n, waitBefore|startWrite|waitAfter)
		}
	})
	if err == syscall.ENOSYS || err == syscall.EINVAL || err == syscall.ESPIPE { // not for this kind of file
		err = nil
	}
	if failed != nil {
		return failed
	}
	return err
}
