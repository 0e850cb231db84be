package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// command runs a program of the system's and reports what it said if it fails.
func command(name string, args ...string) error {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, bytes.TrimSpace(out))
	}
	return nil
}

// device is a file system whose power can fail.
type device struct{ image, at string }

// newDevice makes a file system in a file below home and mounts it.
func newDevice(home, at string) (*device, error) {
	d := &device{filepath.Join(home, "disk"), at}
	f, err := os.Create(d.image)
	if err != nil {
		return nil, err
	}
	err = errors.Join(f.Truncate(1<<30), f.Close())
	if err == nil {
		err = command("mkfs.ext4", "-q", "-F", d.image)
	}
	if err == nil {
		err = d.mount()
	}
	return d, err
}

// mount mounts the file system such that it does nothing of its own accord that a
// program should have asked for. data_err=abort: data that the cut keeps from the disk
// must keep the journal from saying that they are there, as the order of writing does
// when the power really fails.
func (d *device) mount() error {
	return command("mount", "-o", "loop,noauto_da_alloc,commit=300,data_err=abort", d.image, d.at)
}

// cut shuts the file system down: what has not reached the disk by now never will.
func (d *device) cut() error {
	const shutdown, noLogFlush = 0x8004587d, 2 // EXT4_IOC_SHUTDOWN, EXT4_GOING_FLAGS_NOLOGFLUSH
	f, err := os.Open(d.at)
	if err != nil {
		return err
	}
	defer f.Close()
	flags := uint32(noLogFlush)
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), shutdown, uintptr(unsafe.Pointer(&flags))); errno != 0 {
		return os.NewSyscallError("EXT4_IOC_SHUTDOWN", errno)
	}
	return nil
}

// revive mounts it again; its journal is replayed as after a power failure.
func (d *device) revive() error {
	if err := d.remove(); err != nil {
		return err
	}
	return d.mount()
}

// remove unmounts it, once what the server had forked is gone too.
func (d *device) remove() (err error) {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if err = unix.Unmount(d.at, 0); err != unix.EBUSY {
			break
		}
	}
	return os.NewSyscallError("umount", err)
}

// watcher tells of changes to the files of a directory and of its appendonlydir.
type watcher struct {
	events chan string
	f      *os.File
	dir    string
}

const watched = unix.IN_CREATE | unix.IN_MOVED_TO | unix.IN_DELETE | unix.IN_CLOSE_WRITE

func watch(dir string) (*watcher, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, err
	}
	w := &watcher{make(chan string, 64), os.NewFile(uintptr(fd), "inotify"), dir}
	_, err = unix.InotifyAddWatch(fd, dir, watched)
	if err == nil {
		_, err = unix.InotifyAddWatch(fd, filepath.Join(dir, "appendonlydir"), watched)
	}
	if err != nil && !errors.Is(err, unix.ENOENT) {
		w.f.Close()
		return nil, err
	}
	go w.read()
	return w, nil
}

// read passes events on until the watcher is closed. Those that nobody waits for are
// dropped.
func (w *watcher) read() {
	buf := make([]byte, 16<<10)
	for {
		n, err := w.f.Read(buf)
		if err != nil {
			return
		}
		for b := buf[:n]; len(b) >= unix.SizeofInotifyEvent; {
			mask := binary.NativeEndian.Uint32(b[4:])
			size := unix.SizeofInotifyEvent + int(binary.NativeEndian.Uint32(b[12:]))
			name := string(bytes.TrimRight(b[unix.SizeofInotifyEvent:size], "\x00"))
			b = b[size:]
			what := "the end of writing"
			switch {
			case mask&unix.IN_CREATE != 0:
				what = "the creation"
			case mask&unix.IN_MOVED_TO != 0:
				what = "the renaming"
			case mask&unix.IN_DELETE != 0:
				what = "the removal"
			}
			select {
			case w.events <- what + " of " + name:
			default:
			}
		}
	}
}

func (w *watcher) close() { w.f.Close() }
