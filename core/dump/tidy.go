package dump

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/ferrousdb/ferrous/core/files"
)

// temporary are the names of files that are being written: Redis's and those of
// ReplaceFile.
var temporary = regexp.MustCompile(`^temp-(\d+)(-\d+)?\.rdb$`)

// Tidy removes from a directory what ReplaceFile, cut off by a crash, has left
// there, and returns the names. Files of processes that live are left alone:
// several servers may share a directory. It is called before this process writes
// anything: a file with its number is of another that had it before.
func Tidy(dir string) (removed []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		found := temporary.FindStringSubmatch(e.Name())
		if found == nil || !e.Type().IsRegular() {
			continue
		}
		if pid, err := strconv.Atoi(found[1]); err != nil || pid != os.Getpid() && files.Lives(pid) {
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
