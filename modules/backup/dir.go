package backup

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/ferrousdb/ferrous/core/files"
)

// directory is a store of files. A backup that is being written has another name, which
// begins with a dot; one that was cut off by a crash keeps that, and is removed a day later.
type directory struct{ path string }

const unfinished = ".unfinished-"

func (d directory) put(ctx context.Context, name string, _ int64, write func(io.Writer) error) (err error) {
	d.tidy()
	f, err := os.OpenFile(filepath.Join(d.path, unfinished+rand.Text()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	w := bufio.NewWriterSize(f, 256<<10)
	if err = write(w); err != nil {
		return err
	}
	if err = errors.Join(w.Flush(), ctx.Err()); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), filepath.Join(d.path, name)); err != nil {
		return err
	}
	return files.SyncDir(d.path)
}

// abandoned is how long nothing has been added to a file that nobody writes any more.
const abandoned = 24 * time.Hour

// tidy removes what was cut off long ago: other servers may be writing here.
func (d directory) tidy() {
	left, _ := filepath.Glob(filepath.Join(d.path, unfinished+"*"))
	for _, name := range left {
		info, err := os.Stat(name)
		if err == nil && time.Since(info.ModTime()) > abandoned {
			_ = os.Remove(name)
		}
	}
}

func (d directory) list(context.Context) (all []object, err error) {
	entries, err := os.ReadDir(d.path)
	for _, e := range entries {
		_, at, ok := parseName(e.Name())
		if !ok || !e.Type().IsRegular() {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // it has just been deleted
		}
		if err != nil {
			return nil, err
		}
		all = append(all, object{e.Name(), info.Size(), at})
	}
	return all, err
}

func (d directory) open(_ context.Context, name string) (io.ReadCloser, int64, error) {
	f, err := os.Open(filepath.Join(d.path, filepath.Base(name)))
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

func (d directory) remove(_ context.Context, name string) error {
	return os.Remove(filepath.Join(d.path, filepath.Base(name)))
}
