package rdb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/dump"
)

// checker examines RDB files for "ferrous check". Like redis-check-rdb it tells
// how far it came and what it has seen up to there, and repairs nothing: what is
// missing from a dump cannot be guessed.
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
	p := &core.Progress{Total: info.Size()}
	stop := follow(p, o.Progress)
	rep, err := dump.Scan(context.Background(), f, info.Size(), o.Registry, dump.ScanOptions{
		Decode: true, Checksum: true, Progress: p,
	})
	stop()
	if err != nil {
		var at *dump.Error
		if !errors.As(err, &at) {
			return err
		}
		fmt.Fprintf(o.Out, "[offset %d] the file is damaged, while reading %s: %v\n", at.Offset, at.What, at.Err)
		tell(o.Out, &rep)
		if o.Fix {
			err = fmt.Errorf("%w; RDB files cannot be repaired", err)
		}
		return err
	}
	fmt.Fprintf(o.Out, "[offset %d] the file is sound\n", rep.Bytes)
	tell(o.Out, &rep)
	return nil
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
		info("  of type %s: %d", name, rep.Types[name])
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
		info("%d fields of loadable modules, which a load leaves out", rep.ModuleFields)
	}
}
