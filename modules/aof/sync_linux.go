package aof

import (
	"os"
	"syscall"
)

// logFile is a file whose Sync leaves out what does not matter for reading it
// again, such as the time of its last change.
type logFile struct{ *os.File }

// Sync implements file.
func (f logFile) Sync() error {
	c, err := f.SyscallConn()
	if err != nil {
		return err
	}
	failed := c.Control(func(fd uintptr) {
		for err = syscall.Fdatasync(int(fd)); err == syscall.EINTR; {
			err = syscall.Fdatasync(int(fd))
		}
	})
	if failed != nil {
		return failed
	}
	if err != nil {
		return &os.PathError{Op: "fdatasync", Path: f.Name(), Err: err}
	}
	return nil
}
