// Package files is what is done to files that must not be lost: a small one is
// replaced in one step, the names in a directory are made safe. Who writes much
// (package dump) has its own way to do so, and shares the last step.
package files

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unicode"
)

// Replace puts data in the place of the file at path in one step: whatever
// happens, the old content or the new is found whole, and when Replace returns the
// new one is on disk. The data go to the file temp first, which is in the same
// directory and is overwritten if a crash has left it; with an error it is
// removed. mode is the file's, 0 for 0644 less the process's umask.
func Replace(path, temp string, data []byte, mode fs.FileMode) (err error) {
	create := mode
	if create == 0 {
		create = 0o644
	}
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, create)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temp)
		}
	}()
	_, err = f.Write(data)
	if err == nil && mode != 0 {
		err = f.Chmod(mode) // what the umask took away
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err = os.Rename(temp, path); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(path))
}

// SyncDir makes changes of the names in a directory last.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Strerror is what the system says about a failed call, in the words of the C
// library; of an error that is none of the system's, its own text.
func Strerror(err error) string {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return err.Error()
	}
	text := []rune(errno.Error())
	text[0] = unicode.ToUpper(text[0])
	return strings.TrimSpace(string(text))
}
