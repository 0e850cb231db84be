// Package files is what is done to files that must not be lost: a small one is
// replaced in one step, the names in a directory are made safe. Who writes much
// (package dump) has its own way to do so, and shares the last step.
//
// A directory may be one in which others may make files, too. So nothing is
// written to a file that was there before: what somebody has placed under a name,
// a link or a file that stays his, is never what is written to.
package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"unicode"

	"github.com/ferrousdb/ferrous/core/random"
)

// Replace puts data in the place of the file at path in one step: whatever
// happens, the old content or the new is found whole, and when Replace returns the
// new one is on disk. The data go to a file beside it first, of a name that nobody
// can guess; with an error that is removed, and after a crash Tidy does so. A
// link at path is replaced, not followed.
//
// The new file has the permissions of the old one; if there is none, mode less
// the umask of the process.
func Replace(path string, data []byte, mode fs.FileMode) (err error) {
	create, keep := mode, false
	if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() {
		mode, create, keep = info.Mode().Perm(), 0o600, true
	}
	f, err := os.OpenFile(tempName(path), os.O_WRONLY|os.O_CREATE|os.O_EXCL, create)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(data)
	if err == nil && keep {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(path))
}

// tempMark is in the names of temporary files, between that of the file which
// they are to be and the number of the process.
const tempMark = ".temp-"

// secretDigits is how long the part of the name is that nobody can guess.
const secretDigits = 32

// tempName is a name beside path that nobody can guess. Tidy knows it.
func tempName(path string) string {
	return fmt.Sprintf("%s%s%d-%s", path, tempMark, os.Getpid(), random.Hex(secretDigits))
}

// Tidy removes what a Replace of path that was cut off by a crash has left, and
// returns the names. Files of other processes that live are left alone. It is
// called before this process replaces path: a file with its number is of another
// that had it before.
func Tidy(path string) (removed []string, err error) {
	dir, base := filepath.Split(path)
	entries, err := os.ReadDir(filepath.Clean(dir))
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		rest, ours := strings.CutPrefix(e.Name(), base+tempMark)
		number, secret, _ := strings.Cut(rest, "-")
		pid, notPid := strconv.Atoi(number)
		if !ours || notPid != nil || len(secret) != secretDigits || !e.Type().IsRegular() || pid != os.Getpid() && Lives(pid) {
			continue
		}
		if failed := os.Remove(filepath.Join(dir, e.Name())); failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		removed = append(removed, e.Name())
	}
	return removed, err
}

// Lives reports whether a process exists.
func Lives(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	defer func() { _ = p.Release() }()
	err = p.Signal(syscall.Signal(0))
	return err == nil || errors.Is(err, os.ErrPermission)
}

// Fresh makes the file at path anew and opens it to write with the flags added.
// What had the name is removed, and not emptied: it may be a link, or be open
// elsewhere. mode is the file's, less the umask.
func Fresh(path string, flags int, mode fs.FileMode) (*os.File, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|flags, mode)
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
