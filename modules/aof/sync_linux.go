package aof

import (
	"os"
	"syscall"
	"unsafe"
)

// logFile is a file whose Sync leaves out what does not matter for reading it
// again, such as the time of its last change.
type logFile struct{ *os.File }

// Sync implements file.
func (f logFile) Sync() error {
	return f.call("fdatasync", func(fd uintptr) error { return syscall.Fdatasync(int(fd)) })
}

// SyncHere implements direct.
func (f logFile) SyncHere() error {
	return f.call("fdatasync", func(fd uintptr) error {
		if _, _, e := syscall.RawSyscall(syscall.SYS_FDATASYNC, fd, 0, 0); e != 0 {
			return e
		}
		return nil
	})
}

// WriteHere implements direct; b is not empty.
func (f logFile) WriteHere(b []byte) (n int, err error) {
	err = f.call("write", func(fd uintptr) error {
		r, _, e := syscall.RawSyscall(syscall.SYS_WRITE, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
		if e != 0 {
			return e
		}
		n = int(r)
		return nil
	})
	return n, err
}

// call makes a system call on the file, again if it was interrupted.
func (f logFile) call(name string, fn func(fd uintptr) error) error {
	c, err := f.SyscallConn()
	if err != nil {
		return err
	}
	failed := c.Control(func(fd uintptr) {
		for err = fn(fd); err == syscall.EINTR; {
			err = fn(fd)
		}
	})
	if failed != nil {
		return failed
	}
	if err != nil {
		return &os.PathError{Op: name, Path: f.Name(), Err: err}
	}
	return nil
}
