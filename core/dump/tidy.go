package dump

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/ferrousdb/ferrous/core/files"
)

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
		pid, ours := writerOf(e.Name())
		if !ours || !e.Type().IsRegular() || pid != os.Getpid() && files.Lives(pid) {
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

// writerOf returns the process of a file that is being written, Redis's or ReplaceFile's: temp-PID.rdb or
// temp-PID-NUMBER.rdb.
func writerOf(name string) (pid int, ok bool) {
	name, begins := strings.CutPrefix(name, "temp-")
	name, ends := strings.CutSuffix(name, ".rdb")
	number, rest, more := strings.Cut(name, "-")
	if !begins || !ends || more && !isNumber(rest) || !isNumber(number) {
		return 0, false
	}
	pid, err := strconv.Atoi(number)
	return pid, err == nil
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
