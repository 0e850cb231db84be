package dump

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/files"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// WriteFile writes a snapshot to the file of a name, as Save does; see
// ReplaceFile for how.
func WriteFile(ctx context.Context, name string, r *core.Table, s *keyspace.Snapshot, o SaveOptions) (Result, error) {
	var res Result
	err := ReplaceFile(name, o.Incremental, func(w io.Writer) (err error) {
		res, err = Save(ctx, w, r, s, o)
		return err
	})
	return res, err
}

// ReplaceFile makes write's output the content of the file of a name, all of it
// or nothing: it goes to a file temp-<pid>-<n>.rdb in the same directory, which
// is synced, renamed, and its directory synced. With an error the temporary
// file is removed, and what had the name still has it. incremental has what is
// written flushed to the disk every few megabytes, so that the sync at the end
// does not have all of it to do.
func ReplaceFile(name string, incremental bool, write func(io.Writer) error) (err error) {
	f, err := createTemp(filepath.Dir(name))
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	var w io.Writer = f
	if incremental {
		w = &flusher{f: f}
	}
	if err = write(w); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), name); err != nil {
		return err
	}
	return files.SyncDir(filepath.Dir(name))
}

// createTemp makes a file that nobody else has. Not os.CreateTemp: a dump may be
// read by others, if the mask lets them, as Redis's are.
func createTemp(dir string) (*os.File, error) {
	for n := 0; ; n++ {
		name := filepath.Join(dir, fmt.Sprintf("temp-%d-%d.rdb", os.Getpid(), n))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

// flushEvery is how many bytes are flushed at a time, as in Redis.
const flushEvery = 4 << 20

// flusher writes to a file and has it flushed as it grows.
type flusher struct {
	f       *os.File
	written int64
	flushed int64
}

func (w *flusher) Write(b []byte) (int, error) {
	n, err := w.f.Write(b)
	w.written += int64(n)
	if err == nil && w.written-w.flushed >= flushEvery {
		err = flushRange(w.f, w.flushed, w.written-w.flushed)
		w.flushed = w.written
	}
	return n, err
}
