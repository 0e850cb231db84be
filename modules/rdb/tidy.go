package rdb

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
)

// temporary are the names of files that are being written: Redis's and ours.
var temporary = regexp.MustCompile(`^temp-(\d+)(-\d+)?\.rdb$`)

// tidy removes what saves that a crash has cut off have left behind. Files of
// processes that live are left alone: several servers may share a directory.
func (m *module) tidy() {
	dir := filepath.Dir(m.server.Path("x"))
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // loading, or saving, will tell
	}
	for _, e := range entries {
		found := temporary.FindStringSubmatch(e.Name())
		if found == nil || !e.Type().IsRegular() {
			continue
		}
		if pid, err := strconv.Atoi(found[1]); err != nil || alive(pid) {
			continue
		}
		name := filepath.Join(dir, e.Name())
		if err := os.Remove(name); err != nil {
			m.log.Warn("cannot remove what a save has left behind", "error", err)
			continue
		}
		m.log.Info("removed what a save that was cut off has left behind", "file", name)
	}
}

// alive reports whether a process other than this one exists; this one has saved
// nothing yet.
func alive(pid int) bool {
	if pid == os.Getpid() {
		return false
	}
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	defer func() { _ = p.Release() }()
	err = p.Signal(syscall.Signal(0))
	return err == nil || errors.Is(err, os.ErrPermission)
}
