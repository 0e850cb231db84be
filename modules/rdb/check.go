package rdb

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/dump"
	"github.com/ferrousdb/ferrous/core/files"
)

// checker examines RDB files for "ferrous check". Like redis-check-rdb it tells
// how far it came and what it has seen up to there, and repairs no damage: what is
// missing from a dump cannot be guessed. What is there twice can be left out.
func checker() core.Checker {
	return core.Checker{
		Format: "RDB",
		Knows: func(name string, head []byte) bool {
			return bytes.HasPrefix(head, []byte("REDIS")) || strings.HasSuffix(name, ".rdb")
		},
		Check: check,
	}
}

// progressEvery is how often the progress of a check is told.
const progressEvery = 50 * time.Millisecond

func check(name string, o core.CheckOptions) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	fmt.Fprintf(o.Out, "[offset 0] Checking RDB file %s\n", name)
	repeats := dump.NewRepeats()
	rep, err := scan(f, info.Size(), o, repeats.Note)
	if err != nil {
		var at *dump.Error
		if !errors.As(err, &at) {
			return err
		}
		fmt.Fprintf(o.Out, "[offset %d] the file is damaged, while reading %s: %v\n", at.Offset, at.What, at.Err)
		tell(o.Out, &rep)
		if o.Fix {
			err = fmt.Errorf("%w; damaged RDB files cannot be repaired", err)
		}
		return err
	}
	if repeats.Suspected() {
		if _, err := scan(f, info.Size(), o, repeats.Locate); err != nil {
			return err
		}
		if twice := repeats.Superfluous(); len(twice) > 0 {
			return repeated(f, info, o, twice)
		}
	}
	fmt.Fprintf(o.Out, "[offset %d] the file is sound\n", rep.Bytes)
	tell(o.Out, &rep)
	return rep.Loadable()
}

func scan(f *os.File, size int64, o core.CheckOptions, each func(dump.KeyAt)) (dump.Report, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return dump.Report{}, err
	}
	p := &core.Progress{Total: size}
	defer follow(p, o.Progress)()
	return dump.Scan(context.Background(), f, size, o.Registry, dump.ScanOptions{
		Decode: true, Checksum: true, Progress: p, Each: each,
	})
}

// mostNamed bounds how many keys a report names.
const mostNamed = 100

// repeated tells of keys that are there more than once, and offers to write the
// file anew without what is too much. The old file is kept.
func repeated(f *os.File, info os.FileInfo, o core.CheckOptions, twice []dump.KeyAt) error {
	for i, k := range twice {
		if i == mostNamed {
			fmt.Fprintf(o.Out, "... and %d more\n", len(twice)-i)
			break
		}
		why := ""
		if k.Expired {
			why = ", and its time is past"
		}
		fmt.Fprintf(o.Out, "[offset %d] key %q in database %d is there once more%s\n", k.From, k.Name, k.DB, why)
	}
	err := fmt.Errorf("%d keys are there more than once, which no server loads", len(twice))
	if !o.Fix {
		return fmt.Errorf("%w; --fix leaves out those that are named", err)
	}
	old := f.Name() + ".before-fix"
	fmt.Fprintf(o.Out, "This leaves out the keys named above, in favour of others of their names. The file as it is will be kept as %s.\n", old)
	if !o.Ask() {
		return fmt.Errorf("%w; nothing was changed", err)
	}
	if _, e := os.Lstat(old); e == nil {
		return fmt.Errorf("%w; %s is there already, and nothing was changed", err, old)
	}
	temp, e := os.CreateTemp(filepath.Dir(f.Name()), "temp-fix-*.rdb")
	if e != nil {
		return e
	}
	w := bufio.NewWriterSize(temp, 1<<20)
	e = errors.Join(dump.CopyWithout(w, f, info.Size(), twice), w.Flush(), temp.Chmod(info.Mode().Perm()), temp.Sync(), temp.Close())
	if e == nil {
		e = os.Link(f.Name(), old)
	}
	if e == nil {
		e = os.Rename(temp.Name(), f.Name())
	}
	if e != nil {
		return errors.Join(e, os.Remove(temp.Name()))
	}
	fmt.Fprintf(o.Out, "%d keys were left out\n", len(twice))
	return files.SyncDir(filepath.Dir(f.Name()))
}

// follow tells fn of a progress now and then, until stop is called, which tells of
// it once more.
func follow(p *core.Progress, fn func(done, total int64)) (stop func()) {
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		t := time.NewTicker(progressEvery)
		defer t.Stop()
		for {
			select {
			case <-quit:
				return
			case <-t.C:
				fn(p.Done(), p.Total)
			}
		}
	}()
	return func() {
		close(quit)
		<-ended
		fn(p.Done(), p.Total)
	}
}

// tell writes what has been seen.
func tell(w io.Writer, rep *dump.Report) {
	info := func(format string, args ...any) { fmt.Fprintf(w, "[info] "+format+"\n", args...) }
	info("version %d of the format", rep.Version)
	for _, name := range slices.Sorted(maps.Keys(rep.Aux)) {
		info("%s = '%s'", name, rep.Aux[name])
	}
	info("%d keys read", rep.Keys)
	for _, db := range slices.Sorted(maps.Keys(rep.Databases)) {
		info("  in database %d: %d", db, rep.Databases[db])
	}
	for _, name := range slices.Sorted(maps.Keys(rep.Types)) {
		info("  of type %s: %d", strings.TrimPrefix(name, "type "), rep.Types[name])
	}
	info("%d expires", rep.Expires)
	info("%d already expired", rep.Expired)
	if rep.Empty > 0 {
		info("%d keys without members, which a load leaves out", rep.Empty)
	}
	if rep.Libraries > 0 {
		info("%d libraries of functions", rep.Libraries)
	}
	if rep.ModuleFields > 0 {
		info("%d times auxiliary data of modules", rep.ModuleFields)
	}
}
